"""What is withdrawn, held or of unknown audience: since when, why, and what proves it."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from syncline.engine.status import browsing, restrictions
from syncline.engine.status.restrictions import Restriction
from syncline.state.browsing import Standing

from ..visit import Missing, Visit, text_of

PAGE = 50
_TABS = (Standing.WITHDRAWN, Standing.UNKNOWN, Standing.HELD)


async def index(visit: Visit) -> Response:
    """Show a page of them; of fields, none is restricted, and the held ones are in their list."""
    if (terms := visit.terms_of(visit.job)).fields:
        return visit.to(visit.here(terms.many, state=Standing.HELD.value))
    where = visit.query("state", Standing.WITHDRAWN.value)
    standing = next((s for s in _TABS if s.value == where), None)
    if standing is None:
        raise Missing(f"There is no list {where!r} here.")
    session = visit.session
    page = browsing.articles(
        session.state, visit.job, standing=standing, after=visit.after, limit=PAGE
    )
    found = (restrictions.restriction_of(session.state, visit.job, row) for row in page.rows)
    last = text_of(page.after)
    return visit.show(
        "restrictions.html",
        job=visit.job,
        session=session,
        rows=[row for row in found if row is not None],
        standing=standing,
        tabs=_TABS,
        counts=session.state.counts(visit.job),
        further=visit.here("restrictions", state=where, after=last) if last else None,
    )


async def check(visit: Visit) -> Response:
    """Ask both stores now where an article and its copy are; a viewer may ask, too."""
    found = _confinement(visit)
    refs = [ref for ref in (found.copy, found.original) if ref is not None]
    session = visit.articles
    sightings = await asyncio.gather(*(restrictions.still_there(session, ref) for ref in refs))
    return visit.show(
        "checked.html", job=visit.job, session=session, found=found, sightings=sightings
    )


def _confinement(visit: Visit) -> Restriction:
    state, pair = visit.session.state, visit.form.get("pair")
    link = state.pair(pair)
    if link is None or link.job != visit.job:
        raise Missing("That pair is not known any more.")
    unknown = link.unknown_since is not None and link.state.value == Standing.SYNCED.value
    standing = Standing.UNKNOWN if unknown else Standing(link.state.value)
    row = restrictions.row_of(link, standing)
    found = restrictions.restriction_of(state, visit.job, row)
    if found is None:
        raise Missing("That pair is not known any more.")
    return found


__all__ = ["PAGE", "check", "index"]
