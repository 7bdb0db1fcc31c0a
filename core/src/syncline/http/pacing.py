"""When the next request may leave: arithmetic on the clock, without waiting."""

from __future__ import annotations

from collections import deque

from .limits import Limits

SHARE = 0.98
"""Of the allowed rate. At exactly the limit a single 429 pauses everything (measured: 64-73 %)."""
LEAST = 0.955
"""What a 429 in spite of that brings the share down to, a hundredth at a time."""

_RECOVERY = 1e-4
"""By how much the share grows back each second."""
_SECOND = 1.01
"""Seconds in which no more than one second's worth leaves: many servers count in windows, and a
late request followed by one in time would make one too many."""
_FEW = 5
"""Requests a second; below, spacing alone keeps every window."""
_NEAR = 60.0
"""Seconds of slower going when a server says "near the limit" and not until when."""
_SHORT = 5.0
"""Seconds; a window that ends sooner is over before slowing down could help."""


class Pacer:
    """Evenly spaced slots slightly under a rate.

    Slots that a late wake-up missed may be made up, as far as half of the server's burst allows:
    without that credit a busy machine reaches 53-97 % of the rate, with it 98 %.
    """

    def __init__(self, rate: float | None, burst: float | None) -> None:
        self._burst = burst
        self._next = float("-inf")
        self._slow = 0.0
        self._slow_until = float("-inf")
        self._lost = 0.0
        self._lost_at = 0.0
        self._set(rate)

    def rate(self, now: float) -> float | None:
        """Return the requests per second that are aimed at now; None: no limit is known."""
        if now < self._slow_until:
            return min(self._slow, self._rate or self._slow) * SHARE
        return None if self._rate is None else self._rate * self._share(now)

    def wait(self, now: float) -> float:
        """Return the seconds until the next slot; 0 when one is due."""
        due = self._next
        if self._recent and len(self._recent) == self._recent.maxlen:
            due = max(due, self._recent[0] + _SECOND)
        return max(0.0, due - now)

    def take(self, now: float, *, waited: bool) -> None:
        """Use one slot; `waited` when somebody stood in line for it, who may be late."""
        self._recent.append(now)
        rate = self.rate(now)
        if rate is None:
            self._next = now
            return
        interval = 1 / rate
        # Who comes after a quiet time gets no credit: it would leave the server's bucket empty,
        # and at 98 % it stays so for seconds in which any jitter ends in a 429.
        credit = self._credit(now) * interval if waited else 0.0
        self._next = max(self._next, now - credit) + interval

    def hold(self, until: float) -> None:
        """Nothing leaves before `until`, and what was missed meanwhile is not made up."""
        self._next = max(self._next, until)

    def refused(self, now: float) -> None:
        """The server answered 429 in spite of our pace: its count differs a little from ours."""
        self._lost = min(SHARE - LEAST, SHARE - self._share(now) + 0.01)
        self._lost_at = now

    def learn(self, limits: Limits, now: float, observed: float) -> None:
        """Follow what the server says; `observed` is our own recent rate, per second."""
        if limits.rate is not None and limits.rate > 0 and limits.rate != self._rate:
            self._set(limits.rate)
        if limits.reset is not None and limits.reset < _SHORT:
            return
        if limits.near:
            self._slow_down((self._rate or observed) / 2, now, limits.reset or _NEAR)
        elif limits.remaining and limits.reset:
            # Somebody else uses the same credential: spread what is left over the window.
            self._slow_down(limits.remaining / limits.reset, now, limits.reset)

    def _set(self, rate: float | None) -> None:
        self._rate = rate
        size = int(rate) if rate is not None and rate >= _FEW else 0
        self._recent: deque[float] = deque(maxlen=size)

    def _share(self, now: float) -> float:
        return SHARE - max(0.0, self._lost - (now - self._lost_at) * _RECOVERY)

    def _slow_down(self, rate: float, now: float, seconds: float) -> None:
        if rate > 0 and (self._rate is None or rate < self._rate):
            self._slow, self._slow_until = rate, now + seconds
        else:
            self._slow_until = float("-inf")

    def _credit(self, now: float) -> float:
        """Return how many slots may be made up.

        One of the server's burst is for the request itself; half of the rest is left for requests
        that arrive closer together than they were sent.
        """
        if now < self._slow_until or self._rate is None:
            return 0.0
        burst = self._rate / 10 if self._burst is None else self._burst
        return max(0.0, (burst - 1) / 2)


__all__ = ["LEAST", "SHARE", "Pacer"]
