"""Editing the proposed merge: fields, a text as HTML, and a preview before anything is applied."""

from __future__ import annotations

import asyncio

from attrs import evolve, frozen
from starlette.responses import Response

from syncline.engine import ConflictView, Session
from syncline.engine.status import comparison
from syncline.errors import Rejected
from syncline.model import Document

from ..choices import seen
from ..drafts import Draft, Key
from ..layout import laid_out
from ..panels import Panel, panel
from ..visit import Missing, Visit
from ..works import Outcome
from .bodies import see
from .conflicts import _conflict, still

_STARTS = ("proposed", "left", "right")


@frozen(kw_only=True)
class Text:
    """What stands in the form."""

    title: str
    body: str
    category: str | None
    labels: str | None
    alternatives: str | None


async def show(visit: Visit) -> Response:
    """Show the form: with what this person typed before, or with a text to start from."""
    view = _conflict(visit)
    see(visit, view.record.pair)
    if "edit" not in view.choices:
        raise Missing("There is no text to edit in this conflict.")
    start = visit.query("start")
    kept = None if start else visit.pages.drafts.get(_key(visit, view))
    if kept is not None:
        return await _form(visit, view, _text(kept.value, kept.typed), kept.seen, draft=kept)
    value = _started(visit.articles, view, start)
    if value is None:
        raise Missing("Neither side has a text to edit.")
    body = await asyncio.to_thread(laid_out, value.body)
    return await _form(visit, view, _text(value, body), seen(view.record))


def _key(visit: Visit, view: ConflictView) -> Key:
    return (visit.person.name, visit.job, view.record.id)


def _started(session: Session, view: ConflictView, start: str) -> Document | None:
    """Return the text to start from: the one asked for, else the proposal, else a side."""
    order = [start, *_STARTS] if start in _STARTS else _STARTS
    found = (comparison.editable(session, view, name) for name in order)
    return next((value for value in found if value is not None), None)


def _text(value: Document, body: str) -> Text:
    return Text(
        title=value.title,
        body=body,
        category=_lines(value.category),
        labels=_lines(None if value.labels is None else tuple(sorted(value.labels))),
        alternatives=_lines(value.alternatives),
    )


def _lines(parts: tuple[str, ...] | None) -> str | None:
    return None if parts is None else "\n".join(parts)


async def _form(
    visit: Visit,
    view: ConflictView,
    text: Text,
    shown: str,
    *,
    draft: Draft | None = None,
    problem: str = "",
) -> Response:
    """Return the form; `shown` is how the conflict stood when the text was begun."""
    return visit.show(
        "edit.html",
        status=422 if problem else 200,
        job=visit.job,
        session=visit.articles,
        record=view.record,
        text=text,
        draft=draft,
        preview=await _preview(visit.articles, view, draft),
        problem=problem,
        seen=shown,
        now=seen(view.record),
        starts=[name for name in _STARTS if getattr(view, name) is not None],
    )


async def _preview(session: Session, view: ConflictView, draft: Draft | None) -> Panel | None:
    if draft is None:
        return None
    base = view.base or view.left or view.right
    shared = comparison.in_shared_words(session, base) if base is not None else None
    return await asyncio.to_thread(panel, shared, draft.value)


async def submit(visit: Visit) -> Response:
    """Keep what was typed; show it, or apply it."""
    view = _conflict(visit)
    see(visit, view.record.pair)
    start = _started(visit.articles, view, "")
    if start is None or "edit" not in view.choices:
        raise Missing("There is no text to edit in this conflict.")
    key, typed, shown = _key(visit, view), visit.form.get("body"), _shown(visit)
    if visit.form.get("do") == "discard":
        visit.pages.drafts.drop(key)
        back = visit.here("conflicts", view.record.id)
        return visit.said(back, "Given up", "What you typed is forgotten; nothing was done.")
    try:
        value = await asyncio.to_thread(_edited, start, visit, typed)
    except Rejected as error:
        return await _form(visit, view, _typed(start, visit), shown, problem=str(error))
    visit.pages.drafts.put(key, Draft(value=value, typed=typed, seen=shown))
    if visit.form.get("do") != "apply":
        return visit.to(visit.here("conflicts", view.record.id, "edit") + "#preview")
    return await _apply(visit, view, value, shown)


def _shown(visit: Visit) -> str:
    # A preview is no look at the two sides: what was typed stays bound to what it was begun from.
    return visit.form.get("looked") or visit.form.get("seen")


async def _apply(visit: Visit, view: ConflictView, value: Document, shown: str) -> Response:
    session, drafts, key = visit.articles, visit.pages.drafts, _key(visit, view)
    id = view.record.id
    back = visit.here("conflicts", id)

    async def do() -> Outcome:
        still(session.conflict(id), shown)
        report = await session.resolve(id, "edit", edited=value)
        drafts.drop(key)
        return Outcome(message="Both sides have your text.", report=report, then=back)

    title = f"Your text for “{view.record.title}”"
    return await visit.started(do, title=title, back=back)


def _edited(start: Document, visit: Visit, typed: str) -> Document:
    """Return what a person typed, over the text that it started from; hostile HTML is cleaned.

    Raises:
        Rejected: there is no title, or the text is too long or too deep.
    """
    form = visit.form
    title = " ".join(form.get("title").split())
    if not title:
        raise Rejected("An article needs a title.")
    category, labels = _parts(form.get("category")), _parts(form.get("labels"))
    alternatives = _parts(form.get("alternatives"))
    return evolve(
        start,
        title=title,
        body=comparison.edited_body(typed),
        category=None if start.category is None else category,
        labels=None if start.labels is None else frozenset(labels),
        alternatives=None if start.alternatives is None else alternatives,
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _typed(start: Document, visit: Visit) -> Text:
    form = visit.form
    return Text(
        title=form.get("title"),
        body=form.get("body"),
        category=None if start.category is None else form.get("category"),
        labels=None if start.labels is None else form.get("labels"),
        alternatives=None if start.alternatives is None else form.get("alternatives"),
    )


__all__ = ["Text", "show", "submit"]
