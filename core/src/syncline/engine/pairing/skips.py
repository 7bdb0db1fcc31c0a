"""What takes no part in a job, and why: remembered, so that it is counted and explained."""

from __future__ import annotations

from ...mapping import Excluded
from ...model import Record, Ref, Side
from ...state.records import DropQuarantine, SaveSkip, Skipped
from ..content import view
from ..context import Job
from ..runs.report import Report


def skip(
    job: Job, side: Side, ref: Ref, reason: str, report: Report, *, title: str = "", at: str = ""
) -> None:
    """Remember that an item is not synced, and why."""
    if job.state.tombstone(job.name, ref) is None:
        report.counts["skipped"] += 1  # what a pass took away itself is told as that
    job.commit(
        [
            SaveSkip(
                Skipped(
                    job=job.name,
                    side=side,
                    ref=ref,
                    title=title,
                    stamp=at,
                    epoch=job.mapping.version,
                    reason=reason,
                )
            ),
            DropQuarantine(job.name, ref),
        ]
    )


def left_out(job: Job, side: Side, record: Record) -> str:
    """Return why a live item takes no part in the job at all; "" when it does."""
    if not record.in_scope:
        return "it lies outside what the connection covers"
    if side is Side.LEFT and record.value is not None:
        mapped = view.as_shared(job, side, record.value)
        if isinstance(mapped, Excluded):
            return mapped.reason
    if side is Side.RIGHT and record.value is not None:
        # What the filters keep in on the left is not created there from the right either.
        excluded = job.mapping.admits(view.shared_or_own(job, side, record.value))
        if isinstance(excluded, Excluded):
            return excluded.reason
    if job.policy.relay:
        return ""
    if other := job.state.linked_elsewhere(job.name, record.ref):
        return f"job {other} syncs it already (set relay = true to pass it on)"
    connections = {job.connection(s) for s in Side}
    if record.origin is not None and record.origin.connection not in connections:
        return f"it is a copy of {record.origin} (set relay = true to pass it on)"
    return ""
