"""The listings of a pass, staged in temporary tables and compared by SQL.

Memory does not grow with the number of items: heads are written as they arrive, differences are
read in pages by key.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from ..model import Head, Record, Ref, Side
from .port import PairWork, Staged
from .rows import LINK_COLUMNS, LINK_WIDTH, link_of

_PAGE = 500
_BATCH = 1000

_STAGED = """
create temp table if not exists staged (
    side text not null, ref text not null, stamp text not null, status text not null,
    title text not null, folded text not null, parent text, primary key (side, ref)
) without rowid
"""

# Few connectors tell of a parent: a listing of the others is spared an index of nothing.
_STAGED_PARENT = """
create index if not exists temp.staged_parent on staged(side, parent) where parent is not null
"""

_NEWCOMERS_TABLE = """
create temp table if not exists newcomers (
    side text, ref text, stamp text, status text, title text, folded text,
    primary key (folded, side, ref)
) without rowid
"""

# Which item is below which: outlives a listing, for hints that come while the next one is made.
_TREE = """
create temp table if not exists tree (
    side text not null, ref text not null, parent text not null, primary key (side, ref)
) without rowid
"""

_STAGE = "insert or replace into staged values (?,?,?,?,?,?,?)"
_COLUMNS = ", ".join(f"l.{name.strip()}" for name in LINK_COLUMNS.split(","))

# Absence says nothing new about a side that was last seen in the trash, or that has no item.
_NEWS = (
    "l.{0}_stamp<>'' and l.{0}_stamp not like '%|trashed'"
    " and l.{0}_stamp not like '%|purged' and l.{0}_stamp not like '%|archived'"
)
_LEFT_NEWS, _RIGHT_NEWS = _NEWS.format("left"), _NEWS.format("right")

_CHANGED = f"""
select {_COLUMNS}, a.stamp, a.status, a.title, b.stamp, b.status, b.title, d.reencode
from links l
left join staged a on a.side='left' and a.ref=l.left_id
left join staged b on b.side='right' and b.ref=l.right_id
left join (select pairs.pair as pair, min(dirty.reencode) as reencode from dirty
    join links pairs on pairs.job=dirty.job and
        ((dirty.side='left' and pairs.left_id=dirty.ref) or
         (dirty.side='right' and pairs.right_id=dirty.ref))
    where dirty.job=:job group by pairs.pair) d on d.pair=l.pair
where l.job=:job and l.pair>:after and (
    (coalesce(a.stamp,'')<>l.left_stamp and (a.ref is not null or (:left and {_LEFT_NEWS})))
    or (coalesce(b.stamp,'')<>l.right_stamp and (b.ref is not null or (:right and {_RIGHT_NEWS})))
    or l.epoch<>:epoch or d.pair is not null or l.unknown_since is not null or l.missing>0)
