"""The comparison of listings: what the table knows of the pairs, in a temporary file for one pass.

A listing is compared with all pairs of its job at once. That is a join, and DynamoDB has none: the
pairs are read once, in their order, into tables like those of a state file, where the staged heads
lie as well. They are this process's alone, and what it commits meanwhile is followed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from syncline.model import Side
from syncline.state import schema
from syncline.state.listing import Listing
from syncline.state.port import PairWork, Staged
from syncline.state.rows import LINK_WIDTH

from . import keys
from .shapes import dirty_from, skip_from
from .table import Change, Table
from .wire import Item, body_of

_BATCH = 1000
_LINK = f"insert or replace into links values ({','.join('?' * LINK_WIDTH)})"  # noqa: S608 -- a constant
_SKIP = "insert or replace into skipped values (?,?,?,?,?,?,?)"
_DIRTY = "insert or replace into dirty values (?,?,?,?,?,?,?,null,null)"
_OTHERS = "insert or replace into pairings values (?,?,?,0)"


class Mirror:
    """The pairs, skips and hints of one job beside its listings."""

    def __init__(self, table: Table, job: str = "") -> None:
        self._table = table
        # A temporary file, which SQLite deletes by itself; small ones stay in memory.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statements in schema.MIGRATIONS.values():
            self._db.executescript(statements)
        self.listing = Listing(self._db, job)
        self._of = ""

    def close(self) -> None:
        """Forget all of it."""
        self._db.close()

    def clear(self) -> None:
        """Begin another comparison: the pairs are read anew for it."""
        self.listing.clear()
        self._of = ""

    def changed_pairs(
        self, job: str, *, complete: frozenset[Side], epoch: str
    ) -> Iterator[PairWork]:
        self._load(job)
        yield from self.listing.changed_pairs(job, complete=complete, epoch=epoch)

    def unlinked(self, job: str, side: Side, *, epoch: str) -> Iterator[Staged]:
        self._load(job)
        yield from self.listing.unlinked(job, side, epoch=epoch)

    def same_titles(self, job: str) -> Sequence[tuple[Staged, Staged]]:
        self._load(job)
        return self.listing.same_titles(job)

    def _load(self, job: str) -> None:
        if self._of == job:
            return
        for table in ("links", "skipped", "dirty", "pairings"):
            self._db.execute(f"delete from {table}")  # noqa: S608 -- constants
        for partition, sql in _kept(job).items():
            self._fill(job, sql, self._table.query(partition))
        self._of = job

    def _fill(self, job: str, sql: str, items: Iterable[Item]) -> None:
        self._db.execute("begin")
        try:
            self._db.executemany(sql, (_row(job, sql, item) for item in items))
        finally:
            self._db.execute("commit")

    def follow(self, changes: Iterable[Change]) -> None:
        """Take over what this process has committed."""
        if not self._of:
            return
        kept = _kept(self._of)
        for change in changes:
            sql = kept.get(change.key[0])
            if sql is None:
                continue
            if change.old is not None:
                self._forget(sql, change.old)
            if change.new is not None:
                self._db.execute(sql, _row(self._of, sql, change.new))

    def _forget(self, sql: str, item: Item) -> None:
        row = _row(self._of, sql, item)
        match sql:
            case _ if sql == _LINK:
                self._db.execute("delete from links where pair=?", row[:1])
            case _ if sql == _SKIP:
                self._db.execute("delete from skipped where job=? and ref=?", (row[0], row[2]))
            case _ if sql == _DIRTY:
                where = "delete from dirty where job=? and side=? and ref=?"
                self._db.execute(where, row[:3])
            case _:
                where = "delete from pairings where job=? and left_ref=? and right_ref=?"
                self._db.execute(where, row)


def _kept(job: str) -> dict[str, str]:
    """Return what is mirrored of a job: how the items of each partition are written."""
    return {
        keys.joined("link", job): _LINK,
        keys.joined("skip", job): _SKIP,
        keys.joined("dirty", job): _DIRTY,
        keys.joined("pairing", job, "other"): _OTHERS,
    }


def _row(job: str, sql: str, item: Item) -> tuple[object, ...]:
    match sql:
        case _ if sql == _SKIP:
            s = skip_from(item)
            return (s.job, s.side.value, str(s.ref), s.title, s.stamp, s.epoch, s.reason)
        case _ if sql == _DIRTY:
            d = dirty_from(item)
            ref, subtree = str(d.change.ref), int(d.change.subtree)
            return (job, d.side.value, ref, d.generation, subtree, 1, int(d.reencode))
        case _ if sql == _OTHERS:
            return (job, *body_of(item))
        case _:
            return tuple(body_of(item))


__all__ = ["Mirror"]
