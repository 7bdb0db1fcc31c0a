"""The two ends of a job."""

from __future__ import annotations

from enum import Enum


class Side(Enum):
    """One of the two ends of a job."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


__all__ = ["Side"]
