"""Items that belong to no pair: created on the other side, paired by their mark, or skipped.

Whatever is skipped is remembered with its reason, so that it is counted, explained, and not read
again until it changes.
"""

from __future__ import annotations

from ..decision import Keep, decide_new
from ..errors import NotFound, StoreError
from ..mapping import Excluded
from ..model import Record, Ref, Side, Status
from ..state.listing import stamp
from ..state.port import Staged
from ..state.records import Effect, SaveReferences, SaveSkip, Skipped
from . import view
from .context import Job
from .observing import read_side
from .report import Report
from .steps import Step, creation, pairing

_STATUS_REASONS = {
    Status.DRAFT.value: "it was never published",
    Status.ARCHIVED.value: "it is archived",
    Status.TRASHED.value: "it is in the trash",
    Status.PURGED.value: "it is gone",
    Status.RESTRICTED.value: "it is restricted and stays with its audience",
    Status.UNREADABLE.value: "it cannot be read",
    Status.UNKNOWN.value: "its visibility could not be learnt, which counts as restricted",
}


def skip(
    job: Job, side: Side, ref: Ref, reason: str, report: Report, *, title: str = "", at: str = ""
) -> None:
    """Remember that an item is not synced, and why."""
    report.counts["skipped"] += 1
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
            )
        ]
    )


async def welcome(job: Job, side: Side, staged: Staged, report: Report) -> Step | None:
    """Return the step for an unlinked item, or None after skipping it.

    Raises:
        StoreError: it could not be read.
    """
    if staged.status != Status.LIVE.value:
        reason = _STATUS_REASONS[staged.status]
        skip(job, side, staged.ref, reason, report, title=_title(staged), at=staged.stamp)
        return None
    answer = await read_side(job, staged.ref)
    if isinstance(answer, NotFound):
        return None
    if isinstance(answer, StoreError):
        raise answer
    return await meet(job, side, answer, report, at=staged.stamp)


def _title(staged: Staged) -> str:
    # The title of what is restricted is content, too.
    return "" if staged.status in (Status.RESTRICTED.value, Status.UNKNOWN.value) else staged.title


async def meet(job: Job, side: Side, record: Record, report: Report, *, at: str) -> Step | None:
    """Return the step for an unlinked item that was just read, or None after skipping it."""
    if reason := _why_not(job, side, record):
        title = record.value.title if record.value else ""
        skip(job, side, record.ref, reason, report, title=title, at=at or stamp(record))
        return None
    if record.origin is not None and record.origin.connection == job.connection(side.other):
        return await _by_mark(job, side, record, record.origin, report)
    if isinstance(decide_new(side, job.policy), Keep):
        skip(
            job, side, record.ref, f"this job only writes {job.policy.direction.value}", report,
            title=record.value.title if record.value else "", at=at,
        )  # fmt: skip
        return None
    _remember_links(job, record)
    return creation(job, side, record)


def _why_not(job: Job, side: Side, record: Record) -> str:
    if record.value is None:
        return record.reason or _STATUS_REASONS[record.status.value]
    if not record.in_scope:
        return "it lies outside what the connection covers"
    if side is Side.LEFT:
        mapped = view.as_shared(job, side, record.value)
        if isinstance(mapped, Excluded):
            return mapped.reason
    if job.policy.relay:
        return ""
    if other := job.state.linked_elsewhere(job.name, record.ref):
        return f"job {other} syncs it already (set relay = true to pass it on)"
    connections = {job.connection(s) for s in Side}
    if record.origin is not None and record.origin.connection not in connections:
        return f"it is a copy of {record.origin} (set relay = true to pass it on)"
    return ""


def _remember_links(job: Job, record: Record) -> None:
    if record.value is None:
        return
    targets = view.targets(record.value)
    if targets:
        effects: list[Effect] = [SaveReferences(job.name, record.ref, targets)]
        job.commit(effects)


async def _by_mark(
    job: Job, side: Side, record: Record, origin: Ref, report: Report
) -> Step | None:
    title = record.value.title if record.value else ""
    at = stamp(record)
    if (link := job.state.link(job.name, origin)) is not None:
        holder = link.half(side).ref
        if holder is None:
            reason = f"it is a copy of {origin}, whose copy was withdrawn"
        else:
            reason = f"it carries the mark of {origin}, which is paired with {holder}"
        skip(job, side, record.ref, reason, report, title=title, at=at)
        return None
    answer = await read_side(job, origin)
    if isinstance(answer, NotFound) or (isinstance(answer, Record) and answer.status.gone):
        # Creating the original anew would bring back what somebody deleted.
        reason = f"it is a copy of {origin}, which is gone"
        skip(job, side, record.ref, reason, report, title=title, at=at)
        return None
    if isinstance(answer, StoreError):
        raise answer
    if answer.value is None:
        reason = f"it is a copy of {origin}, of which only this is known: {answer.status.value}"
        skip(job, side, record.ref, reason, report, title=title, at=at)
        return None
    pair = (record, answer) if side is Side.LEFT else (answer, record)
    return await pairing(job, pair[0], pair[1], origin=side.other)
