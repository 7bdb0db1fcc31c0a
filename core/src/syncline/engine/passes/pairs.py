"""The pairs of a full pass: those of which the listings say something new, and loose ends."""

from __future__ import annotations

from functools import partial

from ...model import Side
from ...state.port import PairWork, Staged
from ...state.records import ClearDirty, Dirty, DropQuarantine, Link
from ..runs.quarantine import waiting
from ..runs.turns import refs_of
from ..runs.workers import spread
from .current import Pass
from .items import as_remembered, at_pair, settle_pair

_LINKS = "a link in it leads somewhere else now"


async def settle_changed(this: Pass) -> None:
    """Settle every pair that the listings do not prove unchanged."""
    job = this.job
    works = job.state.changed_pairs(job.name, complete=this.complete, epoch=job.mapping.version)
    await spread(works, partial(_settle, this), job.limits.workers)


async def _settle(this: Pass, work: PairWork) -> None:
    this.report.counts["examined"] += 1
    this.job.progress("examined")
    await at_pair(this, work.link.pair, partial(_as_listed, this, work))


async def _as_listed(this: Pass, work: PairWork, link: Link) -> None:
    job = this.job
    if job.process.open_writes.names(refs_of(link)):
        return
    heads = {side: _of(link, side, work) for side in Side}
    for side, head in heads.items():
        if waiting(job, link.half(side).ref, head.stamp if head else ""):
            this.report.counts["waiting"] += 1
            return
    evidence = this.evidence(link, heads[Side.LEFT], heads[Side.RIGHT])
    await settle_pair(this, link, evidence, because=_LINKS if work.reencode else "")


def _of(link: Link, side: Side, work: PairWork) -> Staged | None:
    # What was listed of another item says nothing about the one that is paired now.
    head = work.left if side is Side.LEFT else work.right
    return head if head is not None and head.ref == link.half(side).ref else None


async def retry_quarantined(this: Pass) -> None:
    """Examine what is in quarantine and due, although the listings show no change of it.

    What failed may have been settled since by other means; nothing else would tell so.
    """
    job = this.job
    writes = job.process.open_writes
    for held in job.state.quarantine(job.name):
        if held.skipped or held.next_at > job.now() or writes.names([held.ref]):
            continue
        link = job.state.link(job.name, held.ref)
        if link is not None:
            await at_pair(this, link.pair, partial(_examine_again, this))
        elif held.side not in this.complete or job.state.staged(held.side, held.ref):
            continue  # it is met as a newcomer
        if not writes.names([held.ref]) and job.state.quarantined(job.name, held.ref) == held:
            job.commit([DropQuarantine(job.name, held.ref)])


async def _examine_again(this: Pass, link: Link) -> None:
    refs = {side: link.half(side).ref for side in Side}
    found = {s: this.job.state.staged(s, ref) if ref else None for s, ref in refs.items()}
    evidence = this.evidence(link, found[Side.LEFT], found[Side.RIGHT])
    await settle_pair(this, link, evidence, force=frozenset(Side))


async def settle_links(this: Pass) -> None:
    """Write the items again whose links lead somewhere now, or nowhere any more."""
    job = this.job
    for row in job.state.dirty(job.name, limit=1_000_000):
        link = job.state.link(job.name, row.change.ref)
        # Without a link: a newcomer that is not paired yet, or a hint that needs a read.
        if link is not None and row.reencode:
            await at_pair(this, link.pair, partial(_encode_again, this, row))


async def _encode_again(this: Pass, row: Dirty, link: Link) -> None:
    job = this.job
    if job.process.open_writes.names(refs_of(link)):
        return
    left, right = (as_remembered(link, side) for side in Side)
    await settle_pair(this, link, this.evidence(link, left, right), because=_LINKS)
    job.commit([ClearDirty(job.name, row.side, row.change.ref, row.generation)])
