"""Snapshots that were heard some moments ago, to know those that come again on other topics."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

SPAN = timedelta(seconds=3)
"""So long the same snapshot is a repeat. Later it says that something is again as it was, such as
a recording that was paused and goes on."""


class Recent:
    """The hashes of snapshots within a span of time."""

    def __init__(self, span: timedelta = SPAN) -> None:
        self._span = span
        self._known: set[int] = set()
        self._order: deque[tuple[datetime, int]] = deque()

    def repeats(self, snapshot: int, observed: datetime) -> bool:
        """Tell whether a snapshot was heard within the span; remember it if not."""
        if self._order and observed < self._order[-1][0]:
            # The clock was set back: when the others were heard cannot be said any more.
            self._order.clear()
            self._known.clear()
        while self._order and self._order[0][0] + self._span <= observed:
            _, old = self._order.popleft()
            self._known.discard(old)
        if snapshot in self._known:
            return True
        self._known.add(snapshot)
        self._order.append((observed, snapshot))
        return False


__all__ = ["SPAN", "Recent"]
