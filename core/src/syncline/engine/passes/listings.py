"""Both sides listed to their ends, and how far the listings are believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ...errors import StoreError, Unavailable
from ...model import Complete, Head, Incomplete, Ref, Side, Status
from ..context import Job
from .current import Pass

_BATCH = 500


async def list_sides(this: Pass) -> None:
    """Stage the listings of both sides, and note what they allow to be inferred."""
    job = this.job
    job.state.unstage(job.name)
    async with asyncio.TaskGroup() as group:
        tasks = {side: group.create_task(_list_side(this, side)) for side in Side}
    ends = {side: task.result() for side, task in tasks.items()}
    this.scopes = {
        side: f"{end.scope}|{job.mapping.version}"
        for side, end in ends.items()
        if isinstance(end, Complete)
    }
    known = {side: job.state.scope(job.name, side) for side in Side}
    this.first = any(scope is None for scope in known.values())
    this.complete = frozenset(this.scopes)
    this.epochs = frozenset(
        s for s in this.complete if known[s] is not None and known[s] != this.scopes[s]
    )
    alarming = [side for side in Side if _mostly_unknown(this, side)]
    this.systemic = bool(alarming)
    _distrust_empty(this)


async def _list_side(this: Pass, side: Side) -> Complete | Incomplete:
    batch: list[Head] = []
    why = "the listing ended without saying whether it is complete"
    try:
        async with aclosing(_heads(this.job, side)) as heads:
            async for listed in heads:
                if isinstance(listed, Head):
                    batch.append(listed)
                    if len(batch) >= _BATCH:
                        _stage(this, side, batch)
                elif isinstance(listed, Complete):
                    _stage(this, side, batch)
                    this.job.state.keep_tree(side)
                    return listed
                else:
                    why = listed.reason
                    break
    except StoreError as error:
        why = str(error)
    _stage(this, side, batch)
    this.report.incomplete[side] = why
    return Incomplete(reason=why)


async def learn_tree(job: Job, side: Side) -> None:
    """Learn which items of one side lie below which, where no listing of this process has.

    Raises:
        Unavailable: the listing broke off.
    """
    below: list[tuple[Ref, Ref]] = []
    async with aclosing(_heads(job, side)) as heads:
        async for listed in heads:
            match listed:
                case Head(ref=ref, parent=Ref() as parent):
                    below.append((ref, parent))
                case Incomplete(reason=why):
                    raise Unavailable(f"{job.connection(side)} was not listed to its end: {why}")
    job.state.place(side, below)
    job.state.keep_tree(side)


async def _heads(job: Job, side: Side) -> AsyncGenerator[Head | Complete | Incomplete, None]:
    async for listed in job.store(side).heads():
        yield listed


def _stage(this: Pass, side: Side, batch: list[Head]) -> None:
    this.job.state.stage(this.job.name, side, batch)
    this.job.progress("listed", side=side.value, count=len(batch))
    batch.clear()


def _mostly_unknown(this: Pass, side: Side) -> bool:
    counts = this.job.state.staged_counts(side)
    unknown, total = counts.get(Status.UNKNOWN.value, 0), sum(counts.values())
    if unknown <= 1 or unknown <= total * this.job.limits.unknown_ceiling:
        return False
    this.report.alarms.append(
        f"{this.job.connection(side)}: the visibility of {unknown} of {total} items could not be"
        " learnt; none of them is published, and nothing is withdrawn because of it"
    )
    return True


def _distrust_empty(this: Pass) -> None:
    # A side that suddenly lists nothing is a stop, not a mass deletion.
    job = this.job
    linked = sum(job.state.count_links(job.name).values())
    for side in Side:
        if side in this.complete and linked > 1 and not job.state.staged_counts(side):
            reason = f"it lists nothing although {linked} of its items are paired"
            this.complete -= {side}
            this.scopes.pop(side)
            this.report.incomplete[side] = reason
            this.report.alarms.append(f"{job.connection(side)}: {reason}; nothing is inferred")
