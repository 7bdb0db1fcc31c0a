"""Fields of configuration jobs: one of them, a line of its history, and conflicts about it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.responses import Response

from syncline.config_items import kind_and_name
from syncline.engine import ConfigSession, FieldConflict
from syncline.engine.configuration import ManagedField
from syncline.engine.configuration.wording import value_text as value_shown
from syncline.errors import Stale
from syncline.model import JSON, Ref
from syncline.state.records import ConflictRecord, Entry

from ..choices import seen
from ..visit import Missing, Visit
from ..works import Outcome

_HISTORY = 50
_LONGEST = 10_000
"""Characters of a value that a person types."""
_LABELS = {
    "from": ("Take the rule's value", "The field gets what its rule says now."),
    "to": ("Keep the field's value", "The field keeps what it holds; a two-way rule's input too."),
}


async def show(visit: Visit, session: ConfigSession) -> Response:
    """Show what a field holds and why, or all managed fields of an object."""
    ref = visit.ref()
    found = list(session.book.find(ref))
    entries = session.history(ref=ref, limit=_HISTORY)
    if not found and not entries:
        raise Missing(f"Nothing of {ref} is managed by the job {visit.job}.")
    conflicts = [session.state.conflict_of(one.pair) for one in found]
    links = [session.state.pair(one.pair) for one in found]
    return visit.show(
        "field.html",
        job=visit.job,
        session=session,
        ref=ref,
        title=_title(ref, found) or entries[0].title,
        whole=len(found) > 1 or (bool(found) and ref not in (found[0].left, found[0].right)),
        conflicts=[record for record in conflicts if record is not None],
        held=any(link is not None and link.state.value == "held" for link in links),
        lines=await session.explain(ref),
        entries=entries,
    )


def _title(ref: Ref, found: Sequence[ManagedField]) -> str:
    """Return what people call a field, an object or a rule; empty where it is not managed."""
    if not found:
        return ""
    if ref in (found[0].left, found[0].right):
        return found[0].title
    return " ".join(kind_and_name(ref))


def entry(visit: Visit, line: Entry) -> Response:
    """Show one line of the history: the value before, and after."""
    item = visit.session.state.item
    values = {name: item(key) for name, key in (("before", line.before), ("after", line.after))}
    return visit.show(
        "change.html",
        job=visit.job,
        entry=line,
        values={
            name: {path: value_shown(value) for path, value in found.values.items()}
            for name, found in values.items()
            if found is not None
        },
    )


def conflict(visit: Visit, session: ConfigSession) -> Response:
    """Show a conflict about a field."""
    view = _view(visit, session)
    return visit.show(
        "choice.html",
        job=visit.job,
        session=session,
        record=view.record,
        rows=(
            ("Before", "what the field held when both last agreed", value_shown(view.base)),
            ("From", str(view.record.left), value_shown(view.said)),
            ("To", str(view.record.right), value_shown(view.held)),
        ),
        labels=_LABELS,
        seen=seen(view.record),
    )


def _view(visit: Visit, session: ConfigSession) -> FieldConflict:
    try:
        return session.conflict(visit.path("id"))
    except Stale as error:
        raise Missing(str(error)) from None


async def resolve(visit: Visit, session: ConfigSession) -> Response:
    """Do what a person chose about a field."""
    view = _view(visit, session)
    take, shown = visit.form.get("take"), visit.form.get("seen")
    back = visit.here("conflicts", view.record.id)
    if take not in view.choices:
        return visit.said(back, "Nothing was done", "That is no choice here.", "refused")
    edited = _typed(visit.form.get("value")) if take == "edit" else None

    async def do() -> Outcome:
        unmoved(session.conflict(view.record.id).record, shown)
        report = await session.resolve(view.record.id, take, edited=edited)
        return Outcome(message="The conflict is settled.", report=report, then=back)

    return await visit.started(do, title=f"Conflict about {view.record.title}", back=back)


def _typed(text: str) -> JSON:
    """Return what a person typed: JSON, or else the text itself."""
    try:
        value: JSON = json.loads(text[:_LONGEST])
    except (ValueError, RecursionError):
        return text[:_LONGEST]
    return value


def unmoved(record: ConflictRecord, shown: str) -> None:
    """Go on only if a conflict still is as it was shown.

    Raises:
        Stale: a pass has looked at it since, and something has moved.
    """
    if seen(record) != shown:
        raise Stale(
            "Nothing was done: one of the sides has moved since this page was shown to you. Below"
            " is how things stand now; look again, and choose again."
        )


__all__ = ["conflict", "entry", "resolve", "show", "unmoved"]
