"""What is withdrawn, held or of unknown audience: since when, why, and what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from ...model import Record, Ref, Side, Status
from ...state.browsing import Shelved, Standing
from ...state.port import StateStore
from ...state.records import Entry, Link
from ..steps.observation import read_side

if TYPE_CHECKING:
    from ..session import Session


@frozen(kw_only=True)
class Restriction:
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


def restriction_of(state: StateStore, job: str, row: Shelved) -> Restriction | None:
    """Return what is known of a row of `articles` that is withdrawn, held or unknown."""
    link = state.pair(row.pair)
    if link is None:
        return None
    event = link.state.told_by if link.state.value == row.standing.value else None
    entry = state.last_entry(job, row.pair, event) if event else None
    return Restriction(
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
class Presence:
    """What a store answered when it was asked for one item just now."""

    ref: Ref
    there: bool | None
    """None where the store could not tell: that is no proof of anything."""
    sentence: str
    at: datetime


async def still_there(session: Session, ref: Ref) -> Presence:
    """Ask the store for an item now; its content is not kept. A failure is an answer, too."""
    answer = await read_side(session._job, ref)
    at = session.clock.now()
    if not isinstance(answer, Record) or answer.status is Status.UNKNOWN:
        why = answer.reason if isinstance(answer, Record) else str(answer)
        return Presence(ref=ref, there=None, sentence=f"it cannot be told: {why}", at=at)
    said = answer.status.value + (f" ({answer.reason})" if answer.reason else "")
    gone = answer.status.gone
    sentence = f"it is gone: {said}" if gone else f"it is there: {said}"
    return Presence(ref=ref, there=not gone, sentence=sentence, at=at)


__all__ = ["Presence", "Restriction", "restriction_of", "row_of", "still_there"]
