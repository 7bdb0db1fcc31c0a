"""How often each source may deliver: a token bucket for each, and a bound on their number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class Rates:
    """The buckets of all sources that were heard of lately."""

    def __init__(self, rate: float, burst: int, most: int, monotonic: Callable[[], float]) -> None:
        self._rate, self._burst, self._most = rate, float(burst), most
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, source: str) -> float:
        """Take one from the bucket of a source; return the seconds to wait when it is empty."""
        now = self._monotonic()
        left, at = self._buckets.get(source, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[source] = (left - 1 if allowed else left, now)
        self._buckets.move_to_end(source)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate


__all__ = ["Rates"]
