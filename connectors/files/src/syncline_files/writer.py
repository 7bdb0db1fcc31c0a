"""Files written in a thread: those that come together go together, one folder flush for all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .folder import Folder, Mark, Order

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_FLUSHES = 8
"""Files brought to the disk at the same time: it takes them together."""


@attrs.define(eq=False)
class _Waiting:
    order: Order
    written: asyncio.Future[Mark]


class Writer:
    """Writes below a folder without holding up whatever else goes on in the process.

    One thread at a time, whoever else waits meanwhile: more of them get in each other's way, and a
    disk has one journal.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._flushing: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """Give the threads back; nothing may be waiting to be written."""
        if self._flushing is not None:
            self._flushing.shutdown(wait=False)
            self._flushing = None

    async def write(self, path: str, content: bytes, *, expected: str | None) -> Mark:
        """Put `content` in the place of the version `expected`; see `Folder.write`."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(Order(path, content, expected), loop.create_future())
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._write())
        return await waiting.written

    async def _write(self) -> None:
        begun: list[_Waiting] = []
        try:
            while self._waiting:
                await asyncio.sleep(0)  # whoever is about to write at this moment comes along
                begun = self._next()
                try:
                    ends = await asyncio.to_thread(self._write_all, [one.order for one in begun])
                except Exception as error:
                    ends = [error for _ in begun]
                for one, end in zip(begun, ends, strict=True):
                    _tell(one.written, end)
        finally:
            for one in (*begun, *self._waiting):
                one.written.cancel()  # does nothing to what is written

    def _next(self) -> list[_Waiting]:
        """Take what waits, but of several writes of one file only the first."""
        found = {one.order.path: one for one in reversed(self._waiting) if not one.written.done()}
        begun = [*found.values()]
        self._waiting = [one for one in self._waiting if one not in begun]
        return begun

    def _write_all(self, orders: Sequence[Order]) -> list[Mark | Exception]:
        if len(orders) > 1 and self._flushing is None:
            from concurrent.futures import ThreadPoolExecutor  # a pass without writes needs none

            self._flushing = ThreadPoolExecutor(_FLUSHES, "syncline-files")
        spread = self._flushing.map if self._flushing is not None and len(orders) > 1 else map
        return self._folder.write_all(orders, spread)


def _tell(written: asyncio.Future[Mark], end: Mark | Exception) -> None:
    if written.done():
        return  # nobody waits for it any more
    if isinstance(end, Exception):
        written.set_exception(end)
    else:
        written.set_result(end)


__all__ = ["Writer"]
