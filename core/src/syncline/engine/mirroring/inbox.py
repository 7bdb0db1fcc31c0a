"""What a source has told and nobody has taken yet: bounded, and taken in larger groups."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from attrs import define, field

from ...events import Batch, Event

HOLDS = 4_000
"""Events; a source that has told as many is asked for nothing more."""
TOGETHER = 1_000
"""Events that one call of a sink takes at most, unless a batch has more."""


@define(eq=False)
class Inbox:
    """Batches in the order in which they came."""

    _batches: deque[Batch] = field(factory=deque, init=False)
    _events: int = field(default=0, init=False)
    _room: asyncio.Event = field(factory=asyncio.Event, init=False)

    def __bool__(self) -> bool:
        return bool(self._batches)

    def put(self, batch: Batch) -> None:
        """Add a batch."""
        self._batches.append(batch)
        self._events += len(batch.events)

    def put_back(self, batches: Sequence[Batch]) -> None:
        """Give back what was taken, in its old place."""
        self._batches.extendleft(reversed(batches))
        self._events += sum(len(batch.events) for batch in batches)

    async def room(self) -> None:
        """Wait until there is room, and let others have their turn in any case."""
        if self._events < HOLDS:
            await asyncio.sleep(0)
        while self._events >= HOLDS:
            self._room.clear()
            await self._room.wait()

    def take(self, most: int = TOGETHER) -> tuple[list[Batch], Sequence[Event]]:
        """Take the oldest batches, as many as go together; at least one of them."""
        taken = [self._batches.popleft()]
        count = len(taken[0].events)
        while self._batches and count + len(self._batches[0].events) <= most:
            taken.append(self._batches.popleft())
            count += len(taken[-1].events)
        self._events -= count
        self._room.set()
        if len(taken) == 1:
            return taken, taken[0].events
        return taken, [event for batch in taken for event in batch.events]

    @property
    def oldest(self) -> Event | None:
        """The first event that nobody has taken."""
        return self._batches[0].events[0] if self._batches else None


__all__ = ["HOLDS", "TOGETHER", "Inbox"]
