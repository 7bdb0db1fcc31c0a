"""States of communications, and which of them come after which. Pure."""

from __future__ import annotations

from .shapes import Communication

RINGING = frozenset({"alerting", "offering"})
OVER = frozenset({"disconnected", "terminated"})
SAID = RINGING | OVER | {"connected", "none", ""}
"""States that have an event of their own, or say nothing."""

_HEIGHTS = {
    "": -1, "none": -1, "scheduled": 0, "dialing": 1, "contacting": 2, "offering": 2, "alerting": 2,
    "disconnected": 9, "terminated": 9,
}  # fmt: skip
_MIDDLE = 5


def height(state: str) -> int:
    """Return how far a communication is: it never goes back to a lower one.

    A state that is not known is between ringing and the end, like `connected` and `parked`.
    """
    return _HEIGHTS.get(state, _MIDDLE)


def is_over(communication: Communication) -> bool:
    """Tell whether a communication has ended.

    In after-call work one may still read `connected`, with a disconnected time.
    """
    return communication.disconnectedTime is not None or communication.state in OVER


__all__ = ["OVER", "RINGING", "SAID", "height", "is_over"]
