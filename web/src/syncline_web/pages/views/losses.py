"""What connectors cannot carry, article by article, from the texts as they were last agreed on."""

from __future__ import annotations

from starlette.responses import Response

from syncline.engine.status import browsing, comparison
from syncline.engine.status.comparison import Lost

from ..visit import Visit, text_of

PAGE = 25
MOST_LOOKED_AT = 200
"""Articles whose texts one page looks into before it hands back."""


async def index(visit: Visit) -> Response:
    """Show a page of articles that lose something."""
    session, after = visit.articles, visit.after
    found: list[Lost] = []
    page = browsing.articles(session.state, visit.job, after=after, limit=MOST_LOOKED_AT)
    end = page.after
    for looked, row in enumerate(page.rows, start=1):
        if row.pair:
            found += await comparison.losses_of_pair(session, row.pair)
        if len(found) >= PAGE and looked < len(page.rows):
            end = (row.title, row.key)
            break
    further = visit.here("losses", after=text_of(end)) if end else None
    return visit.show(
        "losses.html",
        job=visit.job,
        session=session,
        rows=found,
        further=further,
        last_title=end[0] if end else "",
        first=not visit.query("after"),
    )


__all__ = ["MOST_LOOKED_AT", "PAGE", "index"]
