"""The plan as an artefact: what a pass would do, to be read, approved, and applied exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import asdict, evolve, field, frozen

from .. import body as _body
from ..decision import Keep, Remove
from ..errors import ConfigError, Stale
from ..model import FIELDS, Document, Record, Ref, Side, digest
from . import view
from .context import Job
from .examining import examine
from .fields import show
from .meeting import creation, pairing
from .observing import Sight, read_side
from .report import ItemResult, Refusal, Report
from .steps import Draft, Step
from .turns import refs_of

FORMAT = 1


@frozen(kw_only=True)
class PlanItem:
    """One item of a plan: what was seen, what would be done, and what it would look like."""

    pair: str
    left: str | None
    right: str | None
    title: str
    decision: str
    side: str | None
    reason: str
    left_version: str = ""
    right_version: str = ""
    values: tuple[str, ...] = ()
    """Digests of the documents that would be written, in order, whatever their links lead to."""
    diff: str = ""
    """For people: what changes on the written side."""
    losses: tuple[str, ...] = ()
    detail: str = ""
    calls: float = 0
    """API calls that carrying it out takes."""
    line: str = ""
    """All of it in one sentence, where the job has one: `queue Support: name "A" -> "B" (…)`."""


@frozen(kw_only=True)
class Plan:
    """What one pass would do."""

    job: str
    made_at: str
    mapping: str
    items: tuple[PlanItem, ...] = ()
    examined: int = 0
    calls: float = 0
    minutes: float | None = None
    """How long the calls take at the configured limits; None when there is no limit."""
    refused: Refusal | None = None
    incomplete: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """Items that could not be looked at, with the reason: the plan says nothing about them."""
    waiting: int = 0
    """Items in quarantine that are not due, which a pass would not try."""
    format: int = FORMAT

    def to_json(self) -> str:
        """Return the plan as text; bodies are only in the diffs of items that would change."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that `to_json` wrote.

        Raises:
            ConfigError: it is no plan of this version.
        """
        try:
            raw = json.loads(text)
            if raw["format"] != FORMAT:
                raise ConfigError([f"the plan has format {raw['format']}, this is {FORMAT}"])
            return _plan_of(raw)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError([f"this is not a plan file: {error}"]) from error


def _plan_of(raw: dict[str, Any]) -> Plan:
    items = tuple(
        PlanItem(**{**i, "values": tuple(i["values"]), "losses": tuple(i["losses"])})
        for i in raw["items"]
    )
    refused = raw["refused"]
    refusal = Refusal(**{**refused, "titles": tuple(refused["titles"])}) if refused else None
    rest = {k: raw[k] for k in ("job", "made_at", "mapping", "examined", "calls", "minutes")}
    return Plan(
        **rest,
        items=items,
        refused=refusal,
        incomplete=tuple(raw["incomplete"]),
        alarms=tuple(raw["alarms"]),
        failed=tuple(raw.get("failed", ())),
        waiting=raw.get("waiting", 0),
    )


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
    return tuple(str(digest(view.unaddressed(d.value))) if d.value else "" for d in step.writes)


def _version(step: Step, side: Side) -> str:
    record = step.records.get(side)
    return record.version if record else step.link.half(side).version


def _calls(job: Job, draft: Draft) -> float:
    costs = job.store(draft.side).costs
    if draft.value is None:
        return costs.delete
    return costs.create if draft.ref is None else costs.update


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


def step_losses(job: Job, step: Step, side: Side) -> tuple[str, ...]:
    """Return what the source of a write loses on `side`."""
    record = step.records.get(side.other)
    if record is None or record.value is None:
        return ()
    return losses_of(job, side.other, record.value)


def losses_of(job: Job, side: Side, value: Document) -> tuple[str, ...]:
    """Return what one side's document loses on the other side, one sentence each."""
    # A link is led to the other side's article, or is none until there is one.
    shared = view.translate(job, side, view.shared_or_own(job, side, value)).value
    projected = job.store(side.other).project(shared)
    found = []
    if projected.body != shared.body:
        lost = _body.losses(_body.parse(shared.body), _body.parse(projected.body))
        found = [loss.sentence for loss in lost]
    for name in FIELDS[2:]:
        given, kept = getattr(value, name), getattr(shared, name)
        if given and kept is None:
            found.append(f"{name} have no place there: {show(given)}")
        elif name == "labels" and given and (dropped := given - _said(job, side, value)):
            found.append(f"labels are not carried over: {', '.join(sorted(dropped))}")
    return tuple(found)


