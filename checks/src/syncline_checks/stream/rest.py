"""The time between two accidents: what one has cost is repaired before the next one comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone

from attrs import define, field

AT_MOST = 3
"""So many times as long it is rested where repairs take so long."""


@define
class Rest:
    """Is over after some seconds, and as soon as everything up to its beginning is repaired."""

    seconds: float
    repaired_until: Callable[[], datetime]
    now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    monotonic: Callable[[], float] = time.monotonic
    _began: float | None = field(default=None, init=False)
    _at: datetime = field(default=datetime.min.replace(tzinfo=timezone.utc), init=False)

    def begin(self) -> None:
        """Begin to rest."""
        self._began, self._at = self.monotonic(), self.now()

    @property
    def over(self) -> bool:
        """Whether the next accident may come."""
        if self._began is None or not self.seconds:
            return True
        rested = self.monotonic() - self._began
        if rested < self.seconds:
            return False
        return rested >= AT_MOST * self.seconds or self.repaired_until() > self._at


__all__ = ["AT_MOST", "Rest"]
