"""Pages of what people look through: ordered by title, read by key, never all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from attrs import frozen

from ..model import Ref, Side
from .records import ConflictRecord, Entry, Run
from .rows import ENTRY_COLUMNS, conflict_of, entry_of, run_of

Rows = Callable[..., list[Any]]
"""Runs a query with its values and returns all rows."""


class Standing(Enum):
    """Where an article stands, in the words by which people filter."""

    SYNCED = "synced"
    CONFLICT = "conflict"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    UNKNOWN = "unknown"
    """A pair whose original's visibility cannot be learnt."""
    FAILED = "failed"
    """In quarantine: its next try waits."""
    SKIPPED = "skipped"
    """Deliberately not synced."""
    PENDING = "pending"
    """Somebody said that it changed, and no pass has looked at it yet."""


@frozen(kw_only=True)
class Shelved:
    """One line of a list of articles."""

    key: str
    """Unique in its job; with the title, where the next page begins."""
    title: str
    standing: Standing
    left: Ref | None = None
    right: Ref | None = None
    pair: str = ""
    """Empty for an item that belongs to no pair."""
    reason: str = ""


Place = tuple[str, str]
"""Title and key of the last line of a page."""

_AFTER = "(title collate nocase > :title or (title = :title collate nocase and {key} > :key))"
_ORDER = " order by title collate nocase, {key} limit :limit"

_PAIRS = f"""
select pair, title, state, left_id, right_id from links where job=:job {{more}}
and title collate nocase >= :title and {_AFTER.format(key="pair")} {_ORDER.format(key="pair")}
"""  # noqa: S608 -- constants
_UNPAIRED = (
    " not exists (select 1 from links where links.job=x.job and links.left_id=x.ref)"
    " and not exists (select 1 from links where links.job=x.job and links.right_id=x.ref)"
)
_GONE = " x.title='' and exists (select 1 from tombstones t where t.job=x.job and t.ref=x.ref)"
"""Of the skipped: what has nothing to show any more, because its pair ended with its removal."""
_ITEMS = f"""
select x.ref, x.title, x.side, x.reason from {{table}} x where x.job=:job {{more}}
and title collate nocase >= :title and {_AFTER.format(key="ref")} {_ORDER.format(key="ref")}
"""  # noqa: S608 -- constants
_PENDING = (
    "select x.ref, coalesce(a.title, b.title, ''), x.side, a.pair, b.pair,"
    " coalesce(a.left_id, b.left_id), coalesce(a.right_id, b.right_id) from dirty x"
    " left join links a on a.job=x.job and a.left_id=x.ref"
    " left join links b on b.job=x.job and b.right_id=x.ref"
    " where x.job=:job and x.ref>:key {more} order by x.ref limit :limit"
)


def shelf(
    rows: Rows, job: str, standing: Standing | None, after: Place, limit: int
) -> Sequence[Shelved]:
    """Return up to `limit` lines after a place; None lists all pairs, whatever their state."""
    title, key = after
    values = {"job": job, "title": title, "key": key, "limit": limit}
    match standing:
        case None:
            return [_pair(row, None) for row in rows(_PAIRS.format(more=""), values)]
        case Standing.UNKNOWN:
            sql = _PAIRS.format(more="and unknown_since is not null")
            return [_pair(row, Standing.UNKNOWN) for row in rows(sql, values)]
        case Standing.FAILED:
            return _items(rows, standing, values, "")
        case Standing.SKIPPED:
            return _items(rows, standing, values, f"and not ({_GONE})")
        case Standing.PENDING:
            return [_pending(row) for row in rows(_PENDING.format(more=""), values)]
        case _:
            sql = _PAIRS.format(more="and state=:state")
            return [_pair(row, None) for row in rows(sql, {**values, "state": standing.value})]


def unpaired(
    rows: Rows, job: str, standing: Standing, after: Place, limit: int
) -> Sequence[Shelved]:
    """Like `shelf`, without what belongs to a pair."""
    title, key = after
    values = {"job": job, "title": title, "key": key, "limit": limit}
    if standing is Standing.PENDING:
        sql = _PENDING.format(more="and a.pair is null and b.pair is null")
        return [_pending(row) for row in rows(sql, values)] if not title else []
    gone = f" and not ({_GONE})" if standing is Standing.SKIPPED else ""
    return _items(rows, standing, values, "and" + _UNPAIRED + gone)


def _items(rows: Rows, standing: Standing, values: dict[str, Any], more: str) -> Sequence[Shelved]:
    table = "skipped" if standing is Standing.SKIPPED else "quarantine"
    sql = _ITEMS.format(table=table, more=more)
    return [_item(row, standing) for row in rows(sql, values)]


def _pair(row: Any, standing: Standing | None) -> Shelved:
    pair, title, state, left, right = row
    return Shelved(
        key=pair,
        title=title,
        standing=standing or Standing(state),
        left=Ref.parse(left) if left else None,
        right=Ref.parse(right) if right else None,
        pair=pair,
    )


