"""What people look through: articles by title, and everything that is known of one.

Nothing here writes or asks a store. Pages are read by key: one costs the same wherever it begins,
and a search looks through a bounded number of titles before it hands back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ...model import Document, Ref, Side, Status
from ...state.browsing import Place, Shelved, Standing
from ...state.listing import fold
from ...state.port import StateStore
from ...state.records import Entry, Link, LinkState

if TYPE_CHECKING:
    from ..session import Session

MOST_LOOKED_AT: Final = 5_000
"""Titles that one page of a search looks at; the rest is a page further on."""
_BATCH = 250
_LONGEST_TITLE = 1000

START: Final[Place] = ("", "")


@frozen(kw_only=True)
class ArticlePage:
    """One page of a list of articles."""

    rows: tuple[Shelved, ...]
    after: Place | None
    """Where the next page begins; None at the end."""
    broke_off: bool = False
    """True when the search looked at as many titles as one page may, and found too few."""


def articles(
    state: StateStore,
    job: str,
    *,
    text: str = "",
    standing: Standing | None = None,
    after: Place = START,
    limit: int = 50,
    most: int = MOST_LOOKED_AT,
) -> ArticlePage:
    """Return the articles after a place whose title or ref contains `text`, by title.

    Args:
        standing: only those that stand there; None for all.
        most: how many titles are looked at before the page is handed back unfilled.
    """
    wanted = fold(text)
    rows: list[Shelved] = []
    last = after
    for looked, row in enumerate(_shelved(state, job, standing, after)):
        if len(rows) == limit or looked == most:
            return ArticlePage(rows=tuple(rows), after=last, broke_off=len(rows) < limit)
        last = (row.title, row.key)
        if _holds(row, wanted):
            rows.append(row)
    return ArticlePage(rows=tuple(rows), after=None)


def _holds(row: Shelved, wanted: str) -> bool:
    if not wanted or wanted in fold(row.title[:_LONGEST_TITLE]):
        return True
    return any(wanted in str(ref).casefold() for ref in (row.left, row.right) if ref)


def _shelved(
    state: StateStore, job: str, standing: Standing | None, after: Place
) -> Iterator[Shelved]:
    if standing is not None:
        return _read(lambda place: state.shelf(job, standing, place, _BATCH), after)
    alone = (Standing.PENDING, Standing.FAILED, Standing.SKIPPED)
    return heapq.merge(
        _read(lambda place: state.shelf(job, None, place, _BATCH), after),
        *(_read(_unpaired(state, job, which), after) for which in alone),
        key=_order,
    )


def _unpaired(state: StateStore, job: str, which: Standing) -> Callable[[Place], Sequence[Shelved]]:
    return lambda place: state.unpaired(job, which, place, _BATCH)


def _read(page: Callable[[Place], Sequence[Shelved]], after: Place) -> Iterator[Shelved]:
    while rows := page(after):
        yield from rows
        after = (rows[-1].title, rows[-1].key)


def _order(row: Shelved) -> tuple[bytes, bytes]:
    # As SQLite orders text without case: only ASCII letters are folded.
    return row.title.encode("utf-8", "surrogatepass").lower(), row.key.encode()


# --- one article -------------------------------------------------------------------------------


@frozen(kw_only=True)
class Article:
    """Everything that the state knows of one item, without asking a store."""

    ref: Ref
    side: Side
    link: Link | None
    title: str
    standings: tuple[Standing, ...]
    veiled: bool
    """True when its text may be seen by operators only."""
    reason: str = ""
    """Why it is skipped or failed, or how its pair ended."""
    left: Document | None = None
    right: Document | None = None


def article(session: Session, ref: Ref) -> Article | None:
    """Return what is known of an item; None when nothing is, or it belongs to another job."""
    state, job = session.state, session.job
    side = next((s for s in Side if _connection(session, s) == ref.connection), None)
    if side is None:
        return None
    link = state.link(job, ref)
    failed, skipped = state.quarantined(job, ref), state.skipped(job, ref)
    buried = state.tombstone(job, ref)
    entries = state.history(job, ref=ref, limit=1)
    if not (link or failed or skipped or buried or entries):
        return None
    known = (link, failed, skipped, *entries)
    return Article(
        ref=ref,
        side=side,
        link=link,
        title=next((k.title for k in known if k is not None and k.title), ""),
        standings=tuple(_standings(link, failed is not None, skipped is not None)),
        veiled=is_veiled(state, job, link.pair if link else _pair_of(entries)),
        reason=next((k.reason for k in (failed, skipped) if k is not None), buried or ""),
        left=state.value(link.left.value) if link else None,
        right=state.value(link.right.value) if link else None,
    )


def _connection(session: Session, side: Side) -> str:
    return session.left_name if side is Side.LEFT else session.right_name


def _pair_of(entries: Sequence[Entry]) -> str:
    return entries[0].pair if entries else ""


def _standings(link: Link | None, failed: bool, skipped: bool) -> Iterator[Standing]:
    if link is not None:
        yield Standing(link.state.value)
        if link.unknown_since is not None:
            yield Standing.UNKNOWN
    if failed:
        yield Standing.FAILED
    if skipped:
        yield Standing.SKIPPED


def is_veiled(state: StateStore, job: str, pair: str) -> bool:
    """Tell whether the text of a pair is for operators only.

    It is restricted, was withdrawn and has not come back, or its audience cannot be learnt: what
    is unknown counts as restricted.
    """
    link = state.pair(pair) if pair else None
    if link is None:
        return bool(pair) and state.last_entry(job, pair, "withdrawn") is not None
    restricted = f"|{Status.RESTRICTED.value}"
    return (
        link.state is LinkState.WITHDRAWN
        or link.unknown_since is not None
        or any(link.half(side).stamp.endswith(restricted) for side in Side)
    )


__all__ = [
    "MOST_LOOKED_AT",
    "START",
    "Article",
    "ArticlePage",
    "article",
    "articles",
    "is_veiled",
]
