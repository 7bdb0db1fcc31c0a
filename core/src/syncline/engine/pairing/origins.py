"""Whose copy an item without a pair is: by its mark, by what we tried to make, by the history.

A mark says it for good. Where none is to be seen (the store keeps none, or sets it with a later
call that never came), two things are known all the same: what our own creates were to say whose
answers were given up, and which two items were a pair that has ended.
"""

from __future__ import annotations

from ...decision import Reason
from ...errors import NotFound, StoreError
from ...model import Record, Ref, Side
from ...state.records import LEFT_BEHIND, TAKEN_AWAY, Entry, why_ended
from ..content import view
from ..context import Job
from ..steps.observation import read_side
from ..writing.abandoned import source_of

_ENDED = frozenset(
    reason.value
    for reason in (
        *(Reason.DELETED, Reason.ARCHIVED, Reason.LEFT_SCOPE),
        *(Reason.COPY_LEFT_SCOPE, Reason.LOST_SIGHT),
    )
)
"""Why pairs end by themselves; what a person parted stays apart."""

_LINES = 50
"""How far back the history of an item is looked at for the pair that it belonged to."""


async def origin_of(job: Job, side: Side, record: Record) -> Ref | None:
    """Return the item of the other side that this one was made from; None where none is known.

    Raises:
        StoreError: it could not be looked for.
    """
    if record.origin is not None:
        return record.origin if record.origin.connection == job.connection(side.other) else None
    if was_copy(job, record.ref):
        return _partner(job, side, record.ref)
    return await _appeared_late(job, side, record)


def was_copy(job: Job, ref: Ref) -> bool:
    """Tell whether an item is what was left of a pair that ended, and not its original."""
    ended = job.state.tombstone(job.name, ref) or ""
    return ended.startswith((LEFT_BEHIND, TAKEN_AWAY)) and why_ended(ended) in _ENDED


async def former_copy(job: Job, side: Side, record: Record) -> Record | None:
    """Return the copy that was left when the pair of this original ended, if it is still there.

    Raises:
        StoreError: it could not be read.
        Again: somebody is at it.
    """
    ended = job.state.tombstone(job.name, record.ref)
    partner = _partner(job, side, record.ref) if ended in _ENDED else None
    if partner is None or job.state.link(job.name, partner) is not None:
        return None
    job.process.turns.also(partner, run=job.run)
    answer = await read_side(job, partner)
    if isinstance(answer, NotFound):
        return None
    if isinstance(answer, StoreError):
        raise answer
    return None if answer.status.gone else answer


def _partner(job: Job, side: Side, ref: Ref) -> Ref | None:
    """Return the other item of the latest pair that this one belonged to."""
    for entry in job.state.history(job.name, ref=ref, limit=_LINES):
        other = entry.right if side is Side.LEFT else entry.left
        if other is not None:
            return other
    return None


async def _appeared_late(job: Job, side: Side, record: Record) -> Ref | None:
    """Return what an item was made from by a create that was given up and came through after."""
    if record.value is None:
        return None
    title = record.value.title
    for entry in job.process.abandoned.may_have_made(side, title, job.state.value):
        source = source_of(entry)
        if source is not None and await _made_by(job, side, record, entry, source):
            return source
    return None


async def _made_by(job: Job, side: Side, record: Record, entry: Entry, source: Ref) -> bool:
    value = job.state.value(entry.after)
    if value is None or record.value is None:
        return False
    found = await job.store(side).find(source, value)
    if record.ref in found:
        return True
    # A store that finds the mark looks no further: then it has to say what we wrote, to the word.
    written = view.side_digest(job, side, value)
    return bool(found) and view.side_digest(job, side, record.value) == written
