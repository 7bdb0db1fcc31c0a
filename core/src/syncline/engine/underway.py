"""A pass while it runs, and how it works single items: in their turn, and each for itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

from attrs import define, evolve, field

from ..decision import Remove, Write
from ..errors import LeaseLost, NotFound, OutcomeUnknown, StateError, StoreError, VersionMismatch
from ..model import Ref, Side, Status
from ..scope import about
from ..state.port import Staged
from ..state.records import Link
from .acting import carry_out
from .context import Job
from .examining import examine
from .governor import Removal, removal_of
from .observing import Sight
from .quarantine import isolate
from .report import Report
from .steps import Step
from .turns import Again, in_turn, refs_of
from .writes import Unsettled

logger = logging.getLogger(__name__)

T = TypeVar("T")
Act = Callable[[Job, Step, Report], Awaitable[None]]
"""What happens with a step: carried out, or written down in a plan."""

_TRIES = 3


@define(kw_only=True)
class Pass:
    """One pass while it runs."""

    job: Job
    report: Report
    act: Act = carry_out
    complete: frozenset[Side] = frozenset()
    epochs: frozenset[Side] = frozenset()
    scopes: dict[Side, str] = field(factory=dict)
    systemic: bool = False
    first: bool = False
    """True when no complete pass has been made before: nothing is removed."""
    removals: list[Removal] = field(factory=list)
    met: set[Ref] = field(factory=set)
    """Items that other runs have had since the listing began: of those it is not believed."""
    left: set[tuple[Side, Ref]] = field(factory=set)
    """Newcomers that were left to another run, which may have left them to this one: looked at
    again when the pass has ended."""

    def sight(self, link: Link, left: Staged | None, right: Staged | None) -> Sight:
        """Return what the listings say about one pair."""
        if self.has_met(link):
            return Sight(epochs=self.epochs, systemic=self.systemic)
        both = {Side.LEFT: left, Side.RIGHT: right}
        known = {s: head for s, head in both.items() if head is not None or s in self.complete}
        return Sight(staged=known, epochs=self.epochs, systemic=self.systemic)

    def has_met(self, link: Link) -> bool:
        """Tell whether another run was at an item of this pair since the listing began."""
        return not self.met.isdisjoint(refs_of(link))


async def spread(items: Iterable[T], work: Callable[[T], Awaitable[None]], workers: int) -> None:
    """Work `items` with some tasks at a time; the iterable is read as they get free.

    There are no more tasks than items: most passes find little to do.
    """
    queue: asyncio.Queue[T | None] = asyncio.Queue(maxsize=workers)

    async def worker() -> None:
        while (item := await queue.get()) is not None:
            await work(item)

    working = 0
    async with asyncio.TaskGroup() as group:
        for item in items:
            if working < workers:
                group.create_task(worker())
                working += 1
            await queue.put(item)
        for _ in range(working):
            await queue.put(None)


async def at_pair(this: Pass, pair: str, work: Callable[[Link], Awaitable[None]]) -> None:
    """Work a pair in its turn, as it is then; a pair that has ended is left alone."""
    job = this.job

    async def now() -> None:
        link = job.state.pair(pair)
        if link is not None:
            await isolated(this, link, work(link))

    await in_turn(job.process.turns, lambda: refs_of(job.state.pair(pair)), now, run=job.run)


async def at_items(this: Pass, refs: Iterable[Ref], work: Callable[[], Awaitable[T]]) -> T:
    """Work items that belong to no pair yet in their turn."""
    return await in_turn(
        this.job.process.turns, partial(frozenset[Ref], frozenset(refs)), work, run=this.job.run
    )


async def settle_pair(
    this: Pass,
    link: Link,
    sight: Sight,
    *,
    force: frozenset[Side] = frozenset(),
    because: str = "",
) -> None:
    """Examine a pair and act; look again when it moved in between, and give up for now at last."""
    for _ in range(_TRIES):
        step = await examine(this.job, link, sight, force=force)
        if isinstance(step.decision, Remove):
            this.removals.append(removal_of(step.link, step.decision.side))
            return
        try:
            await this.act(this.job, _explained(step, because), this.report)
        except (VersionMismatch, NotFound):
            force = frozenset(Side)
            fresh = this.job.state.pair(link.pair)
            if fresh is None:
                return
            link = fresh
        else:
            _isolate_unread(this, step)
            this.met -= refs_of(link)
            return
    this.report.counts["moving"] += 1


def _explained(step: Step, because: str) -> Step:
    told = step.detail or not isinstance(step.decision, Write)
    return step if told else evolve(step, detail=because)


def _isolate_unread(this: Pass, step: Step) -> None:
    for side, error in step.errors.items():
        ref = step.link.half(side).ref
        if ref is not None and not isinstance(error, NotFound):
            title = step.link.title
            isolate(this.job, side, ref, error, this.report, title=title)


async def isolated(this: Pass, link: Link, work: Awaitable[None]) -> None:
    """Let one item fail without changing the outcome of any other."""
    try:
        with about("item", item=_one_of(link)):
            await work
    except (LeaseLost, StateError, Again):
        raise
    except OutcomeUnknown as error:
        this.report.counts["unsure"] += 1
        logger.warning("an answer was lost", extra={"job": this.job.name, "detail": str(error)})
    except Exception as error:
        side = Side.LEFT if link.left.ref is not None else Side.RIGHT
        ref = link.half(side).ref
        if ref is None:
            raise
        if not isinstance(error, StoreError):
            logger.exception("an item failed unexpectedly", extra={"ref": str(ref)})
        isolate(this.job, side, ref, error, this.report, title=link.title)


def _one_of(link: Link) -> Ref | None:
    """Return the item by which logs and traces name a pair."""
    return link.left.ref or link.right.ref


async def alone(
    this: Pass, side: Side, ref: Ref, work: Awaitable[T], *, title: str = "", stamp: str = ""
) -> T | None:
    """Return what comes of looking at an item without a pair; None when it was set aside.

    Raises:
        Again, Unsettled: it is looked at later.
    """
    try:
        return await work
    except (LeaseLost, StateError, Again, Unsettled):
        raise
    except Exception as error:
        if not isinstance(error, StoreError):
            logger.exception("an item failed unexpectedly", extra={"ref": str(ref)})
        isolate(this.job, side, ref, error, this.report, title=title, stamp=stamp)
        return None


def as_remembered(link: Link, side: Side) -> Staged | None:
    """Return one side as if a listing said just what is remembered of it.

    What this very pass wrote is newer than its listing.
    """
    half = link.half(side)
    if half.ref is None:
        return None
    return Staged(ref=half.ref, stamp=half.stamp, status=Status.LIVE.value, title=link.title)
