"""When the next request may leave: arithmetic on the clock, without waiting."""

from __future__ import annotations

from .limits import Limits

SHARE = 0.98
"""Of the allowed rate. At exactly the limit a single 429 pauses everything (measured: 64-73 %)."""

_NEAR = 60.0
"""Seconds of slower going when a server says "near the limit" and not until when."""


class Pacer:
    """Evenly spaced slots at 98 % of a rate.

    Slots that a late wake-up missed may be made up, as far as half of the server's burst: without
    that credit a busy machine reaches 53-97 % of the rate, with it 99 %.
    """

    def __init__(self, rate: float | None, burst: float | None) -> None:
        self._rate = rate
        self._burst = burst
        self._next = float("-inf")
        self._slow: float = 0.0
        self._slow_until = float("-inf")

    def rate(self, now: float) -> float | None:
        """Return the requests per second that are aimed at now; None: no limit is known."""
        if now >= self._slow_until:
            return None if self._rate is None else self._rate * SHARE
        return min(self._slow, self._rate or self._slow) * SHARE

    def wait(self, now: float) -> float:
        """Return the seconds until the next slot; 0 when one is due."""
        return max(0.0, self._next - now)

    def take(self, now: float) -> None:
        """Use one slot."""
        rate = self.rate(now)
        if rate is None:
            self._next = now
            return
        interval = 1 / rate
        self._next = max(self._next, now - self._credit(now) * interval) + interval

    def learn(self, limits: Limits, now: float, observed: float) -> None:
        """Follow what the server says; `observed` is our own recent rate, per second."""
        if limits.rate is not None and limits.rate > 0:
            self._rate = limits.rate
        if limits.near:
            self._slow_down((self._rate or observed) / 2, now, limits.reset or _NEAR)
        elif limits.remaining and limits.reset and limits.reset >= 1:
            # Somebody else uses the same credential: spread what is left over the window.
            self._slow_down(limits.remaining / limits.reset, now, limits.reset)

    def _slow_down(self, rate: float, now: float, seconds: float) -> None:
        if rate > 0 and (self._rate is None or rate < self._rate):
            self._slow, self._slow_until = rate, now + seconds
        else:
            self._slow_until = float("-inf")

    def _credit(self, now: float) -> float:
        """Return how many slots may be made up: less than the server's burst by one at least."""
        if now < self._slow_until or self._rate is None:
            return 0.0
        if self._burst is None:
            return self._rate / 20
        return max(0.0, min(self._burst / 2, self._burst - 1))


__all__ = ["SHARE", "Pacer"]
