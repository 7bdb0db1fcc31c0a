"""One full pass of a job: list both sides, compare, settle item by item, remove last."""

from __future__ import annotations

from ...model import Change, Ref, Side
from ...state.records import Effect, MarkDirty, SaveScope
from ..pairing.matching import Pairing
from ..writing.recovery import recover
from . import removals
from .current import Pass
from .listings import list_sides
from .pairs import retry_quarantined, settle_changed, settle_links
from .unpaired import settle_unpaired


async def full_pass(this: Pass, *, approved: str | None = None) -> None:
    """List everything and settle every difference; removals go last, under the governor.

    Other runs of this process go on meanwhile: see `turns`.
    """
    job = this.job
    with job.process.turns.watch(job.run) as this.met:
        if not job.dry:
            await recover(job, this.report)
        early = frozenset(job.process.later)
        await list_sides(this)
        pairing = Pairing(this=this)
        await pairing.prepare()
        this.report.alarms += pairing.unmet
        await settle_changed(this)
        if not job.dry:
            await retry_quarantined(this)
        # What carries a mark is paired before anything is created: a lost state makes no twins.
        for side in (Side.RIGHT, Side.LEFT):
            await settle_unpaired(this, side, pairing)
        if not job.dry:
            await settle_links(this)
        await removals.remove(this, approved or removals.approval(this))
        if not job.dry:
            if this.removals:
                await settle_links(this)
            await _late_recovery(this)
            _complete(this, early)


def _complete(this: Pass, early: frozenset[tuple[Side, Ref]]) -> None:
    """Remember what was listed; with that, hints of newcomers that had to wait can be worked."""
    job = this.job
    effects: list[Effect] = [
        SaveScope(job.name, side, scope) for side, scope in this.scopes.items()
    ]
    waited = {(s, ref) for s, ref in this.left if job.state.link(job.name, ref) is None}
    if len(this.scopes) == len(Side):
        waited |= job.process.later - early
        job.process.later.clear()
    effects += [MarkDirty(job.name, s, Change(ref=ref)) for s, ref in sorted(waited, key=str)]
    job.commit(effects)


async def _late_recovery(this: Pass) -> None:
    job = this.job
    intents = job.state.intents(job.name)
    if not (intents and this.report.counts["unsure"]):
        return
    due = max(intent.opened_at for intent in intents) + job.limits.recreate_after
    wait = (due - job.now()).total_seconds()
    if wait > 0:
        job.progress("waiting", seconds=wait, why="a write's answer was lost; looking for it")
        await job.clock.sleep(wait)
    await recover(job, this.report)
