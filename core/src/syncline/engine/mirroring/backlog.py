"""What a mirror keeps on a disk that may be full, away or slow.

What cannot be done now is tried again after a moment; people are told once, and when it is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from attrs import define, field

from ...errors import StateError
from ...events import Event
from ...events.dead_letters import DeadLetters
from ...events.spool import Position, Spool
from ...ports import Clock
from .disk import Disk
from .sending import Refused

logger = logging.getLogger(__name__)

Blocking: TypeAlias = Callable[
    [Callable[[Sequence[Sequence[Event]]], list[Position]], Sequence[Sequence[Event]]],
    Awaitable[list[Position]],
]

LOOK = 5.0
"""Seconds between two looks at the disk while it is not written to."""
_LOOKED = "nothing could be kept on disk"
_WAITING = "events cannot be kept on disk"
_READ = "what waits on disk cannot be read"
_REFUSED = "refused events cannot be kept"


async def in_thread(
    call: Callable[[Sequence[Sequence[Event]]], list[Position]], groups: Sequence[Sequence[Event]]
) -> list[Position]:
    """Call what waits for the disk where nothing else waits for it."""
    return await asyncio.to_thread(call, groups)


@define(eq=False, kw_only=True)
class Backlog:
    """What a mirror keeps on disk: events that wait, and those that were refused for good."""

    spool: Spool
    dead_letters: DeadLetters
    disk: Disk
    clock: Clock
    pause: float
    """Seconds for which a disk that could not be written to is left alone."""
    blocking: Blocking
    """How what waits for the disk is called."""
    _until: float = field(default=float("-inf"), init=False)
    _looked: float = field(default=float("-inf"), init=False)

    @property
    def paused(self) -> bool:
        """Tell whether the disk is left alone for a moment."""
        return self.clock.monotonic() < self._until

    @property
    def full(self) -> bool:
        """Tell whether nothing can be added at present."""
        return self.spool.full or self.paused

    async def append(self, groups: Sequence[Sequence[Event]]) -> list[Position] | None:
        """Write groups of events; return where each ends, or None where that cannot be done."""
        try:
            ends = await self.blocking(self.spool.append, groups)
        except StateError as error:
            self._until = self.clock.monotonic() + self.pause
            self.disk.failed(_WAITING, error)
            return None
        self.disk.well(_WAITING)
        self._until = float("-inf")
        return ends

    def read(self) -> tuple[Position, list[Event]] | None:
        """Return what waits next, and where it ends; None where nothing does.

        Raises:
            StateError: it cannot be read at present; people were told.
        """
        try:
            found = self.spool.read()
        except StateError as error:
            self.disk.failed(_READ, error)
            raise
        self.disk.well(_READ)
        return found

    def quarantine(self, refused: Refused) -> int | None:
        """Keep refused events as dead letters; return how many are new, or None if they are not."""
        before = self.dead_letters.count
        try:
            self.dead_letters.append(refused, self.clock.now())
        except StateError as error:
            self.disk.failed(_REFUSED, error)
            return None
        self.disk.well(_REFUSED)
        for event, why in refused:
            fields = {"event": event.id, "type": event.type, "error": why[:500]}
            logger.error("an event was refused, and is kept as a dead letter", extra=fields)
        return self.dead_letters.count - before

    def look(self, *, written: bool) -> None:
        """See whether events could be kept: when they have to be, it is late to hear of it.

        Args:
            written: whether events are being written now, which says more than a look.
        """
        now = self.clock.monotonic()
        if now < self._looked + LOOK:
            return
        self._looked = now
        if (trouble := self.spool.trouble()) is not None:
            self.disk.failed(_LOOKED, StateError(trouble))
            return
        self.disk.well(_LOOKED)
        if not written and not self.paused:
            # What a look does not find is found when the next event is written.
            self.disk.well(_WAITING)


__all__ = ["LOOK", "Backlog", "Blocking", "in_thread"]
