"""A plan applied: exactly what it says, item by item."""

from __future__ import annotations

from functools import partial

from ..errors import Refused, Stale, StoreError
from ..model import Side
from .acting import carry_out
from .context import Job
from .governor import Removal, granted
from .plans import Plan, PlanItem, apply_item, is_removal, refs_in, stale_result
from .report import Report
from .turns import in_turn


def check(job: Job, plan: Plan) -> None:
    """Refuse a plan that was not made for the job as it is.

    Raises:
        Refused: it is another job's.
        Stale: the mapping has changed since.
    """
    if plan.job != job.name:
        raise Refused(f"the plan is for job {plan.job}, this is {job.name}")
    if plan.mapping != job.mapping.version:
        raise Stale("the mapping rules have changed since the plan was made; plan again")


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
