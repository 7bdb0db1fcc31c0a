"""Room for bodies that are under way: when there is none left, the slowest makes room.

Whoever sends at a usual speed is read within milliseconds; so a thousand connections that drip
their bodies keep nobody out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from attrs import define, field

SLOW = 0.1
"""Seconds after which a body is slow enough to make room for others.

Short, because it only counts when there is no room left: then a thousand bodies are under way.
"""


class Full(Exception):
    """There is no room, and nobody slow who could make it."""


class TooLarge(Exception):
    """The body is over the limit."""


@define(eq=False)
class Place:
    """The place of one body."""

    room: Room
    since: float
    deadline: asyncio.Timeout
    held: int = 0
    gone: bool = False

    def take(self, size: int, most: int) -> None:
        """Account for so many more bytes.

        Raises:
            TimeoutError: the place was given to somebody else.
            TooLarge: the body has more than `most`.
            Full: all bodies together have more than there is room for.
        """
        if self.held + size > most:
            raise TooLarge
        if not self.gone:
            self.room.make(size, 0)
        # It may just have made room itself; what is added then would never be taken off again.
        if self.gone:
            raise TimeoutError
        self.held += size
        self.room.bytes += size


@define
class Room:
    """The places, the oldest first."""

    readers: int
    """How many bodies may be under way."""
    most: int
    """Bytes of all of them."""
    bytes: int = 0
    _places: OrderedDict[int, Place] = field(factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._places)

    @contextmanager
    def place(self, deadline: asyncio.Timeout) -> Iterator[Place]:
        """Hold a place while a body is read, until its deadline.

        Raises:
            Full: there is none.
        """
        self.make(0, 1)
        place = Place(self, asyncio.get_running_loop().time(), deadline)
        self._places[id(place)] = place
        try:
            yield place
        finally:
            self._drop(place)

    def make(self, size: int, readers: int) -> None:
        """Send slow readers away until there is room for so much more."""
        while len(self._places) + readers > self.readers or self.bytes + size > self.most:
            place = next(iter(self._places.values()), None)
            if place is None or asyncio.get_running_loop().time() - place.since < SLOW:
                raise Full
            self._drop(place)
            # Its reader is told that its time is over, unless that is under way already.
            with suppress(RuntimeError):
                place.deadline.reschedule(asyncio.get_running_loop().time())

    def _drop(self, place: Place) -> None:
        if not place.gone:
            place.gone = True
            del self._places[id(place)]
            self.bytes -= place.held


__all__ = ["SLOW", "Full", "Place", "Room", "TooLarge"]
