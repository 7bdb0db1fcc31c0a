"""Conflicts and losing edits, as records that wait for a person."""

from __future__ import annotations

import hashlib
import logging

from attrs import evolve

from ...decision import Conflict, Reason, Write
from ...model import Side
from ...state.listing import stamp
from ...state.records import (
    ConflictRecord,
    Effect,
    Link,
    LinkState,
    SaveConflict,
    SaveLink,
    SaveValue,
)
from ...state.values import key_of
from ..context import Job
from ..runs.report import Report
from ..steps.step import Step
from ..writing.commits import quarantine_ended, result_of, values_of

logger = logging.getLogger(__name__)


def raise_conflict(job: Job, step: Step, report: Report) -> None:
    """Save or refresh the conflict of a pair, whose content is frozen until it is settled."""
    link = evolve(_as_seen(step), state=LinkState.CONFLICT)
    known = job.state.conflict_of(link.pair)
    record = record_of(job, link, step, known)
    new = known is None or known.reason is not record.reason
    effects: list[Effect] = [*values_of(step), SaveLink(link), SaveConflict(record)]
    if step.proposed is not None:
        effects.append(SaveValue(step.proposed))
    if new:
        detail = "; ".join(step.clashes) or step.detail
        effects.append(job.entry(link, "conflict", reason=step.reason.value, detail=detail))
    job.commit([*effects, *quarantine_ended(job, link)])
    if new:
        report.add(result_of(link, "conflict", step))
        logger.warning(
            "a conflict waits for a person",
            extra={"job": job.name, "ref": str(link.left.ref), "reason": step.reason.value},
        )


def _as_seen(step: Step) -> Link:
    # The base stays what it was; only what was looked at need not be looked at again.
    link = step.link
    draft = isinstance(step.decision, Conflict) and step.decision.reason is Reason.OPEN_DRAFT
    for side in Side:
        record = step.records.get(side)
        if record is not None:
            # Listings do not tell when a draft is discarded: such a pair is read in each pass.
            seen = "a draft is open" if draft else stamp(record)
            link = link.with_half(side, evolve(link.half(side), stamp=seen))
    return link


def record_of(job: Job, link: Link, step: Step, known: ConflictRecord | None) -> ConflictRecord:
    """Return the conflict as it stands now, with all that a person needs to choose."""
    now = job.now()
    values = {side: _now_key(job, step, side) for side in Side}
    stamps = {side: _stamp_of(step, side) for side in Side}
    actors = (r.updated_by for r in step.records.values() if r is not None)
    return ConflictRecord(
        id=known.id if known else job.new_id()[:12],
        job=job.name,
        pair=link.pair,
        left=link.left.ref,
        right=link.right.ref,
        title=link.title,
        reason=step.reason,
        found_at=known.found_at if known else now,
        updated_at=now,
        base=step.link.left.value,
        left_value=values[Side.LEFT],
        right_value=values[Side.RIGHT],
        proposed=key_of(step.proposed) if step.proposed else "",
        left_stamp=stamps[Side.LEFT],
        right_stamp=stamps[Side.RIGHT],
        clashes=step.clashes,
        actors=tuple(sorted({a for a in actors if a})),
    )


def _now_key(job: Job, step: Step, side: Side) -> str:
    record = step.records.get(side)
    if record is not None:
        return key_of(record.value) if record.value else ""
    return step.link.half(side).value


def _stamp_of(step: Step, side: Side) -> str:
    record = step.records.get(side)
    return stamp(record) if record is not None else step.link.half(side).stamp


def reviews(job: Job, step: Step) -> list[Effect]:
    """Keep the edit that this step overwrites or takes away, before it does."""
    drafts = [effect for side in Side for effect in _unpublished(job, step, side)]
    if step.loser is None and step.reason is not Reason.OVERRIDDEN:
        return drafts
    decided = step.decision.side if isinstance(step.decision, Write) else None
    loser = step.loser or decided
    record = evolve(
        record_of(job, step.link, step, None), review=True, loser=loser.value if loser else ""
    )
    return [SaveConflict(evolve(record, id=_kept_as(record))), *drafts]


def _kept_as(record: ConflictRecord) -> str:
    """Return the id of a review: the same texts are kept once, however often a write is tried."""
    texts = (record.pair, record.reason.name, record.left_value, record.right_value)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def _unpublished(job: Job, step: Step, side: Side) -> list[Effect]:
    """Keep a person's open draft of an item that is about to be taken away."""
    record = step.records.get(side)
    leaves = any(draft.side is side and draft.value is None for draft in step.writes)
    if not leaves or record is None or record.unpublished is None:
        return []
    kept = evolve(
        record_of(job, step.link, step, None),
        review=True,
        reason=Reason.OPEN_DRAFT,
        loser=side.value,
    )
    key = key_of(record.unpublished)
    held = evolve(kept, left_value=key) if side is Side.LEFT else evolve(kept, right_value=key)
    return [SaveValue(record.unpublished), SaveConflict(held)]
