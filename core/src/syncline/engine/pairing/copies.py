"""Newcomers that are copies, or have one: they find each other again, and no second one stays."""

from __future__ import annotations

from ...errors import NotFound, StoreError
from ...model import Record, Ref, Side, Status
from ...state.listing import stamp
from ..content import view
from ..context import Job
from ..runs.report import Report
from ..steps.observation import read_side
from ..steps.step import Step
from .duplicates import removed_as_late, removed_as_twin
from .first_steps import hiding_step, pairing_step, title_of
from .skips import left_out, skip


async def as_copy(job: Job, side: Side, record: Record, origin: Ref, report: Report) -> Step | None:
    """Return the step that pairs a copy with its original, or None after leaving it.

    Raises:
        StoreError: the original could not be read.
        Again: somebody is at the original.
    """
    # Whoever is at the original may be making this very pair.
    job.process.turns.also(origin, run=job.run)
    title = title_of(record)
    at = stamp(record)
    if (link := job.state.link(job.name, origin)) is not None:
        holder = link.half(side).ref
        if holder is None:
            if await removed_as_late(job, side, record, origin):
                return None
            answer = await read_side(job, origin)
            if isinstance(answer, Record) and _must_hide(job, side, record, answer):
                return hiding_step(job, side, record, answer, link)
            reason = f"it is a copy of {origin}, whose copy was withdrawn"
        else:
            if await removed_as_twin(job, side, record, origin, link):
                return None
            if await removed_as_late(job, side, record, origin):
                return None
            how = "carries the mark" if record.origin is not None else "is a copy"
            reason = f"it {how} of {origin}, which is paired with {holder}"
        skip(job, side, record.ref, reason, report, title=title, at=at)
        return None
    answer = await read_side(job, origin)
    if isinstance(answer, StoreError) and not isinstance(answer, NotFound):
        raise answer
    if isinstance(answer, NotFound) or answer.value is None or left_out(job, side.other, answer):
        if not await removed_as_late(job, side, record, origin):
            if isinstance(answer, Record) and _must_hide(job, side, record, answer):
                return hiding_step(job, side, record, answer, None)
            reason = _orphaned(job, side, origin, answer)
            skip(job, side, record.ref, reason, report, title=title, at=at)
        return None
    pair = (record, answer) if side is Side.LEFT else (answer, record)
    if not _alike(job, *pair) and await removed_as_late(job, side, record, origin):
        return None  # it says what its original said then, and is made anew
    return await pairing_step(job, pair[0], pair[1], origin=side.other)


def _alike(job: Job, left: Record, right: Record) -> bool:
    if left.value is None or right.value is None:
        return False
    return view.equal(job, left.value, right.value)


def _must_hide(job: Job, side: Side, record: Record, original: Record) -> bool:
    """Tell whether a copy shows what is restricted: its mark says so, whatever was remembered."""
    restricted = original.status is Status.RESTRICTED and record.origin == original.ref
    return restricted and record.writable and job.policy.direction.writes(side)


def _orphaned(job: Job, side: Side, origin: Ref, answer: Record | NotFound) -> str:
    """Return why a copy whose original cannot be read as live stays without a pair."""
    if isinstance(answer, NotFound) or answer.status.gone:
        # Creating the original anew would bring back what somebody deleted.
        return f"it is a copy of {origin}, which is gone"
    if answer.value is None:
        status = answer.status.value
        return f"it is a copy of {origin}, of which only this is known: {status}"
    why = left_out(job, side.other, answer)
    return f"it is a copy of {origin}, which takes no part: {why}"


async def rejoined(
    job: Job, side: Side, record: Record, copy: Record, report: Report, *, at: str
) -> Step | None:
    """Pair an original again with the copy that it had, or leave it while that stands apart."""
    if reason := _stands_apart(job, side.other, copy):
        skip(job, side, record.ref, reason, report, title=title_of(record), at=at)
        return None
    pair = (record, copy) if side is Side.LEFT else (copy, record)
    return await pairing_step(job, pair[0], pair[1], origin=side)


def _stands_apart(job: Job, side: Side, copy: Record) -> str:
    if not copy.in_scope:
        return f"its copy was moved out of what {job.connection(side)} covers"
    if copy.value is None:
        return f"its copy {copy.ref} is {copy.status.value}"
    why = left_out(job, side, copy)
    return f"its copy {copy.ref} takes no part: {why}" if why else ""
