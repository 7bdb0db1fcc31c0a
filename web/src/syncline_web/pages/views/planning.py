"""Plans: what a pass would do, read by a person, and applied exactly."""

from __future__ import annotations

from starlette.responses import Response

from syncline.engine import PlanItem

from ..planned import KeptPlan, read
from ..visit import Missing, Visit
from ..works import Outcome

PAGE = 50


async def index(visit: Visit) -> Response:
    """Show the plans that were made."""
    return visit.show("plans.html", job=visit.job, plans=visit.pages.plans.of(visit.job))


async def make(visit: Visit) -> Response:
    """Make a plan of what a full pass would do now, or read a saved one."""
    session, name, plans = visit.session, visit.person.name, visit.pages.plans
    if visit.form.get("do") == "read":
        return _read(visit)

    async def do() -> Outcome:
        kept = plans.add(await session.plan(), name)
        return Outcome(message="The plan is made. Nothing was changed.", then=address(kept.id))

    def address(id: str) -> str:
        return visit.here("plans", id)

    return await visit.started(do, title=f"Plan for {visit.job}", back=visit.here("plans"))


def _read(visit: Visit) -> Response:
    """Keep a plan that was saved as a file; applying it compares it with what is there."""
    plan = read(visit.form.get("plan"), visit.job)
    kept = visit.pages.plans.add(plan, visit.person.name)
    address = visit.here("plans", kept.id)
    return visit.said(address, "Plan read", "Nothing was changed. Read it, then apply it.")


def _kept(visit: Visit) -> KeptPlan:
    kept = visit.pages.plans.get(visit.job, visit.path("id"))
    if kept is None:
        raise Missing("That plan is not kept any more; make another one.")
    return kept


async def show(visit: Visit) -> Response:
    """Show a page of a plan."""
    kept = _kept(visit)
    wanted = visit.query("decision")
    items = [item for item in kept.plan.items if wanted in ("", item.decision)]
    start = _number(visit.query("from"))
    further = start + PAGE if start + PAGE < len(items) else None
    return visit.show(
        "plan.html",
        job=visit.job,
        session=visit.session,
        kept=kept,
        plan=kept.plan,
        items=items[start : start + PAGE],
        start=start,
        total=len(items),
        wanted=wanted,
        lines=_lines,
        further=(
            visit.here("plans", kept.id, decision=wanted, **{"from": further}) if further else None
        ),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _lines(item: PlanItem) -> list[tuple[str, str]]:
    """Return the difference of an item, each line with what it is: added, removed, changed."""
    kinds = {"+": "added", "-": "removed", "~": "changed"}
    return [(kinds.get(line[:1], "same"), line) for line in item.diff.splitlines()]


async def apply(visit: Visit) -> Response:
    """Do exactly what a plan says."""
    kept = _kept(visit)
    session = visit.session

    async def do() -> Outcome:
        report = await session.apply(kept.plan)
        return Outcome(message="The plan was applied.", report=report)

    back = visit.here("plans", kept.id)
    return await visit.started(do, title=f"Plan of {visit.job} applied", back=back)


__all__ = ["PAGE", "apply", "index", "make", "show"]
