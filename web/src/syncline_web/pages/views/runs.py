"""Runs: what each did, line by line, and undoing one."""

from __future__ import annotations

import asyncio
from collections import Counter

from starlette.responses import Response

from syncline.engine import ConfigSession
from syncline.engine.status import browsing
from syncline.state.records import Run

from ..panels import panel
from ..sparkline import counts_of
from ..visit import Missing, Visit, text_of
from ..works import Outcome
from . import fields

PAGE = 50
_LAST = 2**62
_UNDOABLE = ("created", "updated", "repaired", "merged", "removed")
_MOST_COUNTED = 20_000


async def index(visit: Visit) -> Response:
    """Show a page of runs, newest first."""
    place = visit.after if visit.query("after") else ("9999", "")
    quiet = visit.query("which") == "all"
    rows = visit.session.state.run_page(visit.job, place, PAGE + 1, quiet=quiet)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    after = text_of((last.started_at.isoformat(), last.id)) if last else None
    return visit.show(
        "runs.html",
        job=visit.job,
        rows=rows[:PAGE],
        counts_of=counts_of,
        quiet=quiet,
        further=visit.here("runs", which=visit.query("which"), after=after) if after else None,
    )


def _run(visit: Visit) -> Run:
    run = visit.session.state.run(visit.job, visit.path("run"))
    if run is None:
        raise Missing(f"There is no run {visit.path('run')} of {visit.job}.")
    return run


async def show(visit: Visit) -> Response:
    """Show a page of what one run did."""
    run = _run(visit)
    text = visit.query("before")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else _LAST
    state = visit.session.state
    rows = state.history_page(visit.job, run=run.id, pair=None, before=before, limit=PAGE + 1)
    last = rows[PAGE - 1].id if len(rows) > PAGE else None
    hidden = {} if visit.person.may("operator") else _veiled(visit, [r.pair for r in rows])
    return visit.show(
        "run.html",
        job=visit.job,
        run=run,
        counts=counts_of(run),
        rows=rows[:PAGE],
        hidden=hidden,
        further=visit.here("runs", run.id, before=last) if last else None,
    )


def _veiled(visit: Visit, pairs: list[str]) -> dict[str, bool]:
    state, job = visit.session.state, visit.job
    return {pair: browsing.is_veiled(state, job, pair) for pair in dict.fromkeys(pairs)}


async def entry(visit: Visit) -> Response:
    """Show one line of the history: what was there before, and after."""
    state = visit.session.state
    line = state.entry(visit.job, visit.line())
    if line is None:
        raise Missing("There is no such line in the history.")
    if isinstance(visit.session, ConfigSession):
        return fields.entry(visit, line)
    veiled = browsing.is_veiled(state, visit.job, line.pair)
    hidden = veiled and not visit.person.may("operator")
    before, after = (None, None) if hidden else (state.value(line.before), state.value(line.after))
    shown = after or before
    difference = await asyncio.to_thread(panel, before, shown) if shown is not None else None
    return visit.show(
        "entry.html",
        job=visit.job,
        session=visit.session,
        entry=line,
        hidden=hidden,
        before=before,
        after=after,
        difference=difference,
    )


async def confirm(visit: Visit) -> Response:
    """Ask before a run is undone, and say what that means."""
    run = _run(visit)
    entries = visit.session.history(run=run.id, limit=_MOST_COUNTED)
    events = Counter(entry.event for entry in entries)
    return visit.show(
        "undo.html",
        job=visit.job,
        run=run,
        undoable={name: events[name] for name in _UNDOABLE if events[name]},
        withdrawn=events["withdrawn"],
    )


async def undo(visit: Visit) -> Response:
    """Put back what a run wrote and nobody has touched since."""
    run, session = _run(visit), visit.session
    token = visit.form.get("token") or None

    async def do() -> Outcome:
        return Outcome(message="The run was undone.", report=await session.undo(run.id, token))

    back = visit.here("runs", run.id)
    return await visit.started(do, title=f"Undo of {run.id}", back=back)


__all__ = ["PAGE", "confirm", "entry", "index", "show", "undo"]
