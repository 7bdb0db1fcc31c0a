"""The removals of a pass: last, together, by the governor's leave, and each looked at once more."""

from __future__ import annotations

from functools import partial

from ...decision import Remove
from ...errors import NotFound, VersionMismatch
from ...model import Side
from ...state.records import Link, SaveApproval
from ..runs.report import Refusal
from ..steps.examination import examine
from ..steps.observation import Evidence
from ..writing.governor import granted, token_of
from .current import Pass
from .items import at_pair


async def remove(this: Pass, approved: str | None) -> None:
    """Carry out what the pass has decided to remove, unless the governor refuses."""
    job = this.job
    with granted(job, this.removals, approved=approved, unsettled=_unsettled(this)) as refusal:
        if approved and not job.dry:
            job.commit([SaveApproval(job.name, None)])  # it was for one pass
        if refusal is not None:
            _tell(this, refusal, approved)
            return
        for removal in this.removals:
            await at_pair(this, removal.pair, partial(_remove_one, this, removal.side))
            job.process.leaving.discard(removal.pair)


def approval(this: Pass) -> str | None:
    """Return the approval that waits, if it is for exactly these removals.

    A pass over a few hints leaves alone what was meant for the list of another one.
    """
    waiting = this.job.state.approval(this.job.name)
    return waiting if waiting == token_of(this.removals) else None


def _unsettled(this: Pass) -> str:
    if this.first:
        return "nothing is removed in the first complete pass"
    if this.job.state.proposals(this.job.name):
        return "proposed pairs wait for an answer: `syncline pair`"
    return ""


def _tell(this: Pass, refusal: Refusal, approved: str | None) -> None:
    this.report.refused = refusal
    this.report.counts["refused"] = refusal.removals
    if approved and refusal.token:
        this.report.alarms.append(
            f"the approval {approved} is for another list of removals than the one below"
        )


async def _remove_one(this: Pass, side: Side, link: Link) -> None:
    # Confirmed by reading both sides once more, just before.
    evidence = Evidence(epochs=this.epochs, systemic=this.systemic, listed=bool(this.complete))
    step = await examine(this.job, link, evidence, force=frozenset(Side))
    if isinstance(step.decision, Remove) and step.decision.side is not side:
        this.report.counts["moving"] += 1
        return
    try:
        await this.act(this.job, step, this.report)
    except (VersionMismatch, NotFound):
        this.report.counts["moving"] += 1
