"""A plan applied: exactly what it says, item by item."""

from __future__ import annotations

from functools import partial

from ...decision import Remove
from ...errors import Stale, StoreError
from ...model import Record, Ref, Side
from ..content.fields import show
from ..context import Job
from ..pairing.first_steps import creation_step, pairing_step
from ..runs.report import ItemResult, Report
from ..runs.turns import in_turn, refs_of
from ..steps.examination import examine
from ..steps.observation import Evidence, read_side
from ..steps.step import Step
from ..writing.execution import carry_out
from ..writing.governor import Removal, granted
from .dry_run import plan_item
from .plan import Plan, PlanItem


async def apply(job: Job, plan: Plan, report: Report, *, approved: str | None) -> None:
    """Carry out each item of a plan; what has moved since is left, as stale."""
    removals = [
        Removal(pair=i.pair, side=Side(i.side), title=i.title)
        for i in plan.items
        if is_removal(i) and i.side
    ]
    with granted(job, removals, approved=approved) as report.refused:
        for item in plan.items:
            if not (is_removal(item) and report.refused):
                await _apply_one(job, item, report)


async def _apply_one(job: Job, item: PlanItem, report: Report) -> None:
    async def now() -> None:
        await carry_out(job, await apply_item(job, item), report)

    try:
        await in_turn(job.process.turns, partial(refs_in, job, item), now, run=job.run)
    except (Stale, StoreError) as error:
        report.add(stale_result(item, error))


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
        return await examine(job, link, Evidence(), force=frozenset(Side))
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
        return await pairing_step(job, records[Side.LEFT], records[Side.RIGHT], origin=origin)
    ((side, record),) = records.items()
    return creation_step(job, side, record)


def is_removal(item: PlanItem) -> bool:
    """Tell whether a plan's item takes something away under the governor."""
    return item.decision == Remove.__name__.lower()


def stale_result(item: PlanItem, error: Exception) -> ItemResult:
    """Return the report line of an item that no longer fits its plan."""
    ref = item.left or item.right
    return ItemResult(
        ref=Ref.parse(ref) if ref else None, title=item.title, event="stale", detail=str(error)
    )
