"""How much of each connection's budget of API calls is used, from what the connectors report."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta

from attrs import define, field, frozen

from syncline.ports import Clock

WINDOW = 60.0
"""Seconds that calls are counted over."""
_BUCKETS = 12


@frozen(kw_only=True)
class Budget:
    """One connection's calls in the last minute."""

    connection: str
    used: int
    limit: float | None
    """Calls a minute that the connection paces itself to; None when there is no limit."""
    paused_for: timedelta | None = None
    """How much longer the vendor asked to wait."""


@define(kw_only=True)
class Calls:
    """Counts the calls of every connection; give `listen` to `runner.subscribe`."""

    clock: Clock
    _counts: dict[str, deque[list[float]]] = field(factory=dict, init=False)
    _paused_until: dict[str, float] = field(factory=dict, init=False)

    def listen(self, event: str, fields: Mapping[str, object]) -> None:
        """Take note of one event of the runner."""
        connection = fields.get("connection")
        if not isinstance(connection, str):
            return
        now = self.clock.monotonic()
        if event == "http.call":
            self._count(connection, now)
        elif event == "http.pause" and isinstance(seconds := fields.get("seconds"), int | float):
            self._paused_until[connection] = now + seconds

    def _count(self, connection: str, now: float) -> None:
        buckets = self._counts.setdefault(connection, deque(maxlen=_BUCKETS + 1))
        start = now - now % (WINDOW / _BUCKETS)
        if not buckets or buckets[-1][0] != start:
            buckets.append([start, 0])
        buckets[-1][1] += 1

    def budget(self, connection: str, limit: float | None) -> Budget:
        """Return how a connection stands now."""
        now = self.clock.monotonic()
        recent = (n for start, n in self._counts.get(connection, ()) if now - start < WINDOW)
        left = self._paused_until.get(connection, now) - now
        return Budget(
            connection=connection,
            used=int(sum(recent)),
            limit=limit,
            paused_for=timedelta(seconds=round(left)) if left > 0 else None,
        )


__all__ = ["WINDOW", "Budget", "Calls"]
