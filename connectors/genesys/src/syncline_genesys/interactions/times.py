"""Times as events write them: UTC, milliseconds, Z. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

import msgspec

_encode = msgspec.json.Encoder().encode


def text_of(time: datetime | None) -> str:
    """Return `2026-03-02T09:15:02.114Z`; "" for no time."""
    if time is None:
        return ""
    if time.tzinfo is not timezone.utc:
        time = in_utc(time)
    # msgspec writes a time several times as fast as `isoformat`; its fraction is all or nothing.
    if time.microsecond:
        return _encode(time)[1:24].decode() + "Z"
    return _encode(time)[1:20].decode() + ".000Z"


def in_utc(time: datetime) -> datetime:
    """Return the same instant in UTC; at the very ends of the calendar, the same digits."""
    try:
        return time.astimezone(timezone.utc)
    except OverflowError:
        return time.replace(tzinfo=timezone.utc)


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the first of those that are known."""
    known = [time for time in times if time is not None]
    return min(known) if known else None


def newest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the last of those that are known."""
    known = [time for time in times if time is not None]
    return max(known) if known else None


def of_millis(value: object) -> datetime | None:
    """Return the time of milliseconds since 1970; None for what is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None


__all__ = ["earliest", "in_utc", "newest", "of_millis", "text_of"]
