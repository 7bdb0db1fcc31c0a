"""Conflicts as people see them: both sides, their base, and what may be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ...decision import Reason
from ...model import Document
from ...state.records import ConflictRecord, Link
from ..context import Job
from ..runs.report import ItemResult

TAKES = ("left", "right", "merge", "edit", "both")
"""What a person can choose: one side, the proposed merge, an edited text, or two articles."""


CONTENT = (
    Reason.BOTH_EDITED,
    Reason.UNEQUAL,
    Reason.DRIFTED,
    Reason.OPAQUE,
    Reason.PING_PONG,
    Reason.OVERRIDDEN,
)


ONE_LEFT = (Reason.COPY_DELETED, Reason.DELETE_HELD, Reason.LOST_SIGHT)


@frozen(kw_only=True)
class ConflictView:
    """A conflict with everything a person needs to choose."""

    record: ConflictRecord
    base: Document | None
    left: Document | None
    right: Document | None
    proposed: Document | None
    right_base: Document | None = None
    """What the right itself held at the last agreement: the base, as far as it can hold it."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what may be chosen here."""
        if self.record.review or self.record.reason in CONTENT:
            clean = self.proposed is not None
            return TAKES if clean else ("left", "right", "edit", "both")
        if self.record.reason in ONE_LEFT:
            return ("left", "right", "both")
        return ("left", "right", "both")


def view_of(job: Job, record: ConflictRecord) -> ConflictView:
    """Return a conflict with its documents."""
    value = job.state.value
    return ConflictView(
        record=record,
        base=value(record.base),
        left=value(record.left_value),
        right=value(record.right_value),
        proposed=value(record.proposed),
        right_base=_right_base(job, record),
    )


def _right_base(job: Job, record: ConflictRecord) -> Document | None:
    link = job.state.pair(record.pair)
    if link is None or record.review or record.resolution or not record.base:
        return None  # the pair has moved on since
    return job.state.value(link.right.value)


def open_conflicts(job: Job, *, open_only: bool = True) -> Sequence[ConflictView]:
    """Return the conflicts of a job with their documents, oldest first."""
    return [view_of(job, record) for record in job.state.conflicts(job.name, open_only=open_only)]


def result_of(link: Link, event: str, take: str) -> ItemResult:
    """Return the report line of what a choice did."""
    return ItemResult(
        ref=link.left.ref or link.right.ref, title=link.title, event=event, detail=take
    )
