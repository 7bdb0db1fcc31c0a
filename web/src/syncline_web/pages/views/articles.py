"""Articles: the list, and one of them with both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from attrs import frozen
from starlette.responses import Response

from syncline import body as _body
from syncline.engine import ConfigSession
from syncline.engine.status import browsing, comparison
from syncline.engine.status.browsing import ArticlePage
from syncline.model import Document, Ref, Side
from syncline.state.browsing import Shelved, Standing

from ..visit import Missing, Visit, text_of
from . import fields
from .bodies import hidden_reason

PAGE = 50
_HISTORY = 50
_MOST_LINKS = 100
_PIECE = 1000
"""Titles that are looked at before other requests get a turn."""
_PIECES = 20
"""How many times a search goes on before a person is asked: a usual knowledge base in one go."""


async def index(visit: Visit) -> Response:
    """Show a page of articles."""
    text, where = visit.query("q").strip()[:200], visit.query("state")
    standing = next((s for s in Standing if s.value == where), None)
    page = await _search(visit, text, standing)
    last = page.after
    return visit.show(
        "articles.html",
        job=visit.job,
        session=visit.session,
        rows=page.rows,
        hides=lambda row: bool(row.reason) and hidden_reason(visit, row.left or row.right),
        text=text,
        standing=standing,
        broke_off=page.broke_off,
        last_title=last[0] if last else "",
        further=_list(visit, q=text, state=where, after=text_of(last)) if last else None,
        first=not visit.query("after"),
        counts=visit.session.state.counts(visit.job),
    )


def _list(visit: Visit, **query: object) -> str:
    return visit.here(visit.terms_of(visit.job).many, **query)


async def _search(visit: Visit, text: str, standing: Standing | None) -> ArticlePage:
    """Look through a bounded number of titles, and let others have a turn in between."""
    state, job = visit.session.state, visit.job
    after, page = visit.after, None
    rows: list[Shelved] = []
    for _ in range(_PIECES):
        left = PAGE - len(rows)
        page = browsing.articles(
            state, job, text=text, standing=standing, after=after, limit=left, most=_PIECE
        )
        rows += page.rows
        if page.after is None or len(rows) == PAGE:
            break
        after = page.after
        await asyncio.sleep(0)
    found = tuple(rows)
    end = page.after if page else None
    return ArticlePage(rows=found, after=end, broke_off=end is not None and len(found) < PAGE)


@frozen(kw_only=True)
class Half:
    """One side of an article."""

    side: Side
    connection: str
    ref: Ref | None
    value: Document | None
    original: bool
    links: tuple[str, ...] = ()


async def show(visit: Visit) -> Response:
    """Show one article: both sides, its history, its losses, and why it is where it is."""
    if isinstance(visit.session, ConfigSession):
        return await fields.show(visit, visit.session)
    session, ref = visit.session, visit.ref()
    found = browsing.article(session, ref)
    if found is None:
        raise Missing(f"Nothing is known of {ref} in the job {visit.job}.")
    hidden = found.veiled and not visit.person.may("operator")
    link = found.link
    pair = link.pair if link else None
    entries = (
        session.state.history_page(visit.job, run=None, pair=pair, before=_LAST, limit=_HISTORY)
        if pair
        else session.history(ref=ref, limit=_HISTORY)
    )
    conflict = session.state.conflict_of(pair) if pair else None
    return visit.show(
        "article.html",
        job=visit.job,
        session=session,
        found=found,
        link=link,
        conflict=conflict,
        halves=[] if hidden else list(_halves(visit, found)),
        hidden=hidden,
        entries=entries,
        losses=await comparison.losses_of_pair(session, pair) if pair else (),
        why=await _why(visit, ref, hidden),
    )


_LAST = 2**62
"""Above every line of the history."""


async def _why(visit: Visit, ref: Ref, hidden: bool) -> list[str] | None:
    """Ask the engine, which reads the item now; None where a person did not ask for that."""
    if not visit.query("why"):
        return None
    lines = await visit.session.explain(ref)
    # What follows may quote the text: clashes, and what was done earlier.
    return lines[:1] if hidden else lines


def _halves(visit: Visit, found: browsing.Article) -> Iterator[Half]:
    session, link = visit.articles, found.link
    if link is None:
        return
    for side in Side:
        value = found.left if side is Side.LEFT else found.right
        links = _body.links(value.body)[:_MOST_LINKS] if value else ()
        yield Half(
            side=side,
            connection=session.left_name if side is Side.LEFT else session.right_name,
            ref=link.half(side).ref,
            value=value,
            original=link.origin is side,
            links=links,
        )


async def release(visit: Visit) -> Response:
    """End the hold that an undo put on a pair."""
    ref = visit.ref()
    visit.session.release(ref)
    address = visit.here(visit.terms_of(visit.job).one, ref=str(ref))
    return visit.said(address, "Released", "It takes part again from the next pass on.")


__all__ = ["PAGE", "Half", "index", "release", "show"]
