"""What happens later: finished tasks, a search index that lags behind."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from ..kernel import SimClock


class Schedule:
    """Work with a due time, done by `settle`, which every request and every look calls first."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._order = count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do this when so many simulated seconds have passed."""
        due = self._clock.elapsed() + seconds
        heapq.heappush(self._due, (due, next(self._order), work))

    def settle(self) -> None:
        """Do everything that is due."""
        now = self._clock.elapsed()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
