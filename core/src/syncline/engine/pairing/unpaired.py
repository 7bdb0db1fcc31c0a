"""Items that belong to no pair: created on the other side, paired by their mark, or skipped.

Whatever is skipped is remembered with its reason, so that it is counted, explained, and not read
again until it changes.
"""

from __future__ import annotations

from attrs import evolve

from ...decision import Keep, Reason, decide_new
from ...errors import NotFound, Rejected, StoreError
from ...model import Record, Side, Status
from ...state.listing import stamp
from ...state.port import Staged
from ...state.records import LEFT_BEHIND, TAKEN_AWAY, Bury, Effect, SaveReferences, why_ended
from ..content import links, view
from ..context import Job
from ..runs.report import Report
from ..runs.turns import Again
from ..steps.observation import read_side
from ..steps.step import Step
from ..writing.open_writes import Unsettled
from .copies import as_copy, rejoined
from .first_steps import creation_step, title_of
from .origins import former_copy, origin_of, was_copy
from .skips import left_out, skip

_STATUS_REASONS = {
    Status.DRAFT.value: "it was never published",
    Status.ARCHIVED.value: "it is archived",
    Status.TRASHED.value: "it is in the trash",
    Status.PURGED.value: "it is gone",
    Status.RESTRICTED.value: "it is restricted and stays with its audience",
    Status.UNREADABLE.value: "it cannot be read",
    Status.UNKNOWN.value: "its visibility could not be learnt, which counts as restricted",
}


async def step_of_listed(
    job: Job, side: Side, staged: Staged, report: Report, *, believed: bool = True
) -> Step | None:
    """Return the step for an unlinked item, or None after skipping it.

    Args:
        believed: False when the listing is old news, and only a direct read counts.

    Raises:
        StoreError: it could not be read.
        Again, Unsettled: as `meet`.
    """
    if not believed:
        staged = evolve(staged, status=Status.LIVE.value, stamp="")
    if staged.status == Status.UNREADABLE.value:
        # Reading it tells what is wrong with it; it is set aside until that is mended.
        answer = await read_side(job, staged.ref)
        if isinstance(answer, StoreError):
            raise answer
        if answer.status is Status.UNREADABLE:
            raise Rejected(answer.reason or _STATUS_REASONS[staged.status], ref=answer.ref)
    if staged.status != Status.LIVE.value:
        reason = _STATUS_REASONS[staged.status]
        skip(job, side, staged.ref, reason, report, title=_title(staged), at=staged.stamp)
        return None
    answer = await read_side(job, staged.ref)
    if isinstance(answer, NotFound):
        return None
    if isinstance(answer, StoreError):
        raise answer
    if answer.status is Status.UNREADABLE:
        raise Rejected(answer.reason or _STATUS_REASONS[answer.status.value], ref=answer.ref)
    return await step_of_read(job, side, answer, report, at=staged.stamp)


def _title(staged: Staged) -> str:
    # The title of what is restricted is content, too.
    return "" if staged.status in (Status.RESTRICTED.value, Status.UNKNOWN.value) else staged.title


async def step_of_read(
    job: Job, side: Side, record: Record, report: Report, *, at: str
) -> Step | None:
    """Return the step for an unlinked item that was just read, or None after skipping it.

    Raises:
        Again: it belongs to a pair by now, or another item has to be looked at with it.
        Unsettled: it may be what a write made whose answer was lost.
    """
    if job.state.link(job.name, record.ref) is not None:
        raise Again
    _not_ours(job, side, record)
    _found_again(job, side, record)
    at = at or stamp(record)
    if reason := _why_not(job, side, record):
        title = record.value.title if record.value else ""
        # Back in scope it has the same version: then the listing itself is the news.
        # What was listed as live and is not is looked at again as soon as the two agree.
        listed = at if record.value is not None else stamp(record)
        seen = listed if record.in_scope else "outside"
        skip(job, side, record.ref, reason, report, title=title, at=seen)
        return None
    if (origin := await origin_of(job, side, record)) is not None:
        return await as_copy(job, side, record, origin, report)
    if (copy := await former_copy(job, side, record)) is not None:
        return await rejoined(job, side, record, copy, report, at=at)
    if reason := _was_paired(job, side, record):
        skip(job, side, record.ref, reason, report, title=title_of(record), at=at)
        return None
    if isinstance(decide_new(side, job.policy), Keep):
        skip(
            job, side, record.ref, f"this job only writes {job.policy.direction.value}", report,
            title=record.value.title if record.value else "", at=at,
        )  # fmt: skip
        return None
    _remember_links(job, record)
    return creation_step(job, side, record)


def _not_ours(job: Job, side: Side, record: Record) -> None:
    """Let whoever is making an item finish: it can be seen before the answer to its create is."""
    if record.value is None or record.origin is not None:
        return
    digest = view.side_digest(job, side, record.value)
    for intent in job.process.open_writes.may_have_made(side, record.value.title, digest):
        source = intent.link.half(side.other).ref
        if source is None:
            continue  # an article that was split off is a newcomer like any other
        if job.process.turns.mine(source):
            raise Unsettled
        raise Again(source)


def _found_again(job: Job, side: Side, record: Record) -> None:
    """Let links lead to a copy again that was taken away, and that a person has brought back."""
    buried = job.state.tombstone(job.name, record.ref) or ""
    if record.value is None or not buried.startswith(TAKEN_AWAY):
        return
    why = LEFT_BEHIND + why_ended(buried)
    job.commit([Bury(job.name, side, record.ref, "", job.now(), why)])


def _why_not(job: Job, side: Side, record: Record) -> str:
    if record.value is None:
        if ended := job.state.tombstone(job.name, record.ref):
            return f"its pair has ended: {why_ended(ended)}"
        return record.reason or _STATUS_REASONS[record.status.value]
    return left_out(job, side, record)


def _was_paired(job: Job, side: Side, record: Record) -> str:
    """Return why what is left of a dissolved pair is not copied back to where it was taken from."""
    ended = job.state.tombstone(job.name, record.ref)
    if ended == Reason.COPY_LEFT_SCOPE.value:
        return f"its copy was moved out of what {job.connection(side.other)} covers"
    if record.origin is None and ended is not None and was_copy(job, record.ref):
        return f"it is a copy whose pair has ended: {why_ended(ended)}"
    return ""


def _remember_links(job: Job, record: Record) -> None:
    if record.value is None:
        return
    targets = links.targets(record.value)
    if targets:
        effects: list[Effect] = [SaveReferences(job.name, record.ref, targets)]
        job.commit(effects)


__all__ = ["step_of_listed", "step_of_read"]
