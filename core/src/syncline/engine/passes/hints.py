"""Hints: items that have to be looked at again, at once, whatever else goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from ...errors import NotFound, StoreError
from ...model import Change, Ref, Side
from ...state.listing import fold, stamp
from ...state.records import ClearDirty, Dirty, MarkDirty
from ..context import Job
from ..pairing import unpaired
from ..runs.quarantine import isolate
from ..runs.turns import Again, in_turn, refs_of
from ..runs.workers import spread
from ..steps.observation import Evidence, read_side
from ..writing.open_writes import Unsettled
from ..writing.recovery import recover
from . import removals
from .current import Pass
from .items import as_remembered, isolated, isolated_unpaired, settle_pair
from .listings import learn_tree

logger = logging.getLogger(__name__)

_AT_ONCE = 64
"""Hints that are taken up together: one that comes then, and is more urgent, is the next."""

Left = set[tuple[Side, Ref, int]]


async def work_hints(this: Pass) -> None:
    """Look again at every item that a hint named; a listing is not needed for that.

    What another run is at already is left to it, and what a lost answer stands in the way of to
    the next run, which looks for that first.
    """
    job = this.job
    await recover(job, this.report)
    this.first = _unlisted(job)
    left: Left = set()
    while rows := _due(job, left):
        await spread(rows, partial(_work, this, left), job.limits.workers)
    await removals.remove(this, removals.approval(this))


def _unlisted(job: Job) -> bool:
    return any(job.state.scope(job.name, side) is None for side in Side)


def _due(job: Job, left: Left) -> Sequence[Dirty]:
    taken = job.process.hinted
    rows = job.state.dirty(job.name, limit=_AT_ONCE + len(left) + len(taken))
    return [
        row for row in rows if _key(row) not in taken and (*_key(row), row.generation) not in left
    ][:_AT_ONCE]


def _key(row: Dirty) -> tuple[Side, Ref]:
    return row.side, row.change.ref


async def _work(this: Pass, left: Left, row: Dirty) -> None:
    job, ref = this.job, row.change.ref
    if _key(row) in job.process.hinted:
        left.add((*_key(row), row.generation))
        return
    job.process.hinted.add(_key(row))
    try:
        whole = not row.change.subtree or await _expanded(this, row)
        done = await in_turn(
            job.process.turns,
            lambda: refs_of(job.state.link(job.name, ref)) | {ref},
            partial(_look, this, row),
            run=job.run,
        )
        if done and whole:
            job.commit([ClearDirty(job.name, row.side, ref, row.generation)])
        else:
            left.add((*_key(row), row.generation))
    finally:
        job.process.hinted.discard(_key(row))


async def _look(this: Pass, row: Dirty) -> bool:
    """Return whether the item has been looked at; not while a write of it is being looked for."""
    job, ref = this.job, row.change.ref
    link = job.state.link(job.name, ref)
    if job.process.open_writes.names(refs_of(link) | {ref}):
        return False
    if link is None:
        return await _newcomer(this, row.side, ref)
    known = {s: as_remembered(link, s) for s in Side}
    staged = {s: head for s, head in known.items() if s is row.side.other or row.reencode}
    evidence = Evidence(staged=staged, systemic=this.systemic, listed=False)
    await isolated(this, link, settle_pair(this, link, evidence))
    return True


async def _expanded(this: Pass, row: Dirty) -> bool:
    """Mark what lies below an item; False when that could not be learnt yet."""
    job = this.job
    this.report.counts["subtrees"] += 1
    try:
        async with job.process.learning:
            if not job.state.has_tree(row.side):
                await learn_tree(job, row.side)
    except Exception as error:
        told = {"job": job.name, "ref": str(row.change.ref), "detail": str(error)}
        logger.warning("what lies below an item could not be learnt yet", extra=told)
        return False
    below = _below(job, row.side, row.change.ref)
    job.commit([MarkDirty(job.name, row.side, Change(ref=ref)) for ref in sorted(below)])
    return True


def _below(job: Job, side: Side, top: Ref) -> set[Ref]:
    pending, seen = [top], {top}
    while pending:
        for child in job.state.children(side, pending.pop()):
            if child not in seen:
                seen.add(child)
                pending.append(child)
    return seen - {top}


async def _newcomer(this: Pass, side: Side, ref: Ref) -> bool:
    try:
        await isolated_unpaired(this, side, ref, _meet(this, side, ref))
    except Unsettled:
        return False
    return True


async def _meet(this: Pass, side: Side, ref: Ref) -> None:
    job = this.job
    if _unlisted(job):
        # The first complete pass pairs what exists on both sides; what its listing was too early
        # for is looked at when it ends.
        job.process.later.add((side, ref))
        return
    answer = await read_side(job, ref)
    if job.state.link(job.name, ref) is not None:
        raise Again
    if isinstance(answer, NotFound):
        return
    if isinstance(answer, StoreError):
        if job.state.skipped(job.name, ref) is None:  # what takes no part need not be read
            isolate(job, side, ref, answer, this.report)
        return
    if answer.status.gone or (answer.value and _has_twin(job, side, answer.value.title)):
        return
    step = await unpaired.step_of_read(job, side, answer, this.report, at=stamp(answer))
    if step is not None:
        await isolated(this, step.link, this.act(job, step, this.report))


def _has_twin(job: Job, side: Side, title: str) -> bool:
    # An unlinked item of that title on the other side: the next full pass proposes the pair.
    return any(
        skipped.side is side.other and fold(skipped.title) == fold(title)
        for skipped in job.state.all_skipped(job.name)
    )
