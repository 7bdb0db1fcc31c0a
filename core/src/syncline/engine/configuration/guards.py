"""Whether a write that was decided is made now: whose the field is, and what its store says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from attrs import evolve

from ...config_items import ConfigRecord
from ...config_store import AuditedStore
from ...decision import Adopt, Conflict, Keep, Reason
from ...errors import StoreError
from ...model import JSON, Ref
from ...rules import field_ref
from . import observation, writing
from .context import RunningConfigJob
from .steps import FieldStep, Hold


def leave_to_other_job(job: RunningConfigJob, step: FieldStep) -> FieldStep:
    """Leave a field alone that another job manages."""
    if not isinstance(step.decision, Conflict | Adopt) and not step.writes:
        return step
    for ref in {step.one.right, field_ref(step.written, step.path)}:
        if (other := job.state.linked_elsewhere(job.name, ref)) is not None:
            hold = Hold(f"{ref} is managed by job {other!r}; take it out of one of the two")
            return evolve(step, decision=Keep(Reason.NOT_WRITABLE), hold=hold)
    return step


def freeze_repeated_drift(job: RunningConfigJob, step: FieldStep) -> FieldStep:
    """Stop repairing what somebody changes again and again: a person decides."""
    if not (step.drifted and step.writes):
        return step
    open_ = job.state.conflict_of(step.one.pair)
    fights = open_ is not None and open_.reason is Reason.PING_PONG
    since = job.now() - timedelta(hours=1)
    times = job.state.count_events(job.name, [writing.REPAIRED], since, pair=step.one.pair)
    if not fights and times < job.limits.writes_per_hour:
        return step
    return evolve(step, decision=Conflict(Reason.PING_PONG))


async def with_author(job: RunningConfigJob, step: FieldStep) -> FieldStep:
    """Ask who changed a drifted field, where the vendor tells."""
    store = job.store(step.one.rule.target.ref)
    if not step.drifted or step.quiet or not isinstance(store, AuditedStore):
        return step
    rule = step.one.rule
    try:
        author = await store.author(rule.target.ref, rule.target.path, step.link.synced_at)
    except StoreError:
        return step  # it is only for people
    if author is None or author.ours:
        return step
    return evolve(step, author=f"{author.name} at {author.at:%Y-%m-%d %H:%M:%S} UTC")


def with_objections(
    job: RunningConfigJob, steps: Sequence[FieldStep], seen: observation.Answers
) -> list[FieldStep]:
    """Ask each store whether it would take all that is to be written, or else which part."""
    held: dict[str, Hold] = {}
    for batch in batches(steps, seen):
        held |= _objections(job, batch)
    return [
        evolve(step, hold=held[step.one.pair]) if step.one.pair in held else step for step in steps
    ]


def hindrance(job: RunningConfigJob, step: FieldStep, seen: observation.Answers) -> Hold | None:
    """Return why a write that a person asks for cannot be made; None when it can."""
    record = seen.get(step.written)
    if isinstance(record, ConfigRecord) and record.foreign:
        return Hold(f"{record.ref} is somebody else's: {record.foreign}")
    (found,) = with_objections(job, [leave_to_other_job(job, step)], seen)
    return found.hold


def _objections(job: RunningConfigJob, batch: writing.Batch) -> dict[str, Hold]:
    if _objection(job, batch.record, batch.steps) is None:
        return {}
    alone = {v.one.pair: _objection(job, batch.record, [v]) for v in batch.steps}
    held = {pair: hold for pair, hold in alone.items() if hold is not None}
    rest = [v for v in batch.steps if v.one.pair not in held]
    together = _objection(job, batch.record, rest) if rest else None
    if together is not None:
        held |= {v.one.pair: together for v in rest}
    return held


def _objection(
    job: RunningConfigJob, record: ConfigRecord, steps: Sequence[FieldStep]
) -> Hold | None:
    changes: Mapping[str, JSON] = {v.path: v.goal for v in steps}
    found = job.store(record.ref).objection(record, changes, job.now())
    return None if found is None else Hold(found.why, found.until)


def debounced(job: RunningConfigJob, steps: Sequence[FieldStep]) -> list[FieldStep]:
    """Let an object rest that was written a moment ago: one write in each debounce window."""
    rest = max(v.one.rule.debounce for v in steps)
    last = max((v.link.synced_at for v in steps if v.link.synced_at), default=None)
    if last is None or min(last, job.now()) + rest <= job.now():
        return list(steps)
    until = min(last, job.now()) + rest
    hold = Hold("changes are gathered", until, told=False)
    return [evolve(v, hold=hold) if v.writes else v for v in steps]


def batches(steps: Iterable[FieldStep], seen: observation.Answers) -> list[writing.Batch]:
    """Return what is written now, object by object."""
    found: dict[Ref, list[FieldStep]] = {}
    for step in steps:
        if step.writes:
            found.setdefault(step.written, []).append(step)
    return [
        writing.Batch(record=record, steps=tuple(fields), seen=seen)
        for ref, fields in found.items()
        if isinstance(record := seen[ref], ConfigRecord)
    ]


__all__ = [
    "batches",
    "debounced",
    "freeze_repeated_drift",
    "hindrance",
    "leave_to_other_job",
    "with_author",
    "with_objections",
]
