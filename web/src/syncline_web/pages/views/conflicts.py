"""Conflicts: the queue, one of them, and the choice of a person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from attrs import frozen
from starlette.responses import Response

from syncline.engine import ConfigSession, ConflictView
from syncline.engine.status import browsing
from syncline.errors import Stale
from syncline.model import Document, Ref

from ..choices import Choice, choices, seen
from ..panels import Panel, panel
from ..visit import Missing, Visit, text_of
from ..works import Outcome
from . import fields
from .bodies import see

PAGE = 50
_WHICH = ("open", "review", "settled")


async def index(visit: Visit) -> Response:
    """Show a page of the queue."""
    which = visit.query("which", "open")
    if which not in _WHICH:
        raise Missing(f"There is no list {which!r} of conflicts.")
    state = visit.session.state
    rows = state.conflict_page(visit.job, which=which, after=visit.after, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    place = text_of((last.found_at.isoformat(), last.id)) if last else None
    return visit.show(
        "conflicts.html",
        job=visit.job,
        session=visit.session,
        rows=rows[:PAGE],
        which=which,
        counts=state.counts(visit.job),
        further=visit.here("conflicts", which=which, after=place) if place else None,
    )


@frozen(kw_only=True)
class Column:
    """One of the texts of a conflict, beside the others."""

    name: str
    heading: str
    value: Document | None
    panel: Panel | None
    ref: Ref | None = None
    against: str = ""
    """Which text its changes are told against."""


async def show(visit: Visit) -> Response:
    """Show one conflict: base, left, right and the proposed merge."""
    if isinstance(visit.session, ConfigSession):
        return fields.conflict(visit, visit.session)
    view = _conflict(visit)
    hidden = _hidden(visit, view)
    columns = [] if hidden else await asyncio.to_thread(lambda: list(_columns(visit, view)))
    session = visit.session
    key = (visit.person.name, visit.job, view.record.id)
    return visit.show(
        "conflict.html",
        job=visit.job,
        session=session,
        record=view.record,
        view=view,
        hidden=hidden,
        columns=columns,
        choices=_choices(visit, view),
        can_edit="edit" in view.choices,
        seen=seen(view.record),
        draft=visit.pages.drafts.get(key),
        following=_following(visit, view.record.id),
    )


def _conflict(visit: Visit) -> ConflictView:
    try:
        return visit.articles.conflict(visit.path("id"))
    except Stale as error:
        raise Missing(str(error)) from None


def _hidden(visit: Visit, view: ConflictView) -> bool:
    veiled = browsing.is_veiled(visit.session.state, visit.job, view.record.pair)
    return veiled and not visit.person.may("operator")


def _columns(visit: Visit, view: ConflictView) -> Iterator[Column]:
    left, right = visit.session.left_name, visit.session.right_name
    record = view.record
    texts = (
        ("base", "Base: what both last agreed on", view.base, None, None, ""),
        ("left", f"Left: {left}", view.left, view.base, record.left, "the base"),
        (
            *("right", f"Right: {right}", view.right, view.right_base or view.base),
            *(record.right, "the base as the right holds it" if view.right_base else "the base"),
        ),
        ("proposed", "Proposed merge", view.proposed, view.base, None, "the base"),
    )
    for name, heading, value, old, ref, against in texts:
        if value is None and name == "proposed":
            continue
        shown = panel(old, value) if value is not None else None
        told = against if old is not None else ""
        yield Column(name=name, heading=heading, value=value, panel=shown, ref=ref, against=told)


def _choices(visit: Visit, view: ConflictView) -> tuple[Choice, ...]:
    session = visit.session
    link = session.state.pair(view.record.pair)
    return choices(view, session.left_name, session.right_name, link.origin if link else None)


def _following(visit: Visit, id: str) -> str | None:
    """Return the next conflict that waits, so that a person can work through the queue."""
    page = visit.session.state.conflict_page(visit.job, which="open", after=("", ""), limit=2)
    found = next((record.id for record in page if record.id != id), None)
    return visit.here("conflicts", found) if found else None


async def resolve(visit: Visit) -> Response:
    """Do what a person chose, if the conflict still is what that person saw."""
    if isinstance(visit.session, ConfigSession):
        return await fields.resolve(visit, visit.session)
    view = _conflict(visit)
    see(visit, view.record.pair)
    take, shown = visit.form.get("take"), visit.form.get("seen")
    back = visit.here("conflicts", view.record.id)
    choice = next((c for c in _choices(visit, view) if c.take == take), None)
    if choice is None:
        return visit.said(back, "Nothing was done", "That is no choice here.", "refused")
    if choice.removes and visit.form.get("sure") != "yes":
        message = "Nothing was done: tick the box beside the button, because an article goes."
        return visit.said(back, "Not yet", message, "refused")
    session = visit.articles

    async def do() -> Outcome:
        still(session.conflict(view.record.id), shown)
        report = await session.resolve(view.record.id, take)
        return Outcome(message="The conflict is settled.", report=report, then=back)

    title = f"{choice.label} in “{view.record.title}”"
    return await visit.started(do, title=title, back=back)


def still(view: ConflictView, shown: str) -> None:
    """Go on only if a conflict still is as it was shown.

    Raises:
        Stale: a pass has looked at it since, and something has moved.
    """
    fields.unmoved(view.record, shown)


__all__ = ["Column", "index", "resolve", "show", "still"]