order by l.pair limit :limit
"""  # noqa: S608 -- constants

_UNLINKED = """
select s.ref, s.stamp, s.status, s.title from staged s
left join links l on l.job=:job and l.{column}=s.ref
left join skipped k on k.job=:job and k.ref=s.ref and k.stamp=s.stamp and k.epoch=:epoch
where s.side=:side and s.ref>:after and l.pair is null and k.ref is null
order by s.ref limit :limit
"""

_NEWCOMERS = """
insert into newcomers select s.side, s.ref, s.stamp, s.status, s.title, s.folded from staged s
left join links l on l.job=:job and l.left_id=s.ref
left join links r on r.job=:job and r.right_id=s.ref
where s.status='live' and s.folded<>'' and l.pair is null and r.pair is null
"""

_TWINS = """
select a.ref, a.stamp, a.status, a.title, b.ref, b.stamp, b.status, b.title
from newcomers a join newcomers b on b.side='right' and b.folded=a.folded
left join pairings p on p.job=:job and p.left_ref=a.ref and p.right_ref=b.ref and p.same=0
where a.side='left' and p.job is null order by a.ref, b.ref
"""


def stamp(item: Head | Record) -> str:
    """Return what a listing entry is compared by: version, aux and status in one token."""
    return f"{item.version}|{item.aux}|{item.status.value}"


def aux_of(stamp: str) -> str:
    """Return the digest of what changes without a version, from a stamp; "" when nothing does."""
    return stamp.rpartition("|")[0].partition("|")[2]


def fold(title: str) -> str:
    """Return a title in the form in which two titles are compared."""
    if not title.isascii():
        title = unicodedata.normalize("NFKC", title)
    return " ".join(title.casefold().split())


def _row(side: Side, head: Head) -> tuple[Any, ...]:
    parent, title, status = head.parent, head.title, head.status.value
    ref, above = str(head.ref), str(parent) if parent else None
    return (side.value, ref, stamp(head), status, title, fold(title), above)


def _staged(row: Sequence[Any]) -> Staged | None:
    if row[0] is None:
        return None
    return Staged(ref=Ref.parse(row[0]), stamp=row[1], status=row[2], title=row[3])


@lru_cache(maxsize=256)
def _of_job(sql: str, job: str) -> str:
    # A table's name cannot be a parameter; the hex of the job's name can do no harm in one.
    own = f"_{job.encode().hex()}" if job else ""
    return re.sub(r"\b(staged|newcomers|staged_parent|tree|tree_parent)\b", rf"\1{own}", sql)


class Listing:
    """The staged heads of both sides, in temporary tables of this connection and this job."""

    def __init__(self, db: sqlite3.Connection, job: str = "") -> None:
        self._db = db
        self._job = job
        self._run(_STAGED)
        self._run(_NEWCOMERS_TABLE)
        self._run(_TREE)
        self._run(_STAGED_PARENT)
        self._run("create index if not exists temp.tree_parent on tree(side, parent)")
        self._trees: set[Side] = set()

    def _run(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        return self._db.execute(_of_job(sql, self._job), values)

    def clear(self) -> None:
        self._run("delete from staged")

    def stage(self, side: Side, heads: Iterable[Head]) -> None:
        rows = (_row(side, head) for head in heads)
        while batch := list(islice(rows, _BATCH)):
            self._db.execute("begin")
            try:
                self._db.executemany(_of_job(_STAGE, self._job), batch)
            finally:
                self._db.execute("commit")

    def staged(self, side: Side, ref: Ref) -> Staged | None:
        row = self._run(
            "select ref, stamp, status, title from staged where side=? and ref=?",
            (side.value, str(ref)),
        ).fetchone()
        return _staged(row) if row else None

    def counts(self, side: Side) -> dict[str, int]:
        """Return how many heads have each status."""
        rows = self._run(
            "select status, count(*) from staged where side=? group by status", (side.value,)
        )
        return dict(rows.fetchall())

    def children(self, side: Side, ref: Ref) -> Sequence[Ref]:
        rows = self._run(
            "select ref from staged where side=:side and parent=:parent"
            " union select ref from tree where side=:side and parent=:parent order by ref",
            {"side": side.value, "parent": str(ref)},
        )
        return [Ref.parse(row[0]) for row in rows.fetchall()]

    def place(self, side: Side, below: Iterable[tuple[Ref, Ref]]) -> None:
        """Remember of items what they are below of."""
        rows = ((side.value, str(ref), str(parent)) for ref, parent in below)
        self._db.executemany(_of_job("insert or replace into tree values (?,?,?)", self._job), rows)

    def keep_tree(self, side: Side) -> None:
        """Say that one side has been listed, or placed, to its end."""
        self._run(
            "insert or replace into tree select side, ref, parent from staged"
            " where side=? and parent is not null",
            (side.value,),
        )
        self._trees.add(side)

    def has_tree(self, side: Side) -> bool:
        """True once `keep_tree` was said."""
        return side in self._trees

    def changed_pairs(
        self, job: str, *, complete: frozenset[Side], epoch: str
    ) -> Iterator[PairWork]:
        after = ""
        while True:
            rows = self._run(
                _CHANGED,
                {
                    "job": job,
                    "after": after,
                    "epoch": epoch,
                    "left": Side.LEFT in complete,
                    "right": Side.RIGHT in complete,
                    "limit": _PAGE,
                },
            ).fetchall()
            for row in rows:
                yield _pair_work(row)
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def unlinked(self, job: str, side: Side, *, epoch: str) -> Iterator[Staged]:
        column = "left_id" if side is Side.LEFT else "right_id"
        after = ""
        while True:
            rows = self._run(
                _UNLINKED.format(column=column),
                {"job": job, "side": side.value, "after": after, "epoch": epoch, "limit": _PAGE},
            ).fetchall()
            for row in rows:
                yield Staged(ref=Ref.parse(row[0]), stamp=row[1], status=row[2], title=row[3])
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def same_titles(self, job: str) -> Sequence[tuple[Staged, Staged]]:
        found = []
        self._run("delete from newcomers")
        self._run(_NEWCOMERS, {"job": job})
        for row in self._run(_TWINS, {"job": job}).fetchall():
            left, right = _staged(row[:4]), _staged(row[4:])
            if left and right:
                found.append((left, right))
        return found


def _pair_work(row: Sequence[Any]) -> PairWork:
    link = link_of(tuple(row[:LINK_WIDTH]))
    rest = row[LINK_WIDTH:]
    return PairWork(
        link=link,
        left=_side(link.left.ref, rest[0:3]),
        right=_side(link.right.ref, rest[3:6]),
        reencode=rest[6] == 1,
    )


def _side(ref: Ref | None, row: Sequence[Any]) -> Staged | None:
    if ref is None or row[0] is None:
        return None
    return Staged(ref=ref, stamp=row[0], status=row[1], title=row[2])
