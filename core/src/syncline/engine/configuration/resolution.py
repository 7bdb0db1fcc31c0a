"""Conflicts about a field: what a person sees, and what their choice does."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from ...config_items import ConfigRecord, item_digest
from ...decision import Write
from ...errors import Refused, Stale
from ...model import JSON, Digest, Side
from ...rules import Refused as OutOfRange
from ...rules import RuleError, inverse, settled
from ...state.records import CloseConflict, ConflictRecord, SaveItem, SaveLink
from ..conflicts.resolution import unsettled
from ..context import RunningJob
from ..runs.report import ItemResult, Report
from . import observation
from .context import RunningConfigJob
from .execution import carry_out, step_of
from .guards import hindrance
from .leases import Busy, ObjectLeases, at_objects
from .recovery import recover_fields
from .rulebook import ManagedField, ManagedObject
from .steps import FieldStep, Hold, agreed
from .values import Absent, Held, held_at, value_of
from .writing import remembered

FROM, TO, EDIT = "from", "to", "edit"
_ALSO = {"left": FROM, "right": TO}
"""What commands that know of documents call the two ends."""


@frozen(kw_only=True)
class FieldConflict:
    """A conflict about one field, with what a person needs to choose."""

    record: ConflictRecord
    base: Held
    """What the field held when both last agreed."""
    said: Held
    """What the rule says."""
    held: Held
    """What the field holds."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what may be chosen: the rule's value, the field's, or another one."""
        return (FROM, TO, EDIT)


def view_of(job: RunningJob, record: ConflictRecord) -> FieldConflict:
    """Return a conflict with its values."""
    base, said, held = (
        value_of(item) if (item := job.state.item(key)) is not None else None
        for key in (record.base, record.left_value, record.right_value)
    )
    return FieldConflict(record=record, base=base, said=said, held=held)


def views(job: RunningJob, *, open_only: bool) -> Sequence[FieldConflict]:
    """Return the conflicts of a job, oldest first."""
    records = job.state.conflicts(job.name, open_only=open_only)
    return [view_of(job, record) for record in records]


async def resolve(
    job: RunningConfigJob, id: str, take: str, report: Report, *, edited: JSON = None
) -> None:
    """Do what a person chose, if both ends still are what that person saw.

    Args:
        take: `from` (the rule's value), `to` (the field's), or `edit` with a value.

    Raises:
        Stale: either end has moved; look at the conflict again.
        Refused: the choice makes no sense here, or another process is at the object.
    """
    record = unsettled(job, id)
    take = _ALSO.get(take, take)
    if take not in (FROM, TO, EDIT) or (take == EDIT) != (edited is not None):
        raise Refused(f"{take!r} is no choice here; choose one of {FROM}, {TO}, {EDIT}")
    one = next((one for one in job.book.fields if one.pair == record.pair), None)
    group = job.book.group(one.rule.target.ref) if one is not None else None
    if one is None or group is None:
        job.commit([CloseConflict(id, "its rule is gone", job.now())])
        raise Stale(f"conflict {id}: no rule manages this field any more; nothing was done")
    try:
        async with at_objects(job, group.locks) as leases:
            await _resolve(job, leases, group, one, unsettled(job, id), take, edited, report)
    except Busy as busy:
        raise Refused(f"{busy}; choose again in a moment") from None


async def _resolve(
    job: RunningConfigJob,
    leases: ObjectLeases,
    group: ManagedObject,
    one: ManagedField,
    record: ConflictRecord,
    take: str,
    edited: JSON,
    report: Report,
) -> None:
    await recover_fields(job, leases.fence, group.fields, report)
    seen = await observation.read(job, group.reads)
    step = step_of(job, one, seen)
    _check_unmoved(record, step)
    target = seen[one.rule.target.ref]
    if not isinstance(target, ConfigRecord) or step.said is None:
        raise Stale(f"conflict {record.id}: {step.error or 'it cannot be read now'}")
    said = value_of(step.said)
    step = evolve(step, hold=None, drifted=False)
    match take:
        case "to" if not one.rule.two_way:
            _keep(job, leases, step)
        case "to":
            await _carry_back(job, leases, step, seen, report)
        case "edit":
            _check_both(step, edited)
            await _put(job, leases, step, target, edited, seen, report)
            await _spread(job, leases, group, one, report)
        case _:
            await _put(job, leases, step, target, said, seen, report)
    _close(job, leases, step, record, take, report)


