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
from . import reading
from .context import ConfigWork
from .leasing import Busy, at_objects
from .recovering import recover_fields
from .rulebook import Group
from .settling import act, known
from .sighting import Looked
from .telling import event_of_hold, held_text, line_of, shown, why_of
from .verdicts import Verdict, planned_item
from .weighing import batches, frozen_still, objected, of_others, with_author

FAILED = "failed"
_MOVED = ("decision", "side", "reason", "left_version", "right_version", "values")


@frozen
class Collector:
    """Collects what a dry pass would do."""

    work: ConfigWork
    items: list[PlanItem] = field(factory=list)
    failed: list[str] = field(factory=list)

    async def __call__(self, looked: Looked, report: Report) -> None:
        verdicts = [of_others(self.work, verdict) for verdict in looked.verdicts]
        verdicts = await weighed(self.work, verdicts, looked.seen)
        for verdict in verdicts:
            if verdict.error is not None:
                self.failed.append(f"{verdict.one.title} [{verdict.one.right}]: {verdict.error}")
        self.items.extend(items_of(self.work, verdicts, looked.seen))


async def weighed(
    work: ConfigWork, verdicts: Sequence[Verdict], seen: reading.Seen
) -> list[Verdict]:
    """Return verdicts with what the stores say about them; nobody waits for a debounce here."""
    still = [frozen_still(work, verdict) for verdict in verdicts]
    return objected(work, [await with_author(work, verdict) for verdict in still], seen)


def items_of(work: ConfigWork, verdicts: Sequence[Verdict], seen: reading.Seen) -> list[PlanItem]:
    """Return what would be done about one object; a call is counted with its first field."""
    first = {batch.verdicts[0].one.pair: batch.ref for batch in batches(verdicts, seen)}
    items = []
    for verdict in verdicts:
        if verdict.quiet or verdict.settles or verdict.error is not None:
            continue
        ref = first.get(verdict.one.pair)
        items.append(item_of(verdict, calls=work.store(ref).costs.update if ref else 0))
    return items


def item_of(verdict: Verdict, *, calls: float = 0) -> PlanItem:
    """Return a verdict as it stands in a plan."""
    hold = verdict.hold
    writes = isinstance(verdict.decision, Write)
    return PlanItem(
        pair=verdict.one.pair,
        left=str(verdict.one.left),
        right=str(verdict.one.right),
        title=verdict.one.title,
        decision=event_of_hold(hold) if hold else type(verdict.decision).__name__.lower(),
        side=verdict.side.value if writes else None,
        reason=verdict.decision.reason.value,
        left_version=item_digest(verdict.said) if verdict.said is not None else "",
        right_version=item_digest(verdict.found) if verdict.found is not None else "",
        values=(item_digest(planned_item(verdict)),) if writes else (),
        diff=f"{shown(verdict.before)} -> {shown(verdict.goal)}" if writes else "",
        detail=held_text(hold) if hold else "",
        calls=calls,
        line=_line(verdict),
    )


def _line(verdict: Verdict) -> str:
    author = f"changed by {verdict.author}" if verdict.author else "by somebody else"
    drift = f"drift, {author}: " if verdict.drifted else ""
    if verdict.hold is not None:
        what = f"{event_of_hold(verdict.hold)}: {held_text(verdict.hold)}"
        told = line_of(verdict) if isinstance(verdict.decision, Write) else verdict.one.title
        return f"{drift}{told}: {what}"
    if isinstance(verdict.decision, Write):
        return f"{drift}{line_of(verdict)}"
    decision = type(verdict.decision).__name__.lower()
    reason = verdict.decision.reason.value
    return f"{drift}{decision}: {verdict.one.title} ({why_of(verdict)}): {reason}"


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
        async with at_objects(work, group.locks) as tenancy:
            await recover_fields(work, tenancy.fence, group.fields, report)
            seen = await reading.read(work, group.reads)
            verdicts = [known(work, one, seen) for one in group.fields]
            fit = [v for v in await weighed(work, verdicts, seen) if _fits(v, items, report)]
            if fit:
                await act(work, tenancy, fit, seen, report)
    except (Busy, Stale) as error:
        for item in items:
            report.add(_stale(item, str(error)))


def _fits(verdict: Verdict, items: Sequence[PlanItem], report: Report) -> bool:
    """Tell whether a field is to be done as the plan says."""
    item = next((item for item in items if item.pair == verdict.one.pair), None)
    if item is None or (isinstance(verdict.decision, Keep) and verdict.error is None):
        if item is not None and item.decision not in ("held", "refused"):
            report.add(_stale(item, "there is nothing to do about it any more; plan again"))
        return False
    now = item_of(verdict)
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
