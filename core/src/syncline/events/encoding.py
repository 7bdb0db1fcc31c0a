"""Events as JSON and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..model import JSON
from .event import Event


def line(event: Event) -> bytes:
    """Return one event as a line of JSON, without the end of the line."""
    text = json.dumps(event.canonical(), ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate is no text, and still a value that JSON can escape.
    return text.encode("utf-8", "backslashreplace")


def from_canonical(found: Mapping[str, JSON]) -> Event:
    """Return the event that `Event.canonical` wrote.

    Raises:
        ValueError: it is none.
    """
    try:
        known: Mapping[str, Any] = found
        return Event(
            id=str(known["id"]),
            key=str(known["key"]),
            type=str(known["type"]),
            source=str(known["source"]),
            occurred_at=datetime.fromisoformat(known["occurred_at"]),
            observed_at=datetime.fromisoformat(known["observed_at"]),
            synthetic=bool(known["synthetic"]),
            data=dict(known["data"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no event: {error!r}") from None


__all__ = ["from_canonical", "line"]
