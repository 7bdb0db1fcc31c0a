"""What was heard and is not taken yet: bounded, so that sockets are not read meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from attrs import define, field

from syncline.events import Event

MOST = 8_000
"""Events that wait at most, but for those that one look at the sockets brings."""
FEW = 1_000
"""So few events that more are read again."""
BATCH = 2_000
"""Most events that are taken together."""


def _nothing() -> None: ...


@define(eq=False, kw_only=True)
class Inbox:
    """Events in the order in which they came.

    Args:
        on_full: called when nothing more should come.
        on_room: called when more may come again.
    """

    on_full: Callable[[], None] = _nothing
    on_room: Callable[[], None] = _nothing
    most: int = MOST
    few: int = FEW
    batch: int = BATCH
    full: bool = False
    _events: list[Event] = field(factory=list, init=False)
    _taker: asyncio.Future[None] | None = field(default=None, init=False)
    _room: asyncio.Event = field(factory=asyncio.Event, init=False)
    _failure: BaseException | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._room.set()

    def __len__(self) -> int:
        return len(self._events)

    def put(self, events: Sequence[Event]) -> None:
        """Add events; they are kept even where there is no room."""
        self._events += events
        self._wake()
        if len(self._events) >= self.most and not self.full:
            self.full = True
            self._room.clear()
            self.on_full()

    def fail(self, failure: BaseException) -> None:
        """Let whoever takes get an error, once everything was taken."""
        self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    async def take(self) -> list[Event]:
        """Return what there is, at least one event; wait for it.

        Raises:
            BaseException: whatever `fail` was told.
        """
        while not self._events:
            if self._failure is not None:
                raise self._failure
            self._taker = asyncio.get_running_loop().create_future()
            await self._taker
        taken, self._events = self._events[: self.batch], self._events[self.batch :]
        if self.full and len(self._events) <= self.few:
            self.full = False
            self._room.set()
            self.on_room()
        return taken

    async def room(self) -> None:
        """Wait until there is room: for those who can wait."""
        await self._room.wait()


__all__ = ["BATCH", "FEW", "MOST", "Inbox"]
