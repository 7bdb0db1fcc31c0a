"""Dates of the Platform API: ISO-8601 UTC with milliseconds, and intervals of two of them."""

from __future__ import annotations

from datetime import datetime, timezone

from attrs import frozen

from .errors import bad_request


def shown(at: datetime) -> str:
    """`2026-03-02T09:21:11.013Z`."""
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(at: datetime) -> datetime:
    """The same instant as the server keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def read(value: str, field_name: str) -> datetime:
    """The instant that `value` names; without a zone it is UTC.

    Raises:
        Refusal: 400 `invalid.date`.
    """
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        message = f"{field_name}: {value!r} is not an ISO-8601 date"
        raise bad_request(message, code="invalid.date", field_name=field_name) from None
    return at.replace(tzinfo=timezone.utc) if at.tzinfo is None else at.astimezone(timezone.utc)


@frozen
class Interval:
    """From `start` inclusive to `end` exclusive."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


def interval(value: str, field_name: str = "interval") -> Interval:
    """`start/end` as an `Interval`.

    Raises:
        Refusal: 400 when it is not two dates in order.
    """
    start, slash, end = value.partition("/")
    if not slash:
        message = f"{field_name}: {value!r} is not an interval such as start/end"
        raise bad_request(message, code="invalid.date", field_name=field_name)
    found = Interval(read(start, field_name), read(end, field_name))
    if found.end < found.start:
        message = f"{field_name}: the end is before the start"
        raise bad_request(message, code="invalid.date", field_name=field_name)
    return found
