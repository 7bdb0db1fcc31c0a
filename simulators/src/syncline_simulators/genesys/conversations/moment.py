"""Moments of conversations: whole milliseconds since 1970, and their text."""

from __future__ import annotations

from datetime import datetime, timezone

_second = -1
_prefix = ""


def text(ms: int) -> str:
    """`2026-03-02T09:21:11.013Z`."""
    global _second, _prefix
    second, rest = divmod(ms, 1000)
    if second != _second:
        at = datetime.fromtimestamp(second, timezone.utc)
        _second, _prefix = second, at.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{_prefix}.{rest:03d}Z"


def of(at: datetime) -> int:
    """The milliseconds of a moment."""
    return int(at.timestamp() * 1000)


def read(written: str) -> int:
    """The milliseconds that a text says."""
    return of(datetime.fromisoformat(written.replace("Z", "+00:00")))
