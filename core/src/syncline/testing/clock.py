"""A clock that a test owns: time passes only when somebody sleeps or the test says so."""

from __future__ import annotations

import asyncio
import heapq
from datetime import datetime, timedelta, timezone
from itertools import count

_SETTLE = 10
"""Turns of the event loop that runnable tasks get before time moves on."""


class FakeClock:
    """A `Clock` whose sleeps cost no time.

    With `auto` (the default) time jumps to the earliest sleeper as soon as the tasks that could
    run have had their turns: any number of concurrent sleeps end in the right order and at the
    right times. Without it only `advance` moves time. The event loop's own time-outs
    (`asyncio.timeout`) stay on real time, so real sockets and this clock go together.
    """

    def __init__(self, start: datetime | None = None, *, auto: bool = True) -> None:
        self._wall = start or datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)
        self._elapsed = 0.0
        self._auto = auto
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self.slept: list[float] = []
        """Every duration that was asked for, in order, in seconds."""

    def now(self) -> datetime:
        """Return the wall clock's time: the start, what was slept, and every `jump`."""
        return self._wall

    def monotonic(self) -> float:
        """Return the seconds since the clock was made; `jump` does not touch it."""
        return self._elapsed

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forwards or backwards, as an operator or NTP does."""
        self._wall += by

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass and wake everybody whose sleep is over."""
        self._pass(self._elapsed + seconds)

    async def sleep(self, seconds: float) -> None:
        """Suspend the task until the clock has moved on by `seconds`."""
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = (self._elapsed + seconds, next(self._order), asyncio.Event())
        heapq.heappush(self._sleepers, sleeper)
        try:
            await (self._in_turn(sleeper) if self._auto else sleeper[2].wait())
        finally:
            self._forget(sleeper)

    async def _in_turn(self, sleeper: tuple[float, int, asyncio.Event]) -> None:
        due, _, woken = sleeper
        while self._elapsed < due:
            if self._sleepers[0] is not sleeper:
                woken.clear()
                await woken.wait()
                continue
            for _ in range(_SETTLE):
                await asyncio.sleep(0)
            if self._sleepers[0] is sleeper and self._elapsed < due:
                self._pass(due)

    def _pass(self, until: float) -> None:
        self._wall += timedelta(seconds=until - self._elapsed)
        self._elapsed = until
        for due, _, woken in self._sleepers:
            if due <= until:
                woken.set()

    def _forget(self, sleeper: tuple[float, int, asyncio.Event]) -> None:
        self._sleepers.remove(sleeper)
        heapq.heapify(self._sleepers)
        if self._sleepers:
            # The next in line now decides when time moves on.
            self._sleepers[0][2].set()


__all__ = ["FakeClock"]
