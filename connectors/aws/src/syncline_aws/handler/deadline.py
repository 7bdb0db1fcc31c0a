"""How long an invocation may go on, and how a pass ends before that: between two items."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen

from syncline.engine.opening.jobs import AnySession
from syncline.ports import Clock

T = TypeVar("T")

MOST_MARGIN, SHARE = 15.0, 0.25
"""What is left for ending: seconds at most, and the share of the whole time."""
_LOOK = 0.02
"""Seconds between two looks whether a write is still under way."""


@frozen
class Deadline:
    """The moment at which nothing more is begun, and the one at which all has to be over."""

    clock: Clock
    begin_nothing: float
    over: float
    """Both in the clock's monotonic seconds."""

    @classmethod
    def of(cls, clock: Clock, seconds: float) -> Deadline:
        """Return the deadline of an invocation that is ended from outside after `seconds`."""
        now, margin = clock.monotonic(), min(MOST_MARGIN, seconds * SHARE)
        return cls(clock, now + seconds - margin, now + seconds - margin / 3)

    @property
    def left(self) -> float:
        """The seconds in which something may still be begun."""
        return self.begin_nothing - self.clock.monotonic()


async def within(
    session: AnySession, deadline: Deadline, work: Callable[[], Awaitable[T]]
) -> T | None:
    """Return what `work` returns; None where it had to be ended at a safe boundary.

    Nothing is begun after the deadline, and what is being written is finished. What is left is
    found by the next look: it is in the state, or differs.
    """
    task = asyncio.ensure_future(work())
    try:
        done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline.left))
        if not done:
            session.wind_down()
            await _written(session, deadline, task)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        session.resume()
    return None if task.cancelled() else task.result()


async def _written(session: AnySession, deadline: Deadline, task: asyncio.Future[T]) -> None:
    while not task.done() and deadline.clock.monotonic() < deadline.over:
        # Every write is journalled before it is sent; where nothing is, items are only read.
        if not (session.at_hand and session.state.intents(session.job)):
            return
        await asyncio.sleep(_LOOK)


__all__ = ["Deadline", "within"]
