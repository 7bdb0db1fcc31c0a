"""One object settled: looked at afresh by whoever alone may write it, decided, and acted on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from ...config_items import item_digest
from ...decision import Adopt, Conflict, Keep
from ...errors import Held, LeaseLost, OutcomeUnknown, StateError, StoreError, VersionMismatch
from ...model import Side
from ...state.records import (
    DropLink,
    Effect,
    Lease,
    Link,
    LinkState,
    SaveItem,
    SaveLink,
)
from ..runs.quarantine import isolate
from ..runs.report import Report
from ..writing.commits import conflict_closed, quarantine_ended
from . import observation, writing
from .conflicts import by_whom, raise_conflict, shown_value
from .context import RunningConfigJob
from .decisions import decide_field
from .examination import Examined, rememberable
from .guards import (
    batches,
    debounced,
    freeze_repeated_drift,
    leave_to_other_job,
    with_author,
    with_objections,
)
from .leases import Busy, ObjectLeases, at_objects
from .recovery import recover_fields
from .rulebook import ManagedField, ManagedObject
from .steps import FieldStep, Hold, agreed, based, ends
from .wording import count_of, event_of_hold, held_of, new_hold, result_of

logger = logging.getLogger(__name__)

_TRIES = 4
"""How often an object that moves while it is looked at is looked at again, at once."""


@frozen
class Outcome:
    """Whether an object has been looked at, or has to be looked at again, and when."""

    again: datetime | None = None
    """Not before this time; None: nothing waits."""
    left: bool = False
    """True when it could not be looked at now: another process is at it, an answer was lost."""


async def settle(
    job: RunningConfigJob, group: ManagedObject, report: Report, *, examined: Examined | None = None
) -> Outcome:
    """Look at an object again, decide and act; nobody else writes it meanwhile.

    Args:
        examined: how it was seen a moment ago; that is enough where nothing is to be written.
    """
    try:
        async with at_objects(job, group.locks) as leases:
            steps = rememberable(job, examined) if examined is not None else None
            if examined is not None and steps is not None:
                return await carry_out(job, leases, steps, examined.seen, report)
            return await _settle(job, leases, group, report)
    except Busy as busy:
        report.counts["busy"] += 1
        logger.debug("another process is at it", extra={"job": job.name, "ref": str(busy.ref)})
        return Outcome(left=True)
    except LeaseLost:
        # This process was away for too long. Whoever took over looks for what was announced.
        report.counts["lost"] += 1
        logger.warning("another process took over", extra={"ref": str(group.ref)})
        return Outcome(left=True)
    except OutcomeUnknown as error:
        report.counts["unsure"] += 1
        logger.warning("an answer was lost", extra={"job": job.name, "detail": str(error)})
        return Outcome(left=True)
    except StateError:
        raise
    except Exception as error:
        # One object that fails changes nothing for any other.
        logger.exception("an object failed unexpectedly", extra={"ref": str(group.ref)})
        for one in group.fields:
            isolate(job, Side.RIGHT, one.right, error, report, title=one.title)
        return Outcome()


async def _settle(
    job: RunningConfigJob, leases: ObjectLeases, group: ManagedObject, report: Report
) -> Outcome:
    for left in reversed(range(_TRIES)):
        await recover_fields(job, leases.fence, group.fields, report)
        seen = await observation.read(job, group.reads)
        steps = debounced(job, [step_of(job, one, seen) for one in group.fields])
        try:
            return await carry_out(job, leases, steps, seen, report)
        except VersionMismatch as moved:
            if left:
                continue
            for step in steps:
                if step.writes:
                    set_aside(job, step, moved, report)
    return Outcome()


def step_of(job: RunningConfigJob, one: ManagedField, seen: observation.Answers) -> FieldStep:
    """Return what is to be done about a field, as it is remembered now."""
    link = job.state.pair(one.pair)
    return leave_to_other_job(job, decide_field(one, link, seen, job.now(), job.state.item))


async def carry_out(
    job: RunningConfigJob,
    leases: ObjectLeases,
    steps: Sequence[FieldStep],
    seen: observation.Answers,
    report: Report,
) -> Outcome:
    """Do what was decided about the fields of one object.

    Raises:
        VersionMismatch: it moved meanwhile.
        OutcomeUnknown: an answer was lost.
    """
    steps = [freeze_repeated_drift(job, step) for step in steps]
    steps = [await with_author(job, step) for step in steps]
    steps = with_objections(job, steps, seen)
    for step in steps:
        if step.error is not None:
            set_aside(job, step, step.error, report)
        else:
            remember(job, leases.fence, step, report)
    again = [v.hold.until for v in steps if v.hold is not None and v.hold.until is not None]
    for batch in batches(steps, seen):
        try:
            await writing.write(job, leases.fence, batch, report)
        except (VersionMismatch, OutcomeUnknown):
            raise
        except Held as error:
            again.append(error.until)
            hold_all(job, leases.fence, batch, Hold(str(error), error.until), report)
        except StoreError as error:
            for step in batch.steps:
                set_aside(job, step, error, report)
    return Outcome(again=min(again, default=None))


# -- what is remembered without a write ------------------------------------------------------------


def remember(job: RunningConfigJob, fence: Lease, step: FieldStep, report: Report) -> None:
    """Make durable, and tell, what a decision means that writes nothing."""
    if step.hold is not None:
        told = step.hold.told
        report.counts[count_of(step.hold)] += 1
        if told:
            _hold(job, fence, step, step.hold, report)
        return
    match step.decision:
        case Adopt():
            _adopt(job, fence, step, report)
        case Conflict():
            raise_conflict(job, fence, step, report)
        case Keep() if step.settles:
            link = evolve(step.link, state=LinkState.SYNCED)
            job.commit([SaveLink(link), *conflict_closed(job, link, "agreed")], fence)
        case _ if ends(step):
            _end(job, fence, step, report)


def hold_all(
    job: RunningConfigJob, fence: Lease, batch: writing.Batch, hold: Hold, report: Report
) -> None:
    """Tell of every field of an object that its write waits."""
    for step in batch.steps:
        report.counts[count_of(hold)] += 1
        _hold(job, fence, step, hold, report)


def _hold(job: RunningConfigJob, fence: Lease, step: FieldStep, hold: Hold, report: Report) -> None:
    effects: list[Effect] = [*quarantine_ended(job, step.link)] if _failed(job, step) else []
    line = new_hold(job, step, hold)
    if line is not None:
        effects.append(line)
        # It is said once; that it still waits is in the counts.
        report.items.append(result_of(step, event_of_hold(hold), detail=held_of(step, hold)))
        if hold.until is None:
            report.counts["unwritable"] += 1  # somebody should look; a wait ends by itself
    if effects:
        job.commit(effects, fence)


def _failed(job: RunningConfigJob, step: FieldStep) -> bool:
    return job.state.quarantined(job.name, step.one.right) is not None


def _adopt(job: RunningConfigJob, fence: Lease, step: FieldStep, report: Report) -> None:
    link, reason = agreed(step), step.decision.reason.value
    items = (step.said, step.found)
    after = step.link.right.value if based(step.link) else ""
    entry = job.entry(
        link,
        "adopted",
        reason=reason,
        detail=f"{shown_value(step)} ({by_whom(step)})",
        before=after,
        after=link.right.value,
    )
    saved: list[Effect] = [SaveItem(item) for item in items if item is not None]
    job.commit([*saved, *writing.remembered(job, link), entry], fence)
    report.add(result_of(step, "adopted"))


def _end(job: RunningConfigJob, fence: Lease, step: FieldStep, report: Report) -> None:
    drop(job, fence, step.link, step.decision.reason.value, step.because, report)


def drop(
    job: RunningConfigJob, fence: Lease | None, link: Link, reason: str, detail: str, report: Report
) -> None:
    """End the managing of a field: it keeps what it holds, and is nobody's from now on."""
    job.commit(
        [
            DropLink(link, job.now(), reason),
            *conflict_closed(job, link, "detached"),
            *quarantine_ended(job, link),
            job.entry(link, "detached", reason=reason, detail=detail),
        ],
        fence,
    )
    report.counts["detached"] += 1


# -- what fails ------------------------------------------------------------------------------------


def set_aside(job: RunningConfigJob, step: FieldStep, error: Exception, report: Report) -> None:
    """Put one field into quarantine: it is tried again later, and nothing waits for it."""
    if isinstance(error, LeaseLost | StateError):
        raise error
    isolate(
        job,
        Side.RIGHT,
        step.one.right,
        error,
        report,
        title=step.one.title,
        stamp=stamp_of(step),
    )


def stamp_of(step: FieldStep) -> str:
    """Return what a field and its rule say together: another one is tried at once."""
    items = (step.said, step.found)
    return "|".join(item_digest(item) if item is not None else "" for item in items)


__all__ = [
    "Outcome",
    "carry_out",
    "drop",
    "set_aside",
    "settle",
    "stamp_of",
    "step_of",
]
