"""Says what is wrong with deliveries: once a minute for each kind, however many there are."""

from __future__ import annotations

import logging
from collections.abc import Callable

from attrs import define, field

logger = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two lines of one kind."""


@define
class Complaints:
    """What was said when, and how much was left unsaid since."""

    monotonic: Callable[[], float]
    _said: dict[tuple[str, str], float] = field(factory=dict)
    _unsaid: dict[tuple[str, str], int] = field(factory=dict)

    def hear(self, connection: str, result: str, reason: str) -> None:
        """Say that deliveries are turned away. `connection` is one that is configured, or empty."""
        key, now = (connection, result), self.monotonic()
        if now - self._said.get(key, float("-inf")) < EVERY:
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
            return
        self._said[key] = now
        logger.warning(
            "a delivery was turned away",
            extra={
                "connection": connection,
                "result": result,
                "reason": reason,
                "others": self._unsaid.pop(key, 0),
            },
        )


__all__ = ["EVERY", "Complaints"]
