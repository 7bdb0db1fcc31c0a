"""Carrying out a step: what needs no remote effect, and what does."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve

from ...decision import (
    Adopt,
    Conflict,
    Detach,
    Forget,
    Keep,
    Merge,
    Reason,
    Remove,
    Withdraw,
    Write,
)
from ...errors import NotFound, OpenDraft, OutcomeUnknown, StoreError
from ...model import Record, Side
from ...state.listing import stamp
from ...state.records import CloseIntent, DropLink, Effect, Intent, SaveLink
from ..conflicts.records import raise_conflict
from ..content import view
from ..context import Job
from ..pairing.first_steps import pairing_step
from ..pairing.skips import skip
from ..runs.report import Report
from ..steps.step import Step
from .commits import (
    approval,
    conflict_closed,
    pair_saved,
    quarantine_ended,
    referrers_marked,
    result_of,
    values_of,
)
from .confirmation import Confirmed, confirmation
from .intents import announce_with_others, begun, given_up, perform

logger = logging.getLogger(__name__)


_WRITES = ("created", "updated", "merged")


async def carry_out(job: Job, step: Step, report: Report) -> None:
    """Do what the step says and remember it.

    Raises:
        VersionMismatch, NotFound: the item moved since it was read; look again and decide again.
        OutcomeUnknown: the answer was lost; the intent stays open and is looked for.
        StoreError: the store refused; nothing was changed.
        Again: it was there already, and somebody else is at it; nothing was changed.
    """
    match step.decision:
        case Keep():
            _keep(job, step, report)
        case Adopt():
            _adopt(job, step, report)
        case Forget() | Detach():
            _end(job, step, report)
        case Conflict():
            raise_conflict(job, step, report)
        case Write() | Merge() | Remove() | Withdraw():
            await _write(job, step, report)


def _keep(job: Job, step: Step, report: Report) -> None:
    after = step.after or step.link
    if job.state.pair(after.pair) != after and job.state.pair(after.pair) is not None:
        # Facts that are no content (a path, a URL) make another value of the same digest.
        effects = [*values_of(step), SaveLink(after), *quarantine_ended(job, after)]
        job.commit([*effects, *approval(job, after)])
    if step.reason is Reason.UNSEEN:
        report.counts["held"] += 1


def _adopt(job: Job, step: Step, report: Report) -> None:
    link = step.after or step.link
    effects = [
        *values_of(step),
        *pair_saved(job, link, step),
        *conflict_closed(job, link, "agreed"),
    ]
    job.commit([*effects, job.entry(link, "adopted", reason=step.reason.value)])
    report.add(result_of(link, "adopted", step))


def _end(job: Job, step: Step, report: Report) -> None:
    link = step.link
    gone = isinstance(step.decision, Forget)
    event = "forgotten" if gone else "detached"
    job.commit(
        [
            DropLink(link, job.now(), step.reason.value, gone=gone),
            *referrers_marked(job, link, gone=gone),
            *conflict_closed(job, link, event),
            *quarantine_ended(job, link),
            job.entry(link, event, reason=step.reason.value, detail=step.detail),
        ]
    )
    report.add(result_of(link, event, step))


async def _write(job: Job, step: Step, report: Report) -> None:
    if not step.writes:
        _adopt(job, evolve(step, decision=Adopt()), report)
        return
    if _ping_pong(job, step):
        raise_conflict(job, evolve(step, decision=Conflict(Reason.PING_PONG)), report)
        return
    intent = await announce_with_others(job, step)
    try:
        done = await perform(job, intent, step.writes)
    except OutcomeUnknown:
        raise
    except OpenDraft as error:
        open_now = job.state.intents(job.name, pair=intent.link.pair)
        job.commit(given_up(next((i for i in open_now if i.id == intent.id), intent)))
        stopped = evolve(step, decision=Conflict(Reason.OPEN_DRAFT), detail=str(error))
        raise_conflict(job, stopped, report)
        return
    except StoreError:
        # Where a sub-step had been announced, the intent stays: recovery looks what is there.
        if not begun(job, intent):
            job.commit(given_up(intent))
        raise
    outcome: Record | Confirmed | None = None

    def settle() -> Sequence[Effect]:
        nonlocal outcome
        outcome = _found_instead(job, intent, done) or confirmation(job, intent, done, step)
        return outcome.effects if isinstance(outcome, Confirmed) else ()

    await job.commit_with_others(settle, owed=True)
    match outcome:
        case Record():
            await _pair_with(job, intent, step, outcome, report)
        case Confirmed():
            outcome.tell(report)


def _found_instead(job: Job, intent: Intent, done: Sequence[Record | None]) -> Record | None:
    """Return what a create gave back that it did not make: an item that had our mark already.

    It belongs to another pair by now; or nothing was announced, so that nothing was done, and it
    says something else than was asked for.
    """
    (planned, *others), record = intent.writes, done[0]
    if others or planned.ref is not None or record is None or record.value is None:
        return None
    taken = job.state.link(job.name, record.ref)
    if taken is not None and taken.pair != intent.link.pair:
        return record
    same = view.side_digest(job, planned.side, record.value) == planned.digest
    return None if same or begun(job, intent) else record


async def _pair_with(job: Job, intent: Intent, step: Step, found: Record, report: Report) -> None:
    """Pair two items that turned out to exist already: what both said last is not known."""
    job.commit([CloseIntent(intent.id)])
    job.process.turns.also(found.ref, run=job.run)
    side = intent.writes[0].side
    source = step.records.get(side.other)
    if source is None or source.value is None:
        raise NotFound("the source has to be read again", ref=step.link.half(side.other).ref)
    if (taken := job.state.link(job.name, found.ref)) is not None:
        # It was made of the source once; the source went, came back, and the copy has moved on.
        reason = f"its copy {found.ref} belongs to {taken.half(side.other).ref} now"
        title, at = source.value.title, stamp(source)
        skip(job, side.other, source.ref, reason, report, title=title, at=at)
        return
    pair = (found, source) if side is Side.LEFT else (source, found)
    paired = await pairing_step(job, *pair, origin=step.link.origin)
    link = evolve(paired.link, pair=step.link.pair)
    after = evolve(paired.after, pair=step.link.pair) if paired.after else None
    await carry_out(job, evolve(paired, link=link, after=after), report)


def _ping_pong(job: Job, step: Step) -> bool:
    if isinstance(step.decision, Remove | Withdraw):
        return False
    since = job.now() - timedelta(hours=1)
    pair = step.link.pair
    return job.state.count_events(job.name, _WRITES, since, pair=pair) >= job.limits.writes_per_hour
