"""Where events go in AWS: a bus of EventBridge, a FIFO queue of SQS, or both."""

from __future__ import annotations

from syncline.connector import Context
from syncline.events import EventSink

from ..settings import Settings
from .bus import BusSink
from .queue import QueueSink
from .several import Several


def open_sink(settings: Settings, context: Context) -> EventSink | None:
    """Return where a connection sends events; None where it names nothing."""
    found: list[EventSink] = []
    if settings.sink_bus:
        found.append(BusSink(settings, context))
    if settings.sink_queue:
        found.append(QueueSink(settings, context))
    return Several(found) if len(found) > 1 else (found[0] if found else None)


__all__ = ["BusSink", "QueueSink", "open_sink"]
