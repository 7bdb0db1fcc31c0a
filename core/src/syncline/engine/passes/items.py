"""A pass while it runs, and how it works single items: in their turn, and each for itself."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

from attrs import evolve

from ...decision import Remove, Write
from ...errors import LeaseLost, NotFound, OutcomeUnknown, StateError, StoreError, VersionMismatch
from ...model import Ref, Side, Status
from ...scope import about
from ...state.port import Staged
from ...state.records import Link
from ..runs.quarantine import isolate
from ..runs.turns import Again, in_turn, refs_of
from ..steps.examination import examine
from ..steps.observation import Evidence
from ..steps.step import Step
from ..writing.governor import removal_of
from ..writing.open_writes import Unsettled
from .current import Pass

logger = logging.getLogger(__name__)

T = TypeVar("T")

_TRIES = 3


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
    evidence: Evidence,
    *,
    force: frozenset[Side] = frozenset(),
    because: str = "",
) -> None:
    """Examine a pair and act; look again when it moved in between, and give up for now at last."""
    for _ in range(_TRIES):
        step = await examine(this.job, link, evidence, force=force)
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


async def isolated_unpaired(
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
