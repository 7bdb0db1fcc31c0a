"""Which snapshots are repeats: the same change is told on every topic that carries a conversation.

Equal snapshots are not always repeats: one that is taken off hold reads as it did before the hold.
Each topic of a channel tells a conversation's snapshots in their order, though, so that it shows
where in their order a topic stands, and what it tells next.
"""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta

from msgspec import Struct, field

SPAN = timedelta(seconds=3)
"""A topic that was not heard of a conversation before may tell what others told so long ago. What
is older, and is told by a new one, is told because it is so again."""
_MOST = 32
"""So many snapshots of a conversation are remembered; other topics are not as far behind."""


class SnapshotOrder(Struct, gc=False, eq=False):
    """The snapshots of a conversation in their order, and where each topic stands in it."""

    _snapshots: array[int] = field(default_factory=lambda: array("q"))
    _times: array[float] = field(default_factory=lambda: array("d"))
    """There are very many conversations: lists would be most of what is known of one."""
    _first: int = 0
    """The number of the first of them, counted from the beginning."""
    _places: dict[int, int] = {}

    def repeats(self, topic: int, snapshot: int, now: datetime) -> bool:
        """Tell whether another topic, or this one, has told a snapshot; remember it if not.

        Args:
            topic: with its channel: a hash of both.
            snapshot: a hash of what it says.
        """
        found = self._found(self._places.get(topic), snapshot, now)
        if found is not None:
            self._places[topic] = found
            return True
        self._places[topic] = self._first + len(self._snapshots)
        self._snapshots.append(snapshot)
        self._times.append(now.timestamp())
        if len(self._snapshots) > _MOST:
            half = _MOST // 2
            del self._snapshots[:half]
            del self._times[:half]
            self._first += half
        return False

    def _found(self, place: int | None, snapshot: int, now: datetime) -> int | None:
        if place is None:
            return self._told_just_now(snapshot, now)
        snapshots = self._snapshots
        for index in range(max(0, place - self._first), len(snapshots)):
            if snapshots[index] == snapshot:
                return self._first + index
        return None

    def _told_just_now(self, snapshot: int, now: datetime) -> int | None:
        # The earliest: a topic that is further on than that is only taken for slow.
        since = (now - SPAN).timestamp()
        for index, told in enumerate(self._snapshots):
            if told == snapshot and self._times[index] > since:
                return self._first + index
        return None


__all__ = ["SPAN", "SnapshotOrder"]
