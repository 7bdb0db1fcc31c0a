"""The overview: how each job stands."""

from __future__ import annotations

from attrs import frozen
from starlette.responses import Response

from syncline.engine.opening.jobs import AnySession
from syncline.state.records import Run

from ..calls import Budget
from ..site import WorkingPort
from ..sparkline import Sparkline, sparkline
from ..visit import Visit
from ..vocabulary import Vocabulary
from ..works import Outcome

_RUNS = 30


@frozen(kw_only=True)
class JobCard:
    """One job, as the overview shows it."""

    name: str
    terms: Vocabulary
    working: WorkingPort
    left: str
    right: str
    counts: dict[str, int]
    pairs: int
    last_run: Run | None
    last_full: Run | None
    spark: Sparkline
    budgets: tuple[Budget, ...]
    token: str | None
    error: str


_STATES = ("synced", "conflict", "withdrawn", "held")


async def index(visit: Visit) -> Response:
    """Show every job."""
    runner = visit.pages.runner
    cards = [_card(visit, name) for name in runner.jobs]
    return visit.show("overview.html", cards=cards, streams=dict(runner.streams))


def _card(visit: Visit, name: str) -> JobCard:
    working = visit.pages.runner.jobs[name]
    session = working.session
    counts = session.state.counts(name)
    last = session.runs(1)
    told = session.state.run_page(name, ("9999", ""), _RUNS, quiet=False)
    return JobCard(
        name=name,
        terms=visit.terms_of(name),
        working=working,
        left=session.left_name,
        right=session.right_name,
        counts=counts,
        pairs=sum(counts.get(state, 0) for state in _STATES),
        last_run=last[0] if last else None,
        last_full=session.state.last_run(name, "full"),
        spark=sparkline(told),
        budgets=_budgets(visit, session),
        token=session.state.approval(name),
        error=str(working.last_error or ""),
    )


def _budgets(visit: Visit, session: AnySession) -> tuple[Budget, ...]:
    return tuple(
        visit.pages.calls.budget(name, store.costs.calls_per_minute)
        for name, store in session.stores.items()
    )


async def sync(visit: Visit) -> Response:
    """Make a full pass now."""
    job = visit.job

    async def do() -> Outcome:
        return Outcome(report=await visit.pages.runner.sync(job))

    return await visit.started(do, title=f"Full pass of {job}", back=visit.url())


async def approve(visit: Visit) -> Response:
    """Let the removals of one refusal go in the next pass."""
    token = visit.form.get("token")
    if not token:
        return visit.said(visit.url(), "Approval", "There is no token to approve.", "refused")
    visit.session.approve(token)
    message = f"The next full pass removes exactly the items that {token} stands for, once."
    return visit.said(visit.url(), "Approved", message)


__all__ = ["JobCard", "approve", "index", "sync"]
