"""Where the janitor, which waits for the vendor, meets the thread that merges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import TypeAlias

from attrs import frozen

from syncline.events import Found


@frozen
class Ask:
    """The janitor asks which conversations are due."""

    limit: int
    answer: asyncio.Future[Sequence[bytes]]


@frozen
class Answers:
    """The janitor says what the vendor said; None where it said nothing."""

    found: Mapping[bytes, Found | None]


Slip: TypeAlias = Ask | Answers


class Desk:
    """The `Keeper` of conversations that a thread keeps: it reads the slips between two batches."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slips: SimpleQueue[Slip] = SimpleQueue()
        self.part = 0.0
        """Of all partitions, those that are here."""

    # -- the janitor's side --------------------------------------------------------------------

    async def due(self, limit: int) -> Sequence[str]:
        answer: asyncio.Future[Sequence[bytes]] = self._loop.create_future()
        self._slips.put(Ask(limit, answer))
        return [_text(key) for key in await answer]

    async def answered(self, keys: Sequence[str], found: Mapping[str, Found]) -> None:
        self._slips.put(Answers({_key(key): found.get(key) for key in keys}))

    def share(self) -> float:
        return self.part

    # -- the thread's side ---------------------------------------------------------------------

    def slips(self) -> Iterator[Slip]:
        """Yield what the janitor has put there."""
        while True:
            try:
                yield self._slips.get_nowait()
            except Empty:
                return

    def reply(self, ask: Ask, keys: Sequence[bytes]) -> None:
        """Tell the janitor which are due."""
        self._loop.call_soon_threadsafe(_resolve, ask.answer, keys)


def _resolve(future: asyncio.Future[Sequence[bytes]], keys: Sequence[bytes]) -> None:
    if not future.done():
        future.set_result(keys)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")


def _key(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


__all__ = ["Answers", "Ask", "Desk", "Slip"]
