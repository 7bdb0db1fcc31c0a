"""How late the event loop is: what keeps it busy keeps everybody waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_EVERY = 0.25
_REPORTS = 4
"""Measurements of which the worst is told."""


async def measure(tell: Callable[[float], None]) -> None:
    """Call `tell` about once a second with the worst lateness since, in seconds."""
    while True:
        worst = 0.0
        for _ in range(_REPORTS):
            # The loop's own time, whatever clock the jobs go by.
            before = time.monotonic()
            await asyncio.sleep(_EVERY)
            worst = max(worst, time.monotonic() - before - _EVERY)
        tell(max(0.0, worst))


__all__ = ["measure"]
