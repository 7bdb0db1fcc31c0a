"""The machine's clock, behind the `Clock` port."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone


class SystemClock:
    """The time of this machine. Anything that waits or dates takes a `Clock`, never `time`."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that never go backwards, whatever happens to the wall clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Suspend the task for `seconds`; zero or less only lets other tasks run."""
        await asyncio.sleep(max(0.0, seconds))


__all__ = ["SystemClock"]
