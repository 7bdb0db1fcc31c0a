"""Pairs that look like one article each: a person says whether they are."""

from __future__ import annotations

from starlette.responses import Response

from syncline.errors import ConfigError
from syncline.model import Ref

from ..visit import Missing, Visit

PAGE = 100


async def index(visit: Visit) -> Response:
    """Show the pairs that the last pass proposed, most alike first."""
    rows = visit.session.state.proposals(visit.job)
    return visit.show(
        "pairs.html",
        job=visit.job,
        session=visit.session,
        rows=rows[:PAGE],
        more=max(0, len(rows) - PAGE),
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
        (visit.session.accept if accept else visit.session.reject)(pairs)
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


__all__ = ["PAGE", "decide", "index"]