def _item(row: Any, standing: Standing) -> Shelved:
    text, title, side, reason = row
    ref = Ref.parse(text)
    return Shelved(
        key=text,
        title=title or "",
        standing=standing,
        left=ref if side == Side.LEFT.value else None,
        right=ref if side == Side.RIGHT.value else None,
        reason=reason or "",
    )


def _pending(row: Any) -> Shelved:
    text, title, side, left_pair, right_pair, left, right = row
    if not (left_pair or right_pair):
        return _item((text, title, side, ""), Standing.PENDING)
    return Shelved(
        key=text,
        title=title,
        standing=Standing.PENDING,
        pair=left_pair or right_pair,
        left=Ref.parse(left) if left else None,
        right=Ref.parse(right) if right else None,
    )


def counts(rows: Rows, job: str) -> dict[str, int]:
    """Return how many articles stand where, and what waits for people; by name."""
    found = dict(rows("select state, count(*) from links where job=:job group by state", _of(job)))
    queries = {
        "unknown": "select count(*) from links where job=:job and unknown_since is not null",
        "failed": "select count(*) from quarantine where job=:job",
        "skipped": f"select count(*) from skipped x where x.job=:job and not ({_GONE})",  # noqa: S608
        "pending": "select count(*) from dirty where job=:job",
        "conflicts": _CONFLICTS.format("count(*)", "and open=1 and " + _REVIEW.format(0)),
        "reviews": _CONFLICTS.format("count(*)", "and open=1 and " + _REVIEW.format(1)),
        "proposals": "select count(*) from proposals where job=:job",
    }
    return {**found, **{name: rows(sql, _of(job))[0][0] for name, sql in queries.items()}}


def _of(job: str) -> dict[str, Any]:
    return {"job": job}


_REVIEW = "json_extract(body, '$.review')={}"
_CONFLICTS = "select {} from conflicts where job=:job {}"


def conflict_page(
    rows: Rows, job: str, *, which: str, after: Place, limit: int
) -> Sequence[ConflictRecord]:
    """Return conflicts, oldest first: `open`, `review` (losing edits that were kept) or `settled`.

    `after` is the time and the id of the last one.
    """
    more = {
        "open": "and open=1 and " + _REVIEW.format(0),
        "review": "and open=1 and " + _REVIEW.format(1),
        "settled": "and open=0",
    }[which]
    sql = _CONFLICTS.format(
        "id, job, pair, found_at, body",
        f"{more} and (found_at, id) > (:at, :id) order by found_at, id limit :limit",
    )
    values = {"job": job, "at": after[0], "id": after[1], "limit": limit}
    return [conflict_of(*row) for row in rows(sql, values)]


def entry(rows: Rows, job: str, id: int) -> Entry | None:
    """Return one line of the history."""
    found = rows(
        f"select {ENTRY_COLUMNS} from history where job=:job and id=:id",  # noqa: S608 -- constants
        {"job": job, "id": id},
    )
    return entry_of(found[0]) if found else None


def last_entry(rows: Rows, job: str, pair: str, event: str) -> Entry | None:
    """Return the latest line of one kind that a pair has."""
    found = rows(
        f"select {ENTRY_COLUMNS} from history where pair=:pair and job=:job and event=:event"  # noqa: S608 -- constants
        " order by at desc, id desc limit 1",
        {"job": job, "pair": pair, "event": event},
    )
    return entry_of(found[0]) if found else None


def history_page(
    rows: Rows, job: str, *, run: str | None, pair: str | None, before: int, limit: int
) -> Sequence[Entry]:
    """Return lines of the history older than line `before`, newest first."""
    more = "".join(f" and {n}=:{n}" for n, v in (("run", run), ("pair", pair)) if v is not None)
    found = rows(
        f"select {ENTRY_COLUMNS} from history where job=:job and id<:before{more}"  # noqa: S608 -- constants
        " order by id desc limit :limit",
        {"job": job, "run": run, "pair": pair, "before": before, "limit": limit},
    )
    return [entry_of(row) for row in found]


# A count is only there where it is not 0.
_TOLD = " and (kind='full' or ended_at is null or counts like '%\"writes\"%'"
_TOLD += " or counts like '%\"failed\"%' or counts like '%\"conflict\"%')"


def run_page(
    rows: Rows, job: str, before: Place, limit: int, *, quiet: bool = True
) -> Sequence[Run]:
    """Return runs that began before one (its time and id), newest first.

    Args:
        quiet: also those that were no full pass and changed nothing.
    """
    found = rows(
        "select * from runs where job=:job and (started_at, id) < (:at, :id)"  # noqa: S608 -- constants
        f"{'' if quiet else _TOLD} order by started_at desc, id desc limit :limit",
        {"job": job, "at": before[0], "id": before[1], "limit": limit},
    )
    return [run_of(row) for row in found]


__all__ = [
    "Place",
    "Shelved",
    "Standing",
    "conflict_page",
    "counts",
    "entry",
    "history_page",
    "last_entry",
    "run_page",
    "shelf",
    "unpaired",
]
