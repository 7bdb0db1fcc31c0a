"""Pairs that look like one article each: a person says whether they are."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from syncline.engine.status import comparison
from syncline.errors import ConfigError, Unavailable
from syncline.model import Ref

from ..panels import panel
from ..visit import Missing, Visit

PAGE = 100
PATIENCE = 25.0
"""Seconds that both systems have to hand out the two articles of a pair."""


async def index(visit: Visit) -> Response:
    """Show the pairs that the last pass proposed, most alike first."""
    rows = visit.articles.state.proposals(visit.job)
    return visit.show(
        "pairs.html",
        job=visit.job,
        session=visit.articles,
        rows=rows[:PAGE],
        more=max(0, len(rows) - PAGE),
    )


async def compare(visit: Visit) -> Response:
    """Read both articles of a proposed pair now, and show what differs."""
    left, right = visit.ref("left"), visit.ref("right")
    proposals = visit.articles.state.proposals(visit.job)
    proposal = next((p for p in proposals if (p.left, p.right) == (left, right)), None)
    if proposal is None:
        raise Missing("That pair is not proposed, or not any more.")
    try:
        async with asyncio.timeout(PATIENCE):
            ours, theirs = await comparison.side_by_side(visit.articles, left, right)
    except TimeoutError:
        raise Unavailable(f"the systems did not answer within {PATIENCE:.0f} seconds") from None
    plain, changed = await asyncio.to_thread(lambda: (panel(None, ours), panel(ours, theirs)))
    return visit.show(
        "compare.html",
        job=visit.job,
        session=visit.articles,
        proposal=proposal,
        plain=plain,
        changed=changed,
    )


async def decide(visit: Visit) -> Response:
    """Accept or reject the pairs that were ticked, or the one whose button was pressed."""
    chosen = visit.form.all("pair")
    back = visit.here("pairs")
    if not chosen:
        return visit.said(back, "Nothing was done", "Tick at least one pair.", "refused")
    pairs = [_pair(text) for text in chosen]
    accept = visit.form.get("do") == "accept"
    try:
        (visit.articles.accept if accept else visit.articles.reject)(pairs)
    except ConfigError as error:
        return visit.said(back, "Nothing was done", "; ".join(error.problems), "refused")
    number = f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'}"
    said = "are one article each" if accept else "are two articles each"
    title = "Accepted" if accept else "Rejected"
    return visit.said(back, title, f"{number} {said}: the next pass goes by that.")


def _pair(text: str) -> tuple[Ref, Ref]:
    left, _, right = text.partition("\n")
    try:
        return Ref.parse(left.strip()), Ref.parse(right.strip())
    except ValueError:
        raise Missing("That is no pair of articles.") from None


__all__ = ["PAGE", "compare", "decide", "index"]
