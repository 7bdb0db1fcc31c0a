"""What the choice of a person does."""

from __future__ import annotations

from attrs import evolve

from ...decision import Conflict, Reason
from ...errors import OpenDraft, Refused, Stale, VersionMismatch
from ...model import Document, Ref, Side
from ...state.records import CloseConflict, ConflictRecord, Effect, Link, LinkState
from ..context import Job, RunningJob
from ..runs.report import Report
from ..runs.turns import in_turn, refs_of
from ..steps.examination import examine
from ..steps.observation import Evidence
from ..steps.step import Step
from ..writing.execution import carry_out
from .choice import choose
from .freshness import check_current, read_both
from .separation import keep_or_remove, separate
from .views import CONTENT, ONE_LEFT, TAKES, result_of


async def resolve(
    job: Job, record: ConflictRecord, take: str, report: Report, *, edited: Document | None = None
) -> None:
    """Do what a person chose, if both sides still are what that person saw.

    Raises:
        Stale: either side has moved; the conflict was refreshed, look at it again.
        Refused: the choice makes no sense for this conflict.
    """

    async def now() -> None:
        current = unsettled(job, record.id)
        _check_shown(record, current)
        try:
            await _resolve(job, current, take, report, edited)
        except (VersionMismatch, OpenDraft) as error:
            # Somebody was quicker; what was written on the other side, the next pass finds.
            raise Stale(f"conflict {record.id}: {error}; look at it again") from error

    def refs() -> frozenset[Ref]:
        return refs_of(job.state.pair(record.pair))

    await in_turn(job.process.turns, refs, now, run=job.run)


def _check_shown(shown: ConflictRecord, current: ConflictRecord) -> None:
    """Refuse a choice that waited for its turn while a pass learnt of another text."""
    texts = [
        (c.reason, c.left_value, c.right_value, c.proposed, c.left_stamp, c.right_stamp)
        for c in (shown, current)
    ]
    if texts[0] != texts[1]:
        raise Stale(
            f"conflict {shown.id}: it has changed since it was shown; nothing was done: look at"
            " it again"
        )


def known_conflict(job: RunningJob, id: str) -> ConflictRecord:
    """Return a conflict of a job, settled or not.

    Raises:
        Stale: there is none of that id.
    """
    record = job.state.conflict(id)
    if record is None or record.job != job.name:
        raise Stale(f"there is no conflict {id} in job {job.name}; `syncline conflicts` lists")
    return record


def unsettled(job: RunningJob, id: str) -> ConflictRecord:
    """Return a conflict that waits for a choice.

    Raises:
        Stale: there is none of that id, or it was settled already.
    """
    record = known_conflict(job, id)
    if record.resolution:
        at = f"{record.resolved_at:%Y-%m-%d %H:%M:%S}" if record.resolved_at else "a while ago"
        raise Stale(
            f"conflict {id} was settled already ({record.resolution}, at {at}); nothing was done"
        )
    return record


async def _resolve(
    job: Job, record: ConflictRecord, take: str, report: Report, edited: Document | None
) -> None:
    if take not in TAKES or (take == "edit") != (edited is not None):
        raise Refused(f"{take!r} is no choice here; choose one of {', '.join(TAKES)}")
    link = job.state.pair(record.pair)
    if link is None:
        job.commit([CloseConflict(record.id, "its pair is gone", job.now())])
        raise Stale(f"conflict {record.id}: its pair no longer exists; nothing is left to choose")
    stands = link.state is not LinkState.HELD  # an undo may have taken it back
    if record.review and stands and take in TAKES[:2] and Side(take).other.value == record.loser:
        # What was decided stays: there is nothing to write, whatever happened since.
        report.add(result_of(link, "resolved", take))
        _close(job, record, take)
        return
    records = await read_both(job, link)
    check_current(job, record, link, records)
    if take == "both":
        await separate(job, record, link, records, report)
    elif record.review or record.reason in CONTENT:
        await choose(job, record, link, records, take, edited, report)
    elif record.reason in ONE_LEFT:
        await keep_or_remove(job, record, link, records, take, report)
    else:
        await _try_again(job, record, link, report)
    _close(job, record, take)


def _close(job: Job, record: ConflictRecord, take: str) -> None:
    link = job.state.pair(record.pair)
    effects: list[Effect] = [CloseConflict(record.id, take, job.now())]
    if link is not None:
        effects.append(job.entry(link, "resolved", reason=record.reason.value, detail=take))
    job.commit(effects)


async def _try_again(job: Job, record: ConflictRecord, link: Link, report: Report) -> None:
    """The obstacle was outside of the content (a draft, a setting): look whether it is gone."""
    free = evolve(link, state=LinkState.SYNCED)
    step = await examine(job, free, Evidence(), force=frozenset(Side))
    if isinstance(step.decision, Conflict):
        raise _unchanged(record, step, step.decision.reason)
    await carry_out(job, step, report)
    # Some obstacles show only when it is written: the write has made this conflict anew then.
    again = job.state.conflict_of(record.pair)
    now = job.state.pair(record.pair)
    if again is not None and now is not None and now.state is LinkState.CONFLICT:
        raise _unchanged(record, step, again.reason)


_REMEDIES = {
    Reason.OPEN_DRAFT: "publish or discard it there, or keep both",
    Reason.NOT_WRITABLE: "make it writable there, or keep both",
    Reason.COPY_RESTRICTED: "open the copy there, or keep both",
}


def _unchanged(record: ConflictRecord, step: Step, reason: Reason) -> Stale:
    """Return the error of a choice that found the obstacle where it was."""
    drafts = [str(r.ref) for r in step.records.values() if r is not None and r.draft]
    where = f"{' and '.join(drafts)}: " if drafts and reason is Reason.OPEN_DRAFT else ""
    what = f"; {_REMEDIES[reason]}" if reason in _REMEDIES else ""
    return Stale(f"conflict {record.id}: nothing has changed: {where}{reason.value}{what}")
