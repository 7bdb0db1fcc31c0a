"""What one receiver holds at most, whoever sends whatever."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from syncline.config.service import Intake

BUFFERED = 32 * 1_048_576
"""Bytes of all bodies that are under way, when deliveries are of the usual size."""


@frozen(kw_only=True)
class Limits:
    """The bounds of a receiver; those that a user sets come from `[service.intake]`."""

    body: int = 1_048_576
    """Bytes of one delivery."""
    headers: int = 16 * 1024
    """Bytes of the names and values of its headers."""
    slow: float = 10.0
    """Seconds in which its body has to arrive."""
    rate: float = 200.0
    """Deliveries a second from one source."""
    burst: int = 2_000
    sources: int = 10_000
    """Sources that are told apart; the one that has been quiet longest is forgotten first."""
    readers: int = 1_000
    """Deliveries whose bodies are under way at once."""
    buffered: int = BUFFERED
    """Bytes of all those bodies together."""
    waiting: int = 4_096
    """Deliveries that wait for the disk at once."""

    @classmethod
    def of(cls, intake: Intake) -> Self:
        """Return the bounds that a configuration sets."""
        return cls(
            body=intake.body,
            slow=intake.slow.total_seconds(),
            rate=intake.rate,
            burst=intake.burst,
            # Some deliveries of the largest size must always have room beside each other.
            buffered=max(BUFFERED, 4 * intake.body),
        )


__all__ = ["Limits"]
