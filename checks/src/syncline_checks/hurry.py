"""A clock for those who cannot wait: its sleeps are short, and as long as they say by itself."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone


class HurriedClock:
    """A `Clock` whose `monotonic` and `sleep` run `factor` times as fast as the wall clock.

    A back-off of five seconds takes half a second at a factor of 10; every decision that is made by
    comparing times is the same. `now` stays the machine's, so that dates agree with the servers'.
    """

    def __init__(self, factor: float = 10.0) -> None:
        self._factor = factor

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds of this clock, which never go backwards."""
        return time.monotonic() * self._factor

    async def sleep(self, seconds: float) -> None:
        """Suspend the task for `seconds` of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self._factor)
