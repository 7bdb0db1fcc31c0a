"""Pauses that everybody shares: after a 429 or 503, and when a host keeps failing."""

from __future__ import annotations

from enum import Enum
from random import Random

STREAK = 20
"""So many failures in a row, of whatever, close the gate ..."""
TARGETS = 5
"""... and so many different failing targets: one poisoned item must not stop the others."""

_UNTOLD = 5.0
_STORM = 15.0
_COOL = 5.0
_COOL_MOST = 60.0


class Cause(Enum):
    """Why the gate is closed."""

    LIMIT = "the server asked for a pause"
    FAULTS = "the server kept failing"


class Gate:
    """Closed until a time; afterwards a single probe goes through before everybody may.

    Requests that were already under way when the gate closed belong to an earlier episode: their
    outcome neither lengthens the back-off nor opens the gate.
    """

    def __init__(self, rng: Random, longest: float) -> None:
        self._rng = rng
        self._longest = longest
        self.until = float("-inf")
        self.cause = Cause.LIMIT
        self.probing = False
        """True until a request that started after the last pause has been answered well."""
        self.episode = 0
        self._strikes = 0
        self._trips = 0
        self._streak = 0
        self._targets: set[str] = set()

    def asked(self, now: float, seconds: float | None, episode: int) -> None:
        """The server refused for `seconds` (429, or 503 with Retry-After); None: it did not say."""
        if episode == self.episode:
            self._strikes += 1
            self.episode += 1
        pause = _UNTOLD if seconds is None else seconds
        if self._strikes > 1:
            # A storm: at most four probes a minute whatever Retry-After says, then fewer.
            pause = max(pause, _STORM * 2.0 ** min(self._strikes - 2, 10))
        self._close(now + self._jittered(min(pause, self._longest)), Cause.LIMIT)

    def failed(self, now: float, target: str, episode: int) -> None:
        """An attempt on `target` ended in a fault or a 5xx."""
        if episode != self.episode:
            return
        self._streak += 1
        self._targets.add(target)
        if self.probing or self._streak >= STREAK or len(self._targets) >= TARGETS:
            cool = min(_COOL * 2.0 ** min(self._trips, 10), _COOL_MOST)
            self._trips += 1
            self.episode += 1
            self._close(now + self._jittered(cool), Cause.FAULTS)

    def answered(self, episode: int) -> None:
        """A request that left in `episode` got a useful answer."""
        if episode == self.episode:
            self.probing = False
            self._strikes = self._trips = self._streak = 0
            self._targets.clear()

    def pause(self, until: float) -> None:
        """Stay closed until `until` because the server's headers say that nothing is left."""
        if until > self.until:
            self.until, self.cause = until, Cause.LIMIT

    def _close(self, until: float, cause: Cause) -> None:
        self.probing = True
        if until > self.until:
            self.until, self.cause = until, cause

    def _jittered(self, seconds: float) -> float:
        return seconds + self._rng.uniform(0, min(5.0, max(0.05, seconds / 10)))


__all__ = ["Cause", "Gate"]
