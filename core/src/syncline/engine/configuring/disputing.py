"""Choices about a field that wait for a person, as they are found and remembered."""

from __future__ import annotations

import logging

from attrs import evolve

from ...items import item_digest
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
from ..writing.commits import settled
from .context import ConfigWork
from .halves import value_of
from .telling import result_of, shown, why_of
from .verdicts import Verdict

logger = logging.getLogger(__name__)


def raise_conflict(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    """Save or refresh the conflict of a field, which is frozen until it is settled."""
    open_ = work.state.conflict_of(verdict.one.pair)
    record = record_of(work, verdict, open_)
    if open_ == evolve(record, updated_at=open_.updated_at if open_ else record.updated_at):
        return
    new = open_ is None or open_.reason is not record.reason
    link = evolve(verdict.link, state=LinkState.CONFLICT, title=verdict.one.title)
    items = (verdict.said, verdict.found)
    effects: list[Effect] = [SaveItem(item) for item in items if item is not None]
    effects += [SaveLink(link), SaveConflict(record), *settled(work, link)]
    if new:
        detail = f"{shown_value(verdict)} ({by_whom(verdict)})"
        effects.append(
            work.entry(link, "conflict", reason=verdict.decision.reason.value, detail=detail)
        )
        report.add(result_of(verdict, "conflict", detail=detail))
        logger.warning(
            "a conflict waits for a person",
            extra={"job": work.name, "ref": str(verdict.one.right)},
        )
    work.commit(effects, fence)


def record_of(work: ConfigWork, verdict: Verdict, open_: ConflictRecord | None) -> ConflictRecord:
    """Return the conflict as it stands now, with what a person needs to choose."""
    now = work.now()
    left = item_digest(verdict.said) if verdict.said is not None else ""
    right = item_digest(verdict.found) if verdict.found is not None else ""
    actors = (verdict.author, *(open_.actors if open_ is not None else ()))
    return ConflictRecord(
        id=open_.id if open_ is not None else work.new_id()[:12],
        job=work.name,
        pair=verdict.one.pair,
        left=verdict.one.left,
        right=verdict.one.right,
        title=verdict.one.title,
        reason=verdict.decision.reason,
        found_at=open_.found_at if open_ is not None else now,
        updated_at=now,
        base=verdict.link.right.value,
        left_value=left,
        right_value=right,
        left_stamp=left,
        right_stamp=right,
        actors=tuple(sorted({actor for actor in actors if actor})),
    )


def shown_value(verdict: Verdict) -> str:
    """Return what the field holds, for people."""
    return shown(value_of(verdict.found)) if verdict.found is not None else "nothing"


def by_whom(verdict: Verdict) -> str:
    """Return the rule, what its inputs hold, and who changed the field, for people."""
    author = f"changed by {verdict.author}" if verdict.author else ""
    return why_of(verdict, author=author)


__all__ = ["by_whom", "raise_conflict", "shown_value"]
