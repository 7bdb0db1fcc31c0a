"""Items that belong to no pair: created on the other side, paired by their mark, or skipped.

Whatever is skipped is remembered with its reason, so that it is counted, explained, and not read
again until it changes.
"""

from __future__ import annotations

from attrs import evolve

from ..decision import Keep, Reason, decide_new
from ..errors import NotFound, Rejected, StoreError
from ..mapping import Excluded
from ..model import Record, Ref, Side, Status
from ..state.listing import stamp
from ..state.port import Staged
from ..state.records import (
    LEFT_BEHIND,
    TAKEN_AWAY,
    Bury,
    DropQuarantine,
    Effect,
    Link,
    SaveReferences,
    SaveSkip,
    Skipped,
    why_ended,
)
from . import view
from .belonging import former_copy, was_copy, whose
from .context import Job
from .meeting import creation, pairing
from .observing import read_side
from .report import Report
from .steps import Step
from .turns import Again
from .writes import Unsettled

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


async def welcome(
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
    return await meet(job, side, answer, report, at=staged.stamp)


def _title(staged: Staged) -> str:
    # The title of what is restricted is content, too.
    return "" if staged.status in (Status.RESTRICTED.value, Status.UNKNOWN.value) else staged.title


async def meet(job: Job, side: Side, record: Record, report: Report, *, at: str) -> Step | None:
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
    if (origin := await whose(job, side, record)) is not None:
        return await _as_copy(job, side, record, origin, report)
    if (copy := await former_copy(job, side, record)) is not None:
        return await _rejoined(job, side, record, copy, report, at=at)
    if reason := _was_paired(job, side, record):
        skip(job, side, record.ref, reason, report, title=_told_title(record), at=at)
        return None
    if isinstance(decide_new(side, job.policy), Keep):
        skip(
            job, side, record.ref, f"this job only writes {job.policy.direction.value}", report,
            title=record.value.title if record.value else "", at=at,
        )  # fmt: skip
        return None
    _remember_links(job, record)
    return creation(job, side, record)


def _not_ours(job: Job, side: Side, record: Record) -> None:
    """Let whoever is making an item finish: it can be seen before the answer to its create is."""
    if record.value is None or record.origin is not None:
        return
    digest = view.side_digest(job, side, record.value)
    for intent in job.process.writes.may_have_made(side, record.value.title, digest):
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


def _was_paired(job: Job, side: Side, record: Record) -> str:
    """Return why what is left of a dissolved pair is not copied back to where it was taken from."""
    ended = job.state.tombstone(job.name, record.ref)
    if ended == Reason.COPY_LEFT_SCOPE.value:
        return f"its copy was moved out of what {job.connection(side.other)} covers"
    if record.origin is None and ended is not None and was_copy(job, record.ref):
        return f"it is a copy whose pair has ended: {why_ended(ended)}"
    return ""


async def _rejoined(
    job: Job, side: Side, record: Record, copy: Record, report: Report, *, at: str
) -> Step | None:
    """Pair an original again with the copy that it had, or leave it while that stands apart."""
    if reason := _stands_apart(job, side.other, copy):
        skip(job, side, record.ref, reason, report, title=_told_title(record), at=at)
        return None
    pair = (record, copy) if side is Side.LEFT else (copy, record)
    return await pairing(job, pair[0], pair[1], origin=side)


def _stands_apart(job: Job, side: Side, copy: Record) -> str:
    if not copy.in_scope:
        return f"its copy was moved out of what {job.connection(side)} covers"
    if copy.value is None:
        return f"its copy {copy.ref} is {copy.status.value}"
    why = left_out(job, side, copy)
    return f"its copy {copy.ref} takes no part: {why}" if why else ""


def _told_title(record: Record) -> str:
    return record.value.title if record.value else ""


def _remember_links(job: Job, record: Record) -> None:
    if record.value is None:
        return
    targets = view.targets(record.value)
    if targets:
        effects: list[Effect] = [SaveReferences(job.name, record.ref, targets)]
        job.commit(effects)


async def _as_copy(
    job: Job, side: Side, record: Record, origin: Ref, report: Report
) -> Step | None:
    # Whoever is at the original may be making this very pair.
    job.process.turns.also(origin, run=job.run)
    title = record.value.title if record.value else ""
    at = stamp(record)
    if (link := job.state.link(job.name, origin)) is not None:
        holder = link.half(side).ref
        if holder is None:
            reason = f"it is a copy of {origin}, whose copy was withdrawn"
        else:
            if await _removed_as_twin(job, side, record, origin, link):
                return None
            how = "carries the mark" if record.origin is not None else "is a copy"
            reason = f"it {how} of {origin}, which is paired with {holder}"
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
    if why := left_out(job, side.other, answer):
        reason = f"it is a copy of {origin}, which takes no part: {why}"
        skip(job, side, record.ref, reason, report, title=title, at=at)
        return None
    pair = (record, answer) if side is Side.LEFT else (answer, record)
    return await pairing(job, pair[0], pair[1], origin=side.other)


async def _removed_as_twin(job: Job, side: Side, record: Record, origin: Ref, link: Link) -> bool:
    """Take away a second copy that a late answer of the store has made, if nobody edited it.

    It says exactly what was once written, or tried to be, as a copy of its origin, and it is not
    the pair's own item, which is there and can be read.
    """
    if job.dry or record.value is None or not record.writable or record.draft:
        return False
    now = view.side_digest(job, side, record.value)
    entries = job.state.history(job.name, ref=origin, limit=1000)
    written = (job.state.value(e.after) for e in entries if e.side is side and e.after)
    if all(value is None or view.side_digest(job, side, value) != now for value in written):
        return False
    holder = link.half(side).ref
    own = await read_side(job, holder) if holder is not None else None
    if not isinstance(own, Record) or own.value is None:
        return False
    await job.store(side).delete(record.ref, expected=record.version)
    detail = f"{record.ref} was a second copy of {link.half(side.other).ref}"
    job.commit([job.entry(link, "twin removed", side=side, detail=detail)])
    return True
