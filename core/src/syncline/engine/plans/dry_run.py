"""A dry pass: its steps are written down as a plan, with what each would cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from ... import body as _body
from ...decision import Keep
from ...model import FIELDS, Document, Side, digest
from ..content import links
from ..content.fields import show
from ..context import Job
from ..runs.report import Report
from ..steps.step import RemoteWrite, Step
from .losses import step_losses
from .plan import Plan, PlanItem


@frozen
class Collector:
    """Collects the steps of a dry pass."""

    items: list[PlanItem] = field(factory=list)

    async def __call__(self, job: Job, step: Step, report: Report) -> None:
        if not isinstance(step.decision, Keep):
            self.items.append(plan_item(job, step))
            report.counts[type(step.decision).__name__.lower()] += 1


def plan_item(job: Job, step: Step) -> PlanItem:
    """Return a step as it stands in a plan."""
    link = step.link
    side = getattr(step.decision, "side", None)
    return PlanItem(
        pair=link.pair,
        left=str(link.left.ref) if link.left.ref else None,
        right=str(link.right.ref) if link.right.ref else None,
        title=link.title,
        decision=type(step.decision).__name__.lower(),
        side=side.value if side else None,
        reason=step.reason.value,
        left_version=_version(step, Side.LEFT),
        right_version=_version(step, Side.RIGHT),
        values=_digests(step),
        diff="\n".join(_changes(d.before, d.value) for d in step.writes),
        losses=tuple(loss for d in step.writes for loss in step_losses(job, step, d.side)),
        detail="; ".join(step.clashes) or step.detail,
        calls=sum(_calls(job, d) for d in step.writes),
    )


def _digests(step: Step) -> tuple[str, ...]:
    # An item that is created before this one gives its links an address: that is no news.
    return tuple(str(digest(links.unaddressed(d.value))) if d.value else "" for d in step.writes)


def _version(step: Step, side: Side) -> str:
    record = step.records.get(side)
    return record.version if record else step.link.half(side).version


def _calls(job: Job, write: RemoteWrite) -> float:
    costs = job.store(write.side).costs
    if write.value is None:
        return costs.delete
    return costs.create if write.ref is None else costs.update


def _changes(before: Document | None, after: Document | None) -> str:
    """Return the difference of two documents for people."""
    if after is None:
        return f"- {before.title}" if before else ""
    if before is None:
        told = (f"{name}: {show(value)}" for name in FIELDS[2:] if (value := getattr(after, name)))
        return "\n".join([f"+ {after.title}", *told])
    lines = [
        f"{name}: {show(getattr(before, name))} -> {show(getattr(after, name))}"
        for name in FIELDS
        if name != "body" and getattr(before, name) != getattr(after, name)
    ]
    if before.body != after.body:
        lines.append(_body.diff_text(_body.diff(before.body, after.body)))
    return "\n".join(lines)


def price(job: Job, items: Iterable[PlanItem]) -> tuple[float, float | None]:
    """Return the API calls of a plan, and the minutes they take at the configured limits."""
    per_side = dict.fromkeys(Side, 0.0)
    for item in items:
        side = Side(item.side) if item.side else Side.RIGHT
        per_side[side] += item.calls
    paces = {side: job.store(side).costs.calls_per_minute for side in Side}
    minutes = [per_side[side] / pace for side in Side if (pace := paces[side])]
    return sum(per_side.values()), max(minutes) if minutes else None


def plan_of(job: Job, collector: Collector, report: Report, at: datetime) -> Plan:
    """Return the plan of a dry pass."""
    items = tuple(sorted(collector.items, key=lambda i: (i.decision, i.title, i.pair)))
    calls, minutes = price(job, items)
    return Plan(
        job=job.name,
        made_at=at.isoformat(),
        mapping=job.mapping.version,
        items=items,
        examined=report.counts["examined"],
        calls=calls,
        minutes=minutes,
        refused=report.refused,
        incomplete=tuple(
            f"{job.connection(side)}: {why}" for side, why in report.incomplete.items()
        ),
        alarms=tuple(report.alarms),
        failed=tuple(
            f"{item.ref}: {item.reason}" for item in report.items if item.event == "failed"
        ),
        waiting=report.counts["waiting"],
    )
