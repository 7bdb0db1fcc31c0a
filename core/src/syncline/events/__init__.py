"""Events: things that happened, each with an id that its content makes, for whoever listens."""

from __future__ import annotations

from .event import Event
from .sink import EventSink

__all__ = ["Event", "EventSink"]
