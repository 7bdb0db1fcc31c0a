"""SQS, standard and FIFO, as the queue that news of configuration objects arrives in."""

from __future__ import annotations

from syncline.connector import Context

from ..settings import Settings
from .sqs import SqsIntake


def open_intake(settings: Settings, context: Context) -> SqsIntake | None:
    """Return the queue that a connection names, unasked yet; None where it names none."""
    return SqsIntake(settings, context) if settings.queue else None


__all__ = ["SqsIntake", "open_intake"]
