"""Syncline's own events: what its history says, line by line. Pure."""

from __future__ import annotations

import hashlib

from ..model import JSON
from ..redaction import redact
from ..state.records import Entry
from .event import Event

SOURCE = "syncline"


def event_of(entry: Entry) -> Event:
    """Return the event that a line of the history is.

    Titles and texts stay here: an article may have been withdrawn because nobody shall see it.
    """
    return Event(
        id=_id(entry),
        key=entry.pair or entry.job,
        type=f"{SOURCE}.{entry.event}",
        source=SOURCE,
        occurred_at=entry.at,
        observed_at=entry.at,
        data=_data(entry),
    )


def _data(entry: Entry) -> dict[str, JSON]:
    found: dict[str, JSON] = {
        "job": entry.job,
        "run": entry.run,
        "pair": entry.pair,
        "side": entry.side.value if entry.side else None,
        "left": str(entry.left) if entry.left else None,
        "right": str(entry.right) if entry.right else None,
        "reason": redact(entry.reason),
        "before_version": entry.before_version,
        "after_version": entry.after_version,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _id(entry: Entry) -> str:
    parts = (
        entry.job, entry.run, entry.pair, entry.event, entry.side, entry.at.isoformat(),
        entry.left, entry.right, entry.reason, entry.before, entry.after,
    )  # fmt: skip
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


__all__ = ["SOURCE", "event_of"]
