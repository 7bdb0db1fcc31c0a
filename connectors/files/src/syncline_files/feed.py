"""What changed in a folder between two looks: there is no feed to read, so the looks are compared.

A look costs what a listing costs: times, sizes and inodes, and the content of what was saved since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from attrs import define, field, frozen

from syncline.model import Cursor, Head

MOST_COMPARED = 20_000
"""Articles that a cursor remembers one by one. Of a larger folder polls tell what was saved; what
was moved, removed, or put there with an older time waits for the next full pass."""
_RESTLESS = timedelta(seconds=2)
"""Two saves this close together may bear the same time."""


@frozen(kw_only=True)
class Look:
    """What a folder held at one time."""

    at: datetime
    stamps: Mapping[str, str] | None = None
    """What each article was known by, by its id; None where there are too many."""

    @property
    def cursor(self) -> Cursor:
        """Return it as what the next look is compared with."""
        table: dict[str, Any] = {"at": self.at.isoformat()}
        if self.stamps is not None:
            table["stamps"] = dict(self.stamps)
        return Cursor(json.dumps(table, separators=(",", ":"), ensure_ascii=False))

    @classmethod
    def of(cls, cursor: Cursor) -> Look | None:
        """Return what a cursor says; None for one that is none of ours."""
        try:
            table = json.loads(str(cursor))
            return cls(at=datetime.fromisoformat(table["at"]), stamps=table.get("stamps"))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


@define(kw_only=True)
class Comparison:
    """A look that goes on, compared with the one before."""

    before: Look | None
    """None for the first one: nothing is news then."""
    at: datetime
    """When it began."""
    most: int = MOST_COMPARED
    _stamps: dict[str, str] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)
    _news: list[str] = field(factory=list, init=False)

    def see(self, head: Head) -> None:
        """Take in one article."""
        self._count += 1
        id, stamp = head.ref.id, _stamp(head)
        if self._count <= self.most:
            self._stamps[id] = stamp
        if self.before is not None and self._is_news(self.before, head, stamp):
            self._news.append(id)

    def changed(self) -> list[str]:
        """Return the ids of what is another, or not there, since the look before."""
        known = self.before.stamps if self.before else None
        # A folder that is empty all at once is rather another one; a full pass finds out.
        gone = known.keys() - self._stamps.keys() if known and self._all_kept else ()
        return self._news + sorted(gone)

    @property
    def look(self) -> Look:
        """Return what the next look is compared with; the one before, where nothing changed."""
        now = Look(at=self.at, stamps=self._stamps if self._count <= self.most else None)
        same = self.before is not None and (self.before.stamps is None) == (now.stamps is None)
        return self.before if same and self.before and not self.changed() else now

    @property
    def _all_kept(self) -> bool:
        return 0 < self._count <= self.most

    def _is_news(self, before: Look, head: Head, stamp: str) -> bool:
        if before.stamps is not None:
            return before.stamps.get(head.ref.id) != stamp
        return head.updated_at is not None and head.updated_at >= before.at - _RESTLESS


def _stamp(head: Head) -> str:
    return f"{head.version[:12]}{crc32(head.aux.encode('utf-8', 'surrogatepass')):x}"


__all__ = ["MOST_COMPARED", "Comparison", "Look"]
