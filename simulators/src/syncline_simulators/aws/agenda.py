"""What is to happen later, by the simulated time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from ..kernel.clock import SimClock


class Agenda:
    """Deeds in the order in which they are due; those of one moment in the order of their entry."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def after(self, seconds: float, deed: Callable[[], None]) -> float:
        """Do this so many seconds from now; the moment, in the clock's elapsed seconds."""
        due = self._clock.elapsed() + seconds
        heapq.heappush(self._entries, (due, next(self._numbers), deed))
        return due

    def tick(self) -> None:
        """Do everything that is due."""
        while self._entries and self._entries[0][0] <= self._clock.elapsed():
            _, _, deed = heapq.heappop(self._entries)
            deed()
