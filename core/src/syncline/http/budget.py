"""How many of the requests may be repetitions."""

from __future__ import annotations

_BUCKETS = 12


class RetryBudget:
    """At most a share of the last minute's requests, and always a few.

    Without it every caller's retries together become the storm that keeps a weak server down.
    """

    def __init__(self, share: float = 0.1, floor: int = 10, window: float = 60.0) -> None:
        self._share = share
        self._floor = floor
        self._span = window / _BUCKETS
        self._window = window
        self._counts: dict[int, list[int]] = {}

    def sent(self, now: float) -> None:
        """Count one request."""
        self._bucket(now)[0] += 1

    def allows(self, now: float) -> bool:
        """Return whether one more repetition fits; if so it is counted."""
        bucket = self._bucket(now)
        requests, retries = (sum(c[i] for c in self._counts.values()) for i in (0, 1))
        if retries + 1 > max(self._floor, requests * self._share):
            return False
        bucket[1] += 1
        return True

    def rate(self, now: float) -> float:
        """Return the requests per second over the window."""
        self._bucket(now)
        return sum(c[0] for c in self._counts.values()) / self._window

    def _bucket(self, now: float) -> list[int]:
        index = int(now / self._span)
        if index not in self._counts:
            for old in [i for i in self._counts if i <= index - _BUCKETS]:
                del self._counts[old]
        return self._counts.setdefault(index, [0, 0])


__all__ = ["RetryBudget"]
