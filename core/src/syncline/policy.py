"""What a job may do: the user's choices, and how far one pass goes by itself.

A check of the configuration reads these and nothing of what decides by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from attrs import field, frozen

from .reprs import Shown
from .side import Side


class Direction(Enum):
    """Which sides a job may write."""

    TWO_WAY = "two-way"
    LEFT_TO_RIGHT = "left-to-right"
    RIGHT_TO_LEFT = "right-to-left"

    def writes(self, side: Side) -> bool:
        """Tell whether `side` may be written."""
        return self is Direction.TWO_WAY or (
            (self is Direction.LEFT_TO_RIGHT) == (side is Side.RIGHT)
        )


class OnConflict(Enum):
    """What happens when both sides were edited."""

    MERGE = "merge"
    LEFT_WINS = "left-wins"
    RIGHT_WINS = "right-wins"
    NEWEST_WINS = "newest-wins"
    MANUAL = "manual"


class Otherwise(Enum):
    """What happens when a merge does not come out clean."""

    QUEUE = "queue"
    LEFT = "left"
    RIGHT = "right"


class Deletes(Enum):
    """What happens when an original is deleted."""

    PROPAGATE = "propagate"
    HOLD = "hold"
    """Reported and queued; a person decides."""
    KEEP = "keep"
    """The copy stays and the pair is dissolved."""


@frozen(kw_only=True, repr=False)
class Policy(Shown):
    """What a job may do: the user's choice, read from `[jobs.<name>]`."""

    direction: Direction = Direction.TWO_WAY
    on_conflict: OnConflict = OnConflict.MERGE
    otherwise: Otherwise = Otherwise.QUEUE
    deletes: Deletes = Deletes.PROPAGATE
    fields: Mapping[str, OnConflict] = field(factory=dict)
    """Per field of `model.FIELDS`: who wins where a merge finds both sides changed."""
    relay: bool = False
    """True when items that another job made count as originals here."""


@frozen(kw_only=True, repr=False)
class Limits(Shown):
    """How far one pass may go by itself."""

    delete_share: float = 0.10
    delete_count: int = 25
    delete_ceiling: float = 0.50
    """Never more than this share of the pairs, whatever the other two say."""
    withdraw_after: timedelta = timedelta(hours=24)
    """How long a visibility may stay unknown before an existing copy is withdrawn."""
    unknown_ceiling: float = 0.20
    """Above this share of unknown visibilities the fault is systemic: alarm, withdraw nothing."""
    writes_per_hour: int = 12
    """Writes to one pair before it is frozen as a ping-pong."""
    clock_skew: timedelta = timedelta(minutes=5)
    """Edits closer together than this have no newest one."""
    recreate_after: timedelta = timedelta(seconds=30)
    """How long a lost create is looked for before it is repeated (the vendor's index lag)."""
    quarantine_first: timedelta = timedelta(minutes=1)
    quarantine_most: timedelta = timedelta(hours=6)
    quarantine_away: timedelta = timedelta(minutes=15)
    """The longest pause where the system did not answer: that may end for all items at once."""
    workers: int = 8


__all__ = ["Deletes", "Direction", "Limits", "OnConflict", "Otherwise", "Policy"]