def _check_unmoved(record: ConflictRecord, step: FieldStep) -> None:
    said = item_digest(step.said) if step.said is not None else ""
    held = item_digest(step.found) if step.found is not None else ""
    if (said, held) != (record.left_stamp, record.right_stamp):
        raise Stale(
            f"conflict {record.id}: the rule or the field has moved since it was shown; make a"
            " pass, and look at it again"
        )


def _keep(job: RunningConfigJob, leases: ObjectLeases, step: FieldStep) -> None:
    """Let the field hold what it holds, until the rule says something else than now."""
    items = (step.said, step.found)
    saved = [SaveItem(item) for item in items if item is not None]
    job.commit([*saved, *remembered(job, agreed(step))], leases.fence)


async def _put(
    job: RunningConfigJob,
    leases: ObjectLeases,
    step: FieldStep,
    target: ConfigRecord,
    value: Held,
    seen: observation.Answers,
    report: Report,
) -> None:
    rule = step.one.rule
    shaped = settled(rule, _json(value))
    if isinstance(shaped, OutOfRange):
        raise Refused(f"{step.one.title}: {shaped.why}")
    decision = Write(Side.RIGHT, target.version, step.decision.reason)
    before = held_at(target, rule.target.path)
    await _forced(
        job, leases, evolve(step, decision=decision, goal=shaped.value, before=before),
        seen, report,
    )  # fmt: skip


async def _spread(
    job: RunningConfigJob,
    leases: ObjectLeases,
    group: ManagedObject,
    one: ManagedField,
    report: Report,
) -> None:
    """Carry a person's own value to the other end of a two-way rule, now or with a later pass."""
    link = job.state.pair(one.pair)
    if not one.rule.two_way or link is None:
        return
    # With a right half that no field holds, what the field holds counts as a change.
    edited = evolve(link, right=evolve(link.right, digest=Digest(EDIT)))
    job.commit([SaveLink(edited)], leases.fence)
    seen = await observation.read(job, group.reads)
    step = step_of(job, one, seen)
    if isinstance(step.decision, Write):
        await _forced(job, leases, evolve(step, hold=None), seen, report)


async def _carry_back(
    job: RunningConfigJob,
    leases: ObjectLeases,
    step: FieldStep,
    seen: observation.Answers,
    report: Report,
) -> None:
    rule = step.one.rule
    source = seen[rule.source.ref]
    if not isinstance(source, ConfigRecord) or step.found is None:
        raise Stale(f"{rule.source.ref} cannot be read now; choose again")
    goal = _inverted(step, _json(value_of(step.found)))
    decision = Write(Side.LEFT, source.version, step.decision.reason)
    before = held_at(source, rule.source.path or "")
    await _forced(
        job, leases, evolve(step, decision=decision, goal=goal, before=before), seen, report
    )


def _check_both(step: FieldStep, value: JSON) -> None:
    """Refuse a value that the other end cannot have, before either of them is written."""
    rule = step.one.rule
    shaped = settled(rule, value)
    if rule.two_way and not isinstance(shaped, OutOfRange):
        _inverted(step, shaped.value)


def _inverted(step: FieldStep, value: JSON) -> JSON:
    try:
        return inverse(step.one.rule, value)
    except RuleError as error:
        raise Refused(str(error)) from error


async def _forced(
    job: RunningConfigJob,
    leases: ObjectLeases,
    step: FieldStep,
    seen: observation.Answers,
    report: Report,
) -> None:
    if (hold := hindrance(job, step, seen)) is not None:
        raise Refused(f"{step.one.title}: {_said(hold)}")
    failed = report.failed
    outcome = await carry_out(job, leases, [step], seen, report)
    if report.failed > failed:
        raise Refused(report.items[-1].reason)
    if outcome.again is not None:
        raise Refused(f"{step.one.title}: {_said(Hold('it is held', outcome.again))}")


def _said(hold: Hold) -> str:
    return hold.why + (f", not before {hold.until:%Y-%m-%d %H:%M:%S} UTC" if hold.until else "")


def _json(value: Held) -> JSON:
    return None if isinstance(value, Absent) else value


def _close(
    job: RunningConfigJob,
    leases: ObjectLeases,
    step: FieldStep,
    record: ConflictRecord,
    take: str,
    report: Report,
) -> None:
    entry = job.entry(step.link, "resolved", reason=record.reason.value, detail=take)
    job.commit([CloseConflict(record.id, take, job.now()), entry], leases.fence)
    report.add(ItemResult(ref=step.one.right, title=step.one.title, event="resolved", detail=take))


__all__ = ["FieldConflict", "resolve", "view_of", "views"]
