"""The plan of a configuration job: what a pass would do, field by field, and doing exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from ...decision import Keep, Write
from ...errors import Refused, Stale
from ...items import item_digest
from ...model import Ref, Side
from ...rules import object_and_path
from ..plans.plan import Plan, PlanItem
from ..runs.report import ItemResult, Report
from . import observation
from .context import ConfigWork
from .examination import Examined
from .execution import carry_out, step_of
from .guards import batches, frozen_still, objected, of_others, with_author
from .leases import Busy, at_objects
from .recovery import recover_fields
from .rulebook import Group
from .steps import FieldStep, planned_item
from .wording import event_of_hold, held_text, line_of, value_text, why_of

FAILED = "failed"
_MOVED = ("decision", "side", "reason", "left_version", "right_version", "values")


@frozen
class Collector:
    """Collects what a dry pass would do."""

    work: ConfigWork
    items: list[PlanItem] = field(factory=list)
    failed: list[str] = field(factory=list)

    async def __call__(self, examined: Examined, report: Report) -> None:
        steps = [of_others(self.work, step) for step in examined.steps]
        steps = await weighed(self.work, steps, examined.seen)
        for step in steps:
            if step.error is not None:
                self.failed.append(f"{step.one.title} [{step.one.right}]: {step.error}")
        self.items.extend(items_of(self.work, steps, examined.seen))


async def weighed(
    work: ConfigWork, steps: Sequence[FieldStep], seen: observation.Answers
) -> list[FieldStep]:
    """Return steps with what the stores say about them; nobody waits for a debounce here."""
    still = [frozen_still(work, step) for step in steps]
    return objected(work, [await with_author(work, step) for step in still], seen)


def items_of(
    work: ConfigWork, steps: Sequence[FieldStep], seen: observation.Answers
) -> list[PlanItem]:
    """Return what would be done about one object; a call is counted with its first field."""
    first = {batch.steps[0].one.pair: batch.ref for batch in batches(steps, seen)}
    items = []
    for step in steps:
        if step.quiet or step.settles or step.error is not None:
            continue
        ref = first.get(step.one.pair)
        items.append(item_of(step, calls=work.store(ref).costs.update if ref else 0))
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
        diff=f"{value_text(step.before)} -> {value_text(step.goal)}" if writes else "",
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


def made(work: ConfigWork, collector: Collector, report: Report, at: datetime) -> Plan:
    """Return the plan of a dry pass."""
    items = tuple(collector.items)
    return Plan(
        job=work.name,
        made_at=at.isoformat(),
        mapping=work.book.version,
        items=items,
        examined=report.counts["examined"],
        calls=sum(item.calls for item in items),
        minutes=_minutes(work, items),
        failed=tuple(collector.failed),
        waiting=report.counts["waiting"],
    )


def _minutes(work: ConfigWork, items: Sequence[PlanItem]) -> float | None:
    calls: dict[str, float] = {}
    for item in items:
        if item.right is not None and item.calls:
            connection = Ref.parse(item.right).connection
            calls[connection] = calls.get(connection, 0) + item.calls
    paces = {name: work.stores[name].costs.calls_per_minute for name in calls}
    minutes = [calls[name] / pace for name, pace in paces.items() if pace]
    return max(minutes, default=None)


# -- applying --------------------------------------------------------------------------------------


def check(work: ConfigWork, plan: Plan) -> None:
    """Refuse a plan that was not made for the job as it is.

    Raises:
        Refused: it is another job's.
        Stale: the rules have changed since.
    """
    if plan.job != work.name:
        raise Refused(f"the plan is for job {plan.job}, this is {work.name}")
    if plan.mapping != work.book.version:
        raise Stale("the rules have changed since the plan was made; plan again")


async def apply(work: ConfigWork, plan: Plan, report: Report) -> None:
    """Do what each item says; what has moved since is left, as stale."""
    objects: dict[Ref, list[PlanItem]] = {}
    for item in plan.items:
        if item.right is not None:
            objects.setdefault(object_and_path(Ref.parse(item.right))[0], []).append(item)
    for ref, items in objects.items():
        group = work.book.group(ref)
        if group is not None:
            await _apply(work, group, items, report)


async def _apply(work: ConfigWork, group: Group, items: Sequence[PlanItem], report: Report) -> None:
    try:
        async with at_objects(work, group.locks) as leases:
            await recover_fields(work, leases.fence, group.fields, report)
            seen = await observation.read(work, group.reads)
            steps = [step_of(work, one, seen) for one in group.fields]
            fit = [v for v in await weighed(work, steps, seen) if _fits(v, items, report)]
            if fit:
                await carry_out(work, leases, fit, seen, report)
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


__all__ = ["Collector", "apply", "check", "item_of", "items_of", "made"]