def _said(job: Job, side: Side, value: Document) -> frozenset[str]:
    """Return the labels that the other side knows, by whatever name or as a category."""
    if side is Side.RIGHT or value.labels is None:
        return value.labels or frozenset()
    shown = view.shared_or_own(job, side, value)
    return frozenset(
        label
        for label in value.labels
        if view.shared_or_own(job, side, evolve(value, labels=value.labels - {label})) != shown
    )


def price(job: Job, items: Iterable[PlanItem]) -> tuple[float, float | None]:
    """Return the API calls of a plan, and the minutes they take at the configured limits."""
    per_side = dict.fromkeys(Side, 0.0)
    for item in items:
        side = Side(item.side) if item.side else Side.RIGHT
        per_side[side] += item.calls
    paces = {side: job.store(side).costs.calls_per_minute for side in Side}
    minutes = [per_side[side] / pace for side in Side if (pace := paces[side])]
    return sum(per_side.values()), max(minutes) if minutes else None


def refs_in(job: Job, item: PlanItem) -> frozenset[Ref]:
    """Return the items that a plan's item is about, as they are paired now."""
    named = frozenset(Ref.parse(text) for text in (item.left, item.right) if text)
    return named | refs_of(job.state.pair(item.pair))


async def apply_item(job: Job, item: PlanItem) -> Step:
    """Return the step that the plan's item stands for, made from what is there now.

    Raises:
        Stale: what would be done now is not what the plan says.
    """
    step = await _again(job, item)
    now = plan_item(job, step)
    for name in ("decision", "side", "reason", "left_version", "right_version", "values"):
        was, is_ = getattr(item, name), getattr(now, name)
        if was != is_:
            raise Stale(f"{item.left or item.right}: {_moved(name, was, is_)}; plan again")
    return step


def _moved(name: str, was: object, is_: object) -> str:
    if name == "values":
        return "what would be written is no longer what the plan shows"
    return f"{name.replace('_', ' ')} was {show(was)} when the plan was made and is {show(is_)} now"


async def _again(job: Job, item: PlanItem) -> Step:
    link = job.state.pair(item.pair)
    if link is not None:
        return await examine(job, link, Sight(), force=frozenset(Side))
    records = {}
    for side, text in ((Side.LEFT, item.left), (Side.RIGHT, item.right)):
        if text is None:
            continue
        ref = Ref.parse(text)
        if job.state.link(job.name, ref) is not None:
            raise Stale(f"{ref}: it has been paired since the plan was made; plan again")
        answer = await read_side(job, ref)
        if not isinstance(answer, Record) or answer.value is None:
            raise Stale(f"{ref}: it can no longer be read; plan again")
        records[side] = answer
    if len(records) == len(Side):
        origin = Side.LEFT
        return await pairing(job, records[Side.LEFT], records[Side.RIGHT], origin=origin)
    ((side, record),) = records.items()
    return creation(job, side, record)


def is_removal(item: PlanItem) -> bool:
    """Tell whether a plan's item takes something away under the governor."""
    return item.decision == Remove.__name__.lower()


def stale_result(item: PlanItem, error: Exception) -> ItemResult:
    """Return the report line of an item that no longer fits its plan."""
    ref = item.left or item.right
    return ItemResult(
        ref=Ref.parse(ref) if ref else None, title=item.title, event="stale", detail=str(error)
    )


def made(job: Job, collector: Collector, report: Report, at: datetime) -> Plan:
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
