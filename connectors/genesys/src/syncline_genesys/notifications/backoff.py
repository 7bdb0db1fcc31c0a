"""How long to wait before trying again. Pure, apart from chance."""

from __future__ import annotations

from random import Random

from attrs import define

FIRST = 0.25
"""Seconds that the first try waits at most: all sockets of a host end at the same moment."""
LONGEST = 60.0


@define(eq=False)
class Backoff:
    """Waits that double with each failure, each of them spread over its whole length."""

    random: Random
    first: float = FIRST
    longest: float = LONGEST
    failures: int = 0

    def next(self) -> float:
        """Return the seconds to wait now, and count a failure."""
        most = min(self.longest, self.first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return self.random.uniform(most / 4, most)

    def reset(self) -> None:
        """Begin anew: it went well."""
        self.failures = 0


__all__ = ["FIRST", "LONGEST", "Backoff"]
