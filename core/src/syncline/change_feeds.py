"""Cursors of change feeds that are read with an overlap, without announcing anything twice.

A vendor's index may lag and its clock may differ, so a poll looks again at the minutes before the
last one. What it announced there already, at the same stamp, needs no second look: the cursor
remembers it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Self

from attrs import define, field, frozen

from .model import Cursor

MOST_REMEMBERED = 5_000
"""Items a cursor remembers; the rest are announced again, which costs calls and nothing else."""
SETTLED = timedelta(seconds=5)
"""A time as fine as a second tells no second edit within it: younger stamps are not kept."""


@frozen(kw_only=True)
class Watermark:
    """How far a feed has been read."""

    at: datetime
    """Everything up to this time of the vendor's has been announced."""
    announced: Mapping[str, str] = field(factory=dict)
    """Stamps by id, of what lies within the overlap."""
    present: frozenset[str] | None = None
    """Ids of everything there was; None where that is not remembered."""

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        """Return what a cursor says.

        Raises:
            ValueError: it is none of ours.
        """
        text = str(cursor)
        table: dict[str, Any] = json.loads(text) if text.startswith("{") else {"at": text}
        match table:
            case {"at": str(at)}:
                moment = datetime.fromisoformat(at)
            case _:
                raise ValueError("a cursor holds the time up to which a feed was read")
        present = table.get("present")
        return cls(
            at=moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc),
            announced={str(id_): str(stamp) for id_, stamp in table.get("announced", {}).items()},
            present=None if present is None else frozenset(map(str, present)),
        )

    @property
    def cursor(self) -> Cursor:
        """Return it as what a store is given at the next poll."""
        table: dict[str, object] = {"at": self.at.isoformat()}
        if self.announced:
            table["announced"] = dict(self.announced)
        if self.present is not None:
            table["present"] = sorted(self.present)
        if len(table) == 1:
            return Cursor(self.at.isoformat())
        return Cursor(json.dumps(table, separators=(",", ":")))


@define(kw_only=True)
class Reading:
    """One poll of a feed, while it goes on."""

    before: Watermark | None
    """None for a feed that is read for the first time."""
    overlap: timedelta
    _seen: dict[str, tuple[str, datetime]] = field(factory=dict, init=False)

    @property
    def edge(self) -> datetime | None:
        """Return since when there may be something new; None for the first time."""
        return self.before.at - self.overlap if self.before else None

    def is_new(self, id_: str, stamp: str, modified: datetime) -> bool:
        """Tell whether an item has to be announced, and remember that it was seen."""
        self._seen[id_] = stamp, modified
        return self.before is None or self.before.announced.get(id_) != stamp

    def ended(self, at: datetime, now: datetime) -> Watermark:
        """Return how far the feed has been read, when it has been read to its end.

        Args:
            at: the newest time of the vendor's that was seen, or that of the poll.
            now: the time of the poll.
        """
        edge = at - self.overlap
        kept = {
            id_: stamp
            for id_, (stamp, modified) in self._seen.items()
            if edge <= modified <= now - SETTLED
        }
        return Watermark(at=at, announced=kept if len(kept) <= MOST_REMEMBERED else {})


__all__ = ["MOST_REMEMBERED", "SETTLED", "Reading", "Watermark"]
