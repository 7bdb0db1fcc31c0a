"""Items that failed: try again, or leave alone until they change."""

from __future__ import annotations

from starlette.responses import Response

from syncline.engine.status import browsing
from syncline.state.browsing import Standing

from ..visit import Visit, text_of
from .bodies import hidden_reason

PAGE = 50


async def index(visit: Visit) -> Response:
    """Show a page of what failed."""
    session = visit.session
    page = browsing.articles(
        session.state, visit.job, standing=Standing.FAILED, after=visit.after, limit=PAGE
    )
    refs = (row.left or row.right for row in page.rows)
    found = [session.state.quarantined(visit.job, ref) for ref in refs if ref is not None]
    last = text_of(page.after)
    return visit.show(
        "quarantine.html",
        job=visit.job,
        session=session,
        rows=[item for item in found if item is not None],
        hides=lambda item: hidden_reason(visit, item.ref),
        further=visit.here("quarantine", after=last) if last else None,
    )


async def decide(visit: Visit) -> Response:
    """Try an item again in the next pass, or skip it."""
    ref, session = visit.ref(), visit.session
    back = visit.here("quarantine")
    if visit.form.get("do") == "skip":
        session.skip(ref)
        return visit.said(back, "Skipped", f"{ref} is left alone until it changes.")
    session.retry(ref)
    return visit.said(back, "Tried again", f"{ref} is tried again in the next pass.")


__all__ = ["PAGE", "decide", "index"]
