"""What people look through: articles by title, what is withdrawn and why, losses as they stand.

Nothing here writes, and only `still_there` asks a store. Pages are read by key: one costs the same
wherever it begins, and a search looks through a bounded number of titles before it hands back.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..body import from_html
from ..errors import Refused, SynclineError
from ..model import Document, Record, Ref, Side, Status
from ..state.browsing import Place, Shelved, Standing
from ..state.listing import fold
from ..state.port import StateStore
from ..state.records import Entry, Link, LinkState
from . import view
from .observing import read_side
from .plans import losses_of
from .shown import ConflictView

if TYPE_CHECKING:
    from .session import Session

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


# --- what is withdrawn -------------------------------------------------------------------------


@frozen(kw_only=True)
class Confinement:
    """An article that is withdrawn, held or of unknown audience: since when, and why."""

    pair: str
    title: str
    standing: Standing
    original: Ref | None
    copy: Ref | None
    """Where the copy was, when it is withdrawn; where it is, otherwise."""
    since: datetime | None
    why: str
    proof: Entry | None = None
    """The line of the history that was written when the store had confirmed the removal."""


def row_of(link: Link, standing: Standing) -> Shelved:
    """Return a pair as a line of a list."""
    return Shelved(
        key=link.pair,
        title=link.title,
        standing=standing,
        left=link.left.ref,
        right=link.right.ref,
        pair=link.pair,
    )


def confinement(state: StateStore, job: str, row: Shelved) -> Confinement | None:
    """Return what is known of a row of `articles` that is withdrawn, held or unknown."""
    link = state.pair(row.pair)
    if link is None:
        return None
    event = {Standing.WITHDRAWN: "withdrawn", Standing.HELD: "undone"}.get(row.standing)
    entry = state.last_entry(job, row.pair, event) if event else None
    return Confinement(
        pair=row.pair,
        title=link.title,
        standing=row.standing,
        original=link.half(link.origin).ref,
        copy=link.half(link.origin.other).ref or (_ref_on(entry, link.origin.other)),
        since=entry.at if entry else link.unknown_since,
        why=(entry.reason if entry else "") or _WHY.get(row.standing, ""),
        proof=entry if row.standing is Standing.WITHDRAWN else None,
    )


_WHY = {
    Standing.UNKNOWN: "who may see the original cannot be learnt; nothing new is published",
    Standing.HELD: "held after an undo",
}


def _ref_on(entry: Entry | None, side: Side) -> Ref | None:
    if entry is None:
        return None
    return entry.left if side is Side.LEFT else entry.right


@frozen(kw_only=True)
class Sighting:
    """What a store answered when it was asked for one item just now."""

    ref: Ref
    there: bool | None
    """None where the store could not tell: that is no proof of anything."""
    sentence: str
    at: datetime


async def still_there(session: Session, ref: Ref) -> Sighting:
    """Ask the store for an item now; its content is not kept. A failure is an answer, too."""
    answer = await read_side(session._job, ref)
    at = session.clock.now()
    if not isinstance(answer, Record) or answer.status is Status.UNKNOWN:
        why = answer.reason if isinstance(answer, Record) else str(answer)
        return Sighting(ref=ref, there=None, sentence=f"it cannot be told: {why}", at=at)
    said = answer.status.value + (f" ({answer.reason})" if answer.reason else "")
    gone = answer.status.gone
    sentence = f"it is gone: {said}" if gone else f"it is there: {said}"
    return Sighting(ref=ref, there=not gone, sentence=sentence, at=at)


# --- losses ------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Lost:
    """What one article's text, as it was last agreed on, loses on the other side."""

    ref: Ref
    title: str
    side: Side
    """Where it comes from."""
    losses: tuple[str, ...]


async def losses_of_pair(session: Session, pair: str) -> tuple[Lost, ...]:
    """Return what each side of a pair says that the other cannot hold, from the stored texts.

    Long texts are judged in a thread: nobody else waits for them.

    A text that cannot be judged any more says so, as a loss.
    """
    link = session.state.pair(pair)
    if link is None or is_veiled(session.state, session.job, pair):
        return ()
    found = []
    for side in Side:
        half = link.half(side)
        value = session.state.value(half.value)
        if half.ref is None or value is None or not session.policy.direction.writes(side.other):
            continue
        # Links lead to the other side's articles there: that is no loss.
        carried = view.translate(session._job, side, value)
        losses = await asyncio.to_thread(_losses, session, side, carried.value)
        if apart := len(carried.unresolved):
            noun = "link leads to an article" if apart == 1 else "links lead to articles"
            losses = (*losses, f"{apart} {noun} without a counterpart: plain text there")
        if losses:
            found.append(Lost(ref=half.ref, title=link.title, side=side, losses=losses))
    return tuple(found)


def _losses(session: Session, side: Side, value: Document) -> tuple[str, ...]:
    try:
        return losses_of(session._job, side, value)
    except SynclineError as error:
        return (f"it cannot be judged: {error}",)


# --- pairs that are proposed -------------------------------------------------------------------


async def side_by_side(session: Session, left: Ref, right: Ref) -> tuple[Document, Document]:
    """Read two articles now, both in the vocabulary that both sides share.

    Raises:
        Refused: one of them is not there for everybody.
        StoreError: one of them cannot be read.
    """
    job = session._job
    documents = []
    for side, ref in ((Side.LEFT, left), (Side.RIGHT, right)):
        answer = await read_side(job, ref)
        if not isinstance(answer, Record):
            raise answer
        if answer.value is None:
            raise Refused(f"{ref} is {answer.status.value}: its text is not shown")
        documents.append(view.shared_or_own(job, side, answer.value))
    return documents[0], documents[1]


# --- editing the proposed merge ----------------------------------------------------------------


def editable(session: Session, conflict: ConflictView, start: str) -> Document | None:
    """Return the text that a person starts from, in the vocabulary that both sides share.

    `Session.resolve` takes an edited text in that vocabulary. `start` is `proposed`, `left` or
    `right`; None when there is none.
    """
    job = session._job
    if start == "right":
        return _from_right(session, conflict)
    value = conflict.left if start == "left" else conflict.proposed
    return view.shared_or_own(job, Side.LEFT, value) if value is not None else None


def in_shared_words(session: Session, left: Document) -> Document:
    """Return a left document in the vocabulary that both sides share."""
    return view.shared_or_own(session._job, Side.LEFT, left)


def _from_right(session: Session, conflict: ConflictView) -> Document | None:
    right, base, left = conflict.right, conflict.right_base, conflict.base
    job = session._job
    if right is None:
        return None
    if base is None or left is None:
        value = view.fresh(job, Side.LEFT, right).value
    else:
        carried = view.carry(job, Side.LEFT, source_base=base, source_now=right, target=left)
        value = carried.value
    return view.shared_or_own(job, Side.LEFT, value)


def edited_body(html: str) -> str:
    """Return what a person typed as a body: hostile or broken HTML is cleaned.

    Raises:
        Rejected: it is too long, too deep, or would cost a parser too much.
    """
    return from_html(html)


__all__ = [
    "MOST_LOOKED_AT",
    "START",
    "Article",
    "ArticlePage",
    "Confinement",
    "Lost",
    "Sighting",
    "article",
    "articles",
    "confinement",
    "editable",
    "edited_body",
    "in_shared_words",
    "is_veiled",
    "losses_of_pair",
    "row_of",
    "side_by_side",
    "still_there",
]
