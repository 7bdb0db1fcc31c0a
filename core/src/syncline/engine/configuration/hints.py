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
from .context import RunningConfigJob
from .execution import Outcome, settle
from .recovery import recover
from .rulebook import ManagedObject

HEARD, TO_DO = Side.LEFT, Side.RIGHT
"""The side of a mark: an object that something was heard of, or one to be looked at."""
_MOST = 2000
"""Marks that are taken up together."""


def spread_out(job: RunningConfigJob) -> None:
    """Turn what was heard into what has to be looked at; each mark is exchanged in one commit."""
    while rows := [row for row in _rows(job) if row.side is HEARD]:
        effects: list[Effect] = []
        for row in rows:
            for group in _concerned(job, row.change.ref):
                # What is heard anew of an object that waits for a time is worth a look.
                job.later.pop(group.ref, None)
                change = Change(ref=group.ref)
                effects.append(MarkDirty(job.name, TO_DO, change, priority=0, at=row.at))
            effects.append(ClearDirty(job.name, HEARD, row.change.ref, row.generation))
        job.commit(effects)


def _rows(job: RunningConfigJob) -> Sequence[Dirty]:
    return job.state.dirty(job.name, limit=_MOST)


def _concerned(job: RunningConfigJob, ref: Ref) -> list[ManagedObject]:
    """Return what depends on an object, or on the object of a field."""
    found = job.book.affected([ref])
    if not found:
        with suppress(ValueError):  # it is no field, either
            found = job.book.affected([object_and_path(ref)[0]])
    return found


def due_at(job: RunningConfigJob, row: Dirty) -> datetime | None:
    """Return when an object is looked at; None: at once."""
    group = job.book.group(row.change.ref)
    gathered = None
    if group is not None and row.at is not None:
        # A hint that lies in the future (a clock was set back) counts as one of this moment.
        gathered = min(row.at, job.now()) + group.debounce
    times = (gathered, job.later.get(row.change.ref))
    return max((time for time in times if time is not None), default=None)


def due_in(job: RunningConfigJob) -> timedelta | None:
    """Return after what time something has to be looked at; None when nothing waits."""
    times = [due_at(job, row) for row in _rows(job)]
    if not times:
        return None
    now = job.now()
    return max(timedelta(0), min(now if time is None else time for time in times) - now)


def due(job: RunningConfigJob) -> list[Dirty]:
    """Return the objects that are to be looked at now."""
    now = job.now()
    return [
        row
        for row in _rows(job)
        if row.side is TO_DO and ((time := due_at(job, row)) is None or time <= now)
    ]


def idle(job: RunningConfigJob) -> bool:
    """Tell whether there is nothing to do at this moment."""
    if job.state.intents(job.name):
        return False
    spread_out(job)
    return not due(job)


async def work_hints(job: RunningConfigJob, report: Report) -> None:
    """Look at every object whose time has come; what another process is at is left to it."""
    await recover(job, report)
    tried: set[tuple[Ref, int]] = set()
    while True:
        spread_out(job)
        rows = [row for row in due(job) if (row.change.ref, row.generation) not in tried]
        if not rows:
            return
        tried |= {(row.change.ref, row.generation) for row in rows}
        await _work(job, rows, report)


async def _work(job: RunningConfigJob, rows: Sequence[Dirty], report: Report) -> None:
    groups: list[ManagedObject] = []
    marks: dict[Ref, Dirty] = {}
    for row in rows:
        group = job.book.group(row.change.ref)
        if group is None:
            _clear(job, row)  # no rule manages it any more
        else:
            groups.append(group)
            marks[group.ref] = row
    left: set[Ref] = set()

    async def act(examined: passes.Examined, report: Report) -> None:
        outcome: Outcome = await settle(job, examined.group, report)
        ref = examined.group.ref
        if outcome.again is not None:
            job.later[ref] = outcome.again
        if outcome.left or outcome.again is not None:
            left.add(ref)

    groups.sort(key=lambda group: group.fields[0].pair)
    await passes.look_at(job, groups, report, act)
    for ref, row in marks.items():
        if ref not in left:
            job.later.pop(ref, None)
            _clear(job, row)


def _clear(job: RunningConfigJob, row: Dirty) -> None:
    job.commit([ClearDirty(job.name, row.side, row.change.ref, row.generation)])


__all__ = ["HEARD", "due_in", "idle", "spread_out", "work_hints"]
