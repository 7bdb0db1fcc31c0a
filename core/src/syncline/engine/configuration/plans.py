"""The plan of a configuration job: what a pass would do, field by field, and doing exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from ...config_items import item_digest
from ...decision import Keep, Write
from ...errors import Stale
from ...model import Ref, Side
from ...rules import object_and_path
from ..plans.plan import Plan, PlanItem
from ..runs.report import ItemResult, Report
from . import observation
from .context import RunningConfigJob
from .examination import Examined
from .execution import carry_out, step_of
from .guards import batches, freeze_repeated_drift, leave_to_other_job, with_author, with_objections
from .leases import Busy, at_objects
from .recovery import recover_fields
from .rulebook import ManagedObject
from .steps import FieldStep, planned_item
from .wording import change_of, event_of_hold, held_text, line_of, why_of

FAILED = "failed"
_MOVED = ("decision", "side", "reason", "left_version", "right_version", "values")


@frozen
class Collector:
    """Collects what a dry pass would do."""

    job: RunningConfigJob
    items: list[PlanItem] = field(factory=list)
    failed: list[str] = field(factory=list)

    async def __call__(self, examined: Examined, report: Report) -> None:
        steps = [leave_to_other_job(self.job, step) for step in examined.steps]
        steps = await weighed(self.job, steps, examined.seen)
        for step in steps:
            if step.error is not None:
                self.failed.append(f"{step.one.title} [{step.one.right}]: {step.error}")
        self.items.extend(items_of(self.job, steps, examined.seen))


async def weighed(
    job: RunningConfigJob, steps: Sequence[FieldStep], seen: observation.Answers
) -> list[FieldStep]:
    """Return steps with what the stores say about them; nobody waits for a debounce here."""
    still = [freeze_repeated_drift(job, step) for step in steps]
    return with_objections(job, [await with_author(job, step) for step in still], seen)


def items_of(
    job: RunningConfigJob, steps: Sequence[FieldStep], seen: observation.Answers
) -> list[PlanItem]:
    """Return what would be done about one object; a call is counted with its first field."""
    first = {batch.steps[0].one.pair: batch.ref for batch in batches(steps, seen)}
    items = []
    for step in steps:
        if step.quiet or step.settles or step.error is not None:
            continue
        ref = first.get(step.one.pair)
        items.append(item_of(step, calls=job.store(ref).costs.update if ref else 0))
    return items


def item_of(step: FieldStep, *, calls: float = 0) -> PlanItem:
    """Return a step as it stands in a plan."""
    hold = step.hold
    writes = isinstance(step.decision, Write)
    return PlanItem(
        pair=step.one.pair,
        left=str(step.one.left),
        right=str(step.one.right),
        title=step.one.title,
        decision=event_of_hold(hold) if hold else type(step.decision).__name__.lower(),
        side=step.side.value if writes else None,
        reason=step.decision.reason.value,
        left_version=item_digest(step.said) if step.said is not None else "",
        right_version=item_digest(step.found) if step.found is not None else "",
        values=(item_digest(planned_item(step)),) if writes else (),
        diff=change_of(step, step.goal) if writes else "",
        detail=held_text(hold) if hold else "",
        calls=calls,
        line=_line(step),
    )


def _line(step: FieldStep) -> str:
    author = f"changed by {step.author}" if step.author else "by somebody else"
    drift = f"drift, {author}: " if step.drifted else ""
    if step.hold is not None:
        what = f"{event_of_hold(step.hold)}: {held_text(step.hold)}"
        told = line_of(step) if isinstance(step.decision, Write) else step.one.title
        return f"{drift}{told}: {what}"
    if isinstance(step.decision, Write):
        return f"{drift}{line_of(step)}"
    decision = type(step.decision).__name__.lower()
    reason = step.decision.reason.value
    return f"{drift}{decision}: {step.one.title} ({why_of(step)}): {reason}"


def made(job: RunningConfigJob, collector: Collector, report: Report, at: datetime) -> Plan:
    """Return the plan of a dry pass."""
    items = tuple(collector.items)
    return Plan(
        job=job.name,
        made_at=at.isoformat(),
        mapping=job.book.version,
        items=items,
        examined=report.counts["examined"],
        calls=sum(item.calls for item in items),
        minutes=_minutes(job, items),
        failed=tuple(collector.failed),
        waiting=report.counts["waiting"],
    )


def _minutes(job: RunningConfigJob, items: Sequence[PlanItem]) -> float | None:
    calls: dict[str, float] = {}
    for item in items:
        if item.right is not None and item.calls:
            connection = Ref.parse(item.right).connection
            calls[connection] = calls.get(connection, 0) + item.calls
    paces = {name: job.stores[name].costs.calls_per_minute for name in calls}
    minutes = [calls[name] / pace for name, pace in paces.items() if pace]
    return max(minutes, default=None)


# -- applying --------------------------------------------------------------------------------------


async def apply(job: RunningConfigJob, plan: Plan, report: Report) -> None:
    """Do what each item says; what has moved since is left, as stale."""
    objects: dict[Ref, list[PlanItem]] = {}
    for item in plan.items:
        if item.right is not None:
            objects.setdefault(object_and_path(Ref.parse(item.right))[0], []).append(item)
    for ref, items in objects.items():
        group = job.book.group(ref)
        if group is not None:
            await _apply(job, group, items, report)


async def _apply(
    job: RunningConfigJob, group: ManagedObject, items: Sequence[PlanItem], report: Report
) -> None:
    try:
        async with at_objects(job, group.locks) as leases:
            await recover_fields(job, leases.fence, group.fields, report)
            seen = await observation.read(job, group.reads)
            steps = [step_of(job, one, seen) for one in group.fields]
            fit = [v for v in await weighed(job, steps, seen) if _fits(v, items, report)]
            if fit:
                await carry_out(job, leases, fit, seen, report)
    except (Busy, Stale) as error:
        for item in items:
            report.add(_stale(item, str(error)))


def _fits(step: FieldStep, items: Sequence[PlanItem], report: Report) -> bool:
    """Tell whether a field is to be done as the plan says."""
    item = next((item for item in items if item.pair == step.one.pair), None)
    if item is None or (isinstance(step.decision, Keep) and step.error is None):
        if item is not None and item.decision not in ("held", "refused"):
            report.add(_stale(item, "there is nothing to do about it any more; plan again"))
        return False
    now = item_of(step)
    for name in _MOVED:
        was, is_ = getattr(item, name), getattr(now, name)
        if was != is_:
            report.add(_stale(item, _moved(item, now, name)))
            return False
    return True


def _moved(item: PlanItem, now: PlanItem, name: str) -> str:
    return f"{name.replace('_', ' ')} is another than in the plan ({item.line}; now {now.line})"


def _stale(item: PlanItem, why: str) -> ItemResult:
    ref = Ref.parse(item.right) if item.right else None
    return ItemResult(ref=ref, title=item.title, event="stale", side=_side(item), detail=why)


def _side(item: PlanItem) -> Side | None:
    return Side(item.side) if item.side else None


__all__ = ["Collector", "apply", "item_of", "items_of", "made"]
