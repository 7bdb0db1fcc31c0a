"""Hints: objects that something was heard of. What they hold is read, never what was heard.

A hint names an object that rules read or write. It is spread to the objects that those rules
write, and each of these is looked at once its hints have been gathered for a moment. Several
processes do so at the same time, each object being one process's at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from ...model import Change, Ref, Side
from ...rules import object_and_path
from ...state.records import ClearDirty, Dirty, Effect, MarkDirty
from ..runs.report import Report
from . import passes
from .context import ConfigWork
from .execution import Outcome, settle
from .recovery import recover
from .rulebook import Group

HEARD, TO_DO = Side.LEFT, Side.RIGHT
"""The side of a mark: an object that something was heard of, or one to be looked at."""
_MOST = 2000
"""Marks that are taken up together."""


def spread_out(work: ConfigWork) -> None:
    """Turn what was heard into what has to be looked at; each mark is exchanged in one commit."""
    while rows := [row for row in _rows(work) if row.side is HEARD]:
        effects: list[Effect] = []
        for row in rows:
            for group in _concerned(work, row.change.ref):
                # What is heard anew of an object that waits for a time is worth a look.
                work.later.pop(group.ref, None)
                change = Change(ref=group.ref)
                effects.append(MarkDirty(work.name, TO_DO, change, priority=0, at=row.at))
            effects.append(ClearDirty(work.name, HEARD, row.change.ref, row.generation))
        work.commit(effects)


def _rows(work: ConfigWork) -> Sequence[Dirty]:
    return work.state.dirty(work.name, limit=_MOST)


def _concerned(work: ConfigWork, ref: Ref) -> list[Group]:
    """Return what depends on an object, or on the object of a field."""
    found = work.book.affected([ref])
    if not found:
        with suppress(ValueError):  # it is no field, either
            found = work.book.affected([object_and_path(ref)[0]])
    return found


def due_at(work: ConfigWork, row: Dirty) -> datetime | None:
    """Return when an object is looked at; None: at once."""
    group = work.book.group(row.change.ref)
    gathered = None
    if group is not None and row.at is not None:
        # A hint that lies in the future (a clock was set back) counts as one of this moment.
        gathered = min(row.at, work.now()) + group.debounce
    times = (gathered, work.later.get(row.change.ref))
    return max((time for time in times if time is not None), default=None)


def due_in(work: ConfigWork) -> timedelta | None:
    """Return after what time something has to be looked at; None when nothing waits."""
    times = [due_at(work, row) for row in _rows(work)]
    if not times:
        return None
    now = work.now()
    return max(timedelta(0), min(now if time is None else time for time in times) - now)


def due(work: ConfigWork) -> list[Dirty]:
    """Return the objects that are to be looked at now."""
    now = work.now()
    return [
        row
        for row in _rows(work)
        if row.side is TO_DO and ((time := due_at(work, row)) is None or time <= now)
    ]


def idle(work: ConfigWork) -> bool:
    """Tell whether there is nothing to do at this moment."""
    if work.state.intents(work.name):
        return False
    spread_out(work)
    return not due(work)


async def work_hints(work: ConfigWork, report: Report) -> None:
    """Look at every object whose time has come; what another process is at is left to it."""
    await recover(work, report)
    tried: set[tuple[Ref, int]] = set()
    while True:
        spread_out(work)
        rows = [row for row in due(work) if (row.change.ref, row.generation) not in tried]
        if not rows:
            return
        tried |= {(row.change.ref, row.generation) for row in rows}
        await _work(work, rows, report)


async def _work(work: ConfigWork, rows: Sequence[Dirty], report: Report) -> None:
    groups: list[Group] = []
    marks: dict[Ref, Dirty] = {}
    for row in rows:
        group = work.book.group(row.change.ref)
        if group is None:
            _clear(work, row)  # no rule manages it any more
        else:
            groups.append(group)
            marks[group.ref] = row
    left: set[Ref] = set()

    async def act(examined: passes.Examined, report: Report) -> None:
        outcome: Outcome = await settle(work, examined.group, report)
        ref = examined.group.ref
        if outcome.again is not None:
            work.later[ref] = outcome.again
        if outcome.left or outcome.again is not None:
            left.add(ref)

    groups.sort(key=lambda group: group.fields[0].pair)
    await passes.look_at(work, groups, report, act)
    for ref, row in marks.items():
        if ref not in left:
            work.later.pop(ref, None)
            _clear(work, row)


def _clear(work: ConfigWork, row: Dirty) -> None:
    work.commit([ClearDirty(work.name, row.side, row.change.ref, row.generation)])


__all__ = ["HEARD", "due_in", "idle", "spread_out", "work_hints"]
