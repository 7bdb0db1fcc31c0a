"""How often a source may be wrong about a token."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

BURST = 5
"""Wrong tokens of one source at once."""
SECONDS = 12.0
"""One more is allowed after that."""
SOURCES = 4_096
"""Sources that are remembered; the one that was quiet longest is forgotten."""


class Attempts:
    """Wrong tokens by source: five at once, then five a minute."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        # When each source will have been forgiven everything.
        self._until: OrderedDict[str, float] = OrderedDict()

    def wait(self, source: str) -> float:
        """Return the seconds until the source may try again; 0 when it may."""
        debt = self._until.get(source, 0.0) - self._monotonic()
        return max(0.0, debt - (BURST - 1) * SECONDS)

    def wrong(self, source: str) -> None:
        """Remember a wrong token."""
        now = self._monotonic()
        self._until[source] = max(now, self._until.get(source, now)) + SECONDS
        self._until.move_to_end(source)
        while len(self._until) > SOURCES:
            self._until.popitem(last=False)

    def __len__(self) -> int:
        return len(self._until)


__all__ = ["BURST", "SECONDS", "SOURCES", "Attempts"]
