"""Choices about a field that wait for a person, as they are found and remembered."""

from __future__ import annotations

import logging

from attrs import evolve

from ...config_items import item_digest
from ...state.records import (
    ConflictRecord,
    Effect,
    Lease,
    LinkState,
    SaveConflict,
    SaveItem,
    SaveLink,
)
from ..runs.report import Report
from ..writing.commits import quarantine_ended
from .context import RunningConfigJob
from .steps import FieldStep
from .values import value_of
from .wording import result_of, value_text, why_of

logger = logging.getLogger(__name__)


def raise_conflict(job: RunningConfigJob, fence: Lease, step: FieldStep, report: Report) -> None:
    """Save or refresh the conflict of a field, which is frozen until it is settled."""
    open_ = job.state.conflict_of(step.one.pair)
    record = record_of(job, step, open_)
    if open_ == evolve(record, updated_at=open_.updated_at if open_ else record.updated_at):
        return
    new = open_ is None or open_.reason is not record.reason
    link = evolve(step.link, state=LinkState.CONFLICT, title=step.one.title)
    items = (step.said, step.found)
    effects: list[Effect] = [SaveItem(item) for item in items if item is not None]
    effects += [SaveLink(link), SaveConflict(record), *quarantine_ended(job, link)]
    if new:
        detail = f"{shown_value(step)} ({by_whom(step)})"
        effects.append(
            job.entry(link, "conflict", reason=step.decision.reason.value, detail=detail)
        )
        report.add(result_of(step, "conflict", detail=detail))
        logger.warning(
            "a conflict waits for a person",
            extra={"job": job.name, "ref": str(step.one.right)},
        )
    job.commit(effects, fence)


def record_of(
    job: RunningConfigJob, step: FieldStep, open_: ConflictRecord | None
) -> ConflictRecord:
    """Return the conflict as it stands now, with what a person needs to choose."""
    now = job.now()
    left = item_digest(step.said) if step.said is not None else ""
    right = item_digest(step.found) if step.found is not None else ""
    actors = (step.author, *(open_.actors if open_ is not None else ()))
    return ConflictRecord(
        id=open_.id if open_ is not None else job.new_id()[:12],
        job=job.name,
        pair=step.one.pair,
        left=step.one.left,
        right=step.one.right,
        title=step.one.title,
        reason=step.decision.reason,
        found_at=open_.found_at if open_ is not None else now,
        updated_at=now,
        base=step.link.right.value,
        left_value=left,
        right_value=right,
        left_stamp=left,
        right_stamp=right,
        actors=tuple(sorted({actor for actor in actors if actor})),
    )


def shown_value(step: FieldStep) -> str:
    """Return what the field holds, for people."""
    return value_text(value_of(step.found)) if step.found is not None else "nothing"


def by_whom(step: FieldStep) -> str:
    """Return the rule, what its inputs hold, and who changed the field, for people."""
    author = f"changed by {step.author}" if step.author else ""
    return why_of(step, author=author)


__all__ = ["by_whom", "raise_conflict", "shown_value"]
