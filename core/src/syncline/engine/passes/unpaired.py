"""The items of a full pass without a pair: met one by one, created singly or many at once."""

from __future__ import annotations

import logging
from functools import partial

from ...model import Side
from ...ports import BulkStore
from ...state.port import Staged
from ..pairing import skips, unpaired
from ..pairing.matching import Pairing
from ..runs.quarantine import waiting
from ..runs.workers import spread
from ..steps.step import Step
from ..writing import bulk
from ..writing.open_writes import Unsettled
from .current import Pass
from .items import at_items, isolated, isolated_unpaired

logger = logging.getLogger(__name__)


async def settle_unpaired(this: Pass, side: Side, pairing: Pairing) -> None:
    """Settle every listed item of one side that belongs to no pair."""
    job = this.job
    target = job.store(side.other)
    batch = bulk.Batch(this=this, side=side.other)
    store = target if isinstance(target, BulkStore) and not job.dry else None

    async def one(staged: Staged) -> None:
        this.report.counts["examined"] += 1
        job.progress("examined")
        meeting = partial(_meet, this, side, staged, pairing, batch if store else None)
        await at_items(this, [staged.ref], meeting)
        if store is not None and len(batch.steps) >= bulk.size(store):
            await _send(this, batch, store)

    items = job.state.unlinked(job.name, side, epoch=job.mapping.version)
    await spread(items, one, job.limits.workers)
    if store is not None and len(batch.steps) >= store.bulk_threshold:
        await _send(this, batch, store)
    await _singly(this, batch.take())


async def _send(this: Pass, batch: bulk.Batch, store: BulkStore) -> None:
    await _singly(this, await bulk.flush(batch, store))


async def _singly(this: Pass, steps: list[Step]) -> None:
    for step in steps:
        source = step.link.half(step.link.origin).ref
        if source is not None:
            await at_items(this, [source], partial(_if_still_new, this, step))


async def _if_still_new(this: Pass, step: Step) -> None:
    if not bulk.still_new(this, step):
        this.left.add(bulk.source_of(step))
        return
    await isolated(this, step.link, this.act(this.job, step, this.report))


async def _meet(
    this: Pass, side: Side, staged: Staged, pairing: Pairing, batch: bulk.Batch | None
) -> None:
    step = await _newcomer(this, side, staged, pairing)
    if step is None:
        return
    if batch is not None and bulk.fits(step):
        batch.steps.append(step)
        return
    await isolated(this, step.link, this.act(this.job, step, this.report))


async def _newcomer(this: Pass, side: Side, staged: Staged, pairing: Pairing) -> Step | None:
    job, ref = this.job, staged.ref
    if job.process.open_writes.names([ref]) or job.state.link(job.name, ref) is not None:
        return None
    believed = ref not in this.met
    if waiting(job, ref, staged.stamp if believed else ""):
        this.report.counts["waiting"] += 1
        return None
    if reason := pairing.held.get(ref):
        skips.skip(job, side, ref, reason, this.report, title=staged.title, at="proposed")
        return None
    if this.complete != frozenset(Side):
        # Its counterpart may be there and unlisted: creating waits for two complete listings.
        this.report.counts["held"] += 1
        return None
    meeting = unpaired.step_of_listed(job, side, staged, this.report, believed=believed)
    try:
        step = await isolated_unpaired(
            this, side, ref, meeting, title=staged.title, stamp=staged.stamp
        )
    except Unsettled:
        this.report.counts["held"] += 1
        return None
    this.met.discard(ref)
    return step
