"""A clock that can be moved on, so that minutes of a demonstration take no time."""

from __future__ import annotations

from datetime import datetime, timedelta

from syncline.clock import SystemClock


class MovedClock(SystemClock):
    """The machine's clock, and some time on top."""

    def __init__(self) -> None:
        self._moved = 0.0

    def advance(self, seconds: float) -> None:
        """Let so much time have passed."""
        self._moved += seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._moved)

    def monotonic(self) -> float:
        return super().monotonic() + self._moved
