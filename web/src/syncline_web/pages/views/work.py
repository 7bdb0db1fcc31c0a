"""What a person started: that it runs, or how it went."""

from __future__ import annotations

from starlette.responses import Response

from ..visit import Missing, Visit, with_query
from ..wording import remarks

MOST_LINES = 500
"""Items that the page of a work lists; the page of its run has them all."""


async def show(visit: Visit) -> Response:
    """Show a work; one that is over leads on to where its outcome is shown."""
    work = visit.pages.works.get(visit.path("id"))
    if work is None or not visit.may_see(work):
        raise Missing("That is not remembered any more. The runs of the job say what was done.")
    outcome = work.outcome
    if outcome is None:
        return visit.show("working.html", work=work, job=work.job)
    if outcome.then:
        return visit.to(with_query(outcome.then, done=work.id))
    report = outcome.report
    return visit.show(
        "done.html",
        work=work,
        job=work.job,
        outcome=outcome,
        report=report,
        items=report.items[:MOST_LINES] if report else [],
        more=max(0, len(report.items) - MOST_LINES) if report else 0,
        remarks=list(remarks(report)) if report else [],
    )


__all__ = ["show"]
