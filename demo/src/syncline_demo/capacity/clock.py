"""A clock that can be moved on, so that minutes of a demonstration take no time."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

from attrs import field, frozen

from syncline.clock import SystemClock

from ..systems import System


class MovedClock(SystemClock):
    """The machine's clock, and some time on top."""

    def __init__(self) -> None:
        self._moved = 0.0
        self._sleepers: set[asyncio.Event] = set()

    def advance(self, seconds: float) -> None:
        """Let so much time have passed; whoever has slept long enough by then wakes up."""
        self._moved += seconds
        for moved in self._sleepers:
            moved.set()

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._moved)

    def monotonic(self) -> float:
        return super().monotonic() + self._moved

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        moved = asyncio.Event()
        self._sleepers.add(moved)
        try:
            while (left := until - self.monotonic()) > 0:
                moved.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(moved.wait(), left)
        finally:
            self._sleepers.discard(moved)
        await super().sleep(0)


@frozen
class SharedTime:
    """The time of Syncline and of both systems: it is moved on for all of them together."""

    clock: MovedClock
    systems: tuple[System, ...] = field(repr=False)

    def advance(self, seconds: float) -> None:
        """Let so much time have passed everywhere, in whole seconds."""
        self.clock.advance(round(seconds))
        for system in self.systems:
            system.later(round(seconds))
