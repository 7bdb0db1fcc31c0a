"""Times as whole microseconds: what is remembered of hundreds of thousands of conversations. Pure.

Not `datetime`: stages keep some hundred thousand records, and write one for every few events.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TypeAlias

Micros: TypeAlias = int
"""Microseconds since the epoch, UTC; 0 where nothing has happened yet."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def micros(time: datetime) -> Micros:
    """Return an aware time as microseconds since the epoch."""
    return (time - _EPOCH) // _MICROSECOND


def when(time: Micros) -> datetime:
    """Return the aware time of so many microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=time)


def moment(text: str) -> Micros:
    """Return a time that is written in ISO 8601, with its offset from UTC.

    Raises:
        ValueError: it is none.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text}: a time without an offset from UTC")
    return micros(time)


__all__ = ["Micros", "micros", "moment", "when"]
