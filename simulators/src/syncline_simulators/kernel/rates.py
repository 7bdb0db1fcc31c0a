"""How many requests a credential may make, counted in windows as the vendors do."""

from __future__ import annotations

import attrs

from .clock import SimClock
from .duration import Rate


@attrs.frozen(kw_only=True)
class Verdict:
    """What the limiter says of one request."""

    granted: bool
    limit: int
    remaining: int
    reset: float
    """Seconds until the window ends."""
    window: float
    """Length of a window in seconds."""


class RateLimiter:
    """Fixed windows per credential: each starts with the first request after the last one ended."""

    def __init__(self, rate: Rate | None, clock: SimClock) -> None:
        self._rate = rate
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, credential: str | None) -> Verdict | None:
        """Count one request; `None` where no limit applies. A refused one is not counted."""
        if self._rate is None or credential is None:
            return None
        now = self._clock.elapsed()
        start, used = self._windows.get(credential, (now, 0))
        if now >= start + self._rate.seconds:
            start, used = now, 0
        granted = used < self._rate.allowed
        used += granted
        self._windows[credential] = (start, used)
        return Verdict(
            granted=granted,
            limit=self._rate.allowed,
            remaining=self._rate.allowed - used,
            reset=start + self._rate.seconds - now,
            window=self._rate.seconds,
        )
