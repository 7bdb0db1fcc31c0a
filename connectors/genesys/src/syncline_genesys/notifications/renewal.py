"""A channel is replaced in time: its successor is opened, and takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from attrs import define, field

from syncline.errors import NotFound, Unavailable

from .channel import Channel, open_channel
from .handover import PATIENCE, Handover
from .system import Closing

OVERLAP = 5.0
"""Seconds for which a channel and the one that replaces it both listen, at most."""
_HURRIED = 0.5
"""Seconds, where the old one is about to be closed."""
_SHARE = 0.05
"""Of what is left of a channel's life, so that a short one is not all overlap."""


@define(eq=False)
class Renewal:
    """The replacement of a channel: its turn, its successor, and while both listen."""

    old: Channel
    _handover: Handover = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._handover = Handover(self.old)

    async def turn(self) -> bool:
        """Wait until one more may be replaced; False when the old one ends before.

        Whoever has had its turn gives it back: `means.renewals.release()`.
        """
        turn = asyncio.create_task(self.old.means.renewals.acquire())
        try:
            waits: list[asyncio.Future[Any]] = [turn, self.old.socket.ended]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not turn.done():
                turn.cancel()
        return turn.done() and not turn.cancelled()

    async def open(self, names: frozenset[str]) -> Channel:
        """Return the successor, which listens.

        Raises:
            SynclineError: there is none to be had now.
        """
        try:
            return await open_channel(self.old.means, names, self._handover)
        except NotFound as error:
            raise Unavailable(f"a new channel was gone at once: {error}") from error

    async def overlap(self, new: Channel) -> bool:
        """Let both listen until the new one tells; return whether nothing was missed by that."""
        handover, seconds = self._handover, self._seconds(new)
        over = asyncio.create_task(handover.over.wait(), name="handover")
        ends: list[asyncio.Future[Any]] = [new.socket.ended, self.old.socket.ended, over]
        try:
            await _first_of(ends, min(seconds, PATIENCE))
            if handover.waited:
                await _first_of(ends, max(0.0, PATIENCE - seconds))
            handover.end()
            if held := handover.release():
                new.means.take(new, held)
            if not handover.waited:
                await _first_of(ends, max(0.0, seconds - PATIENCE))
        finally:
            over.cancel()
        return handover.met or not (handover.waited or self.old.socket.ended.done())

    def _seconds(self, new: Channel) -> float:
        left = new.renew_at - asyncio.get_running_loop().time()
        seconds = min(OVERLAP, max(0.0, left) * _SHARE)
        if isinstance(self.old.told, Closing):
            # It was told to all sockets at once, and each has to have its turn within a minute.
            return min(seconds, _HURRIED)
        return seconds


async def _first_of(these: Sequence[asyncio.Future[Any]], seconds: float) -> None:
    await asyncio.wait(these, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


__all__ = ["OVERLAP", "Renewal"]
