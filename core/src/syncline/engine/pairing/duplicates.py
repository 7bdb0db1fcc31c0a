"""Copies that nobody asked for: made by a create whose answer was lost, and taken away again.

Only what says word for word what we once wrote, or tried to, and what no person has touched.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from ...model import Record, Ref, Side
from ...state.records import Entry, Link, Log
from ..content import view
from ..context import Job
from ..steps.observation import read_side
from ..writing.abandoned import GIVEN_UP


async def removed_as_late(job: Job, side: Side, record: Record, origin: Ref) -> bool:
    """Take away what a create made that had been given up, and would not be made any more.

    It never belonged to a pair, nobody edited it, and its original may be restricted by now: it
    is made anew once that can be read again.
    """
    if not _is_spare(job, side, record) or job.state.tombstone(job.name, record.ref) is not None:
        return False
    tried = [e for e in written_of(job, side, origin) if e.event == GIVEN_UP]
    if not says_one_of(job, side, record, tried):
        return False
    await job.store(side).delete(record.ref, expected=record.version)
    entry = tried[0]
    detail = f"{record.ref} was made of {origin} after its create had been given up"
    log = evolve(
        entry, id=0, run=job.run, at=job.now(), event="late copy removed", detail=detail, after=""
    )
    job.commit([Log(log)])
    return True


def _is_spare(job: Job, side: Side, record: Record) -> bool:
    """Tell whether a copy may be taken away at all, as nobody's but ours."""
    writes = job.policy.direction.writes(side) and not job.dry
    return writes and record.value is not None and record.writable and not record.draft


def written_of(job: Job, side: Side, origin: Ref) -> list[Entry]:
    """Return the lines of the history that tell what was once written as a copy, or tried to be."""
    entries = job.state.history(job.name, ref=origin, limit=1000)
    return [e for e in entries if e.side is side and e.after]


def says_one_of(job: Job, side: Side, record: Record, entries: Iterable[Entry]) -> bool:
    """Tell whether a copy says, word for word, what one of these lines tells of."""
    if record.value is None:
        return False
    now = view.side_digest(job, side, record.value)
    written = (job.state.value(e.after) for e in entries)
    return any(value is not None and view.side_digest(job, side, value) == now for value in written)


async def removed_as_twin(job: Job, side: Side, record: Record, origin: Ref, link: Link) -> bool:
    """Take away a second copy that a late answer of the store has made, if nobody edited it.

    It says exactly what was once written, or tried to be, as a copy of its origin, and it is not
    the pair's own item, which is there and can be read.
    """
    if not _is_spare(job, side, record):
        return False
    if not says_one_of(job, side, record, written_of(job, side, origin)):
        return False
    holder = link.half(side).ref
    own = await read_side(job, holder) if holder is not None else None
    if not isinstance(own, Record) or own.value is None:
        return False
    await job.store(side).delete(record.ref, expected=record.version)
    detail = f"{record.ref} was a second copy of {link.half(side.other).ref}"
    job.commit([job.entry(link, "twin removed", side=side, detail=detail)])
    return True
