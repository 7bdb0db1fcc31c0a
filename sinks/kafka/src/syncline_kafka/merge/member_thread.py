"""A member in a thread of its own, which can be left behind."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable

import attrs

from .failures import Lost
from .member import Member
from .merger import Work

STALLED = 12.0
"""Seconds without a sign of life after which a member is left behind: librdkafka can wait for good.

Seen in 2.16: `send_offsets_to_transaction` does not keep to its time-out when a broker restarts
(librdkafka issues 5456 and 5511, open: the time is never looked at; no setting shortens it).
Everything else that a member does takes less than that, and there is nothing to be saved: brokers
undo what was begun after `clients.TRANSACTION`.
"""
_LOOK = 1.0


class Attempt:
    """Runs one member; ends when that ends, or when nothing was heard of it for too long.

    One that was left behind ends by itself once librdkafka lets go of it. By then the brokers have
    shut it out, since its successor has its name: nothing of it is committed.
    """

    def __init__(self, work: Work, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self._left = threading.Event()
        self._beat = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[BaseException | None] = self._loop.create_future()
        self._work = attrs.evolve(work, stopping=self._stops, beat=self._touch)
        threading.Thread(target=self._run, name="syncline-merge", daemon=True).start()

    async def outcome(self) -> BaseException | None:
        """Return what ended it; None where it was told to stop."""
        while not self._ended.done():
            await asyncio.wait([self._ended], timeout=_LOOK)
            if not self._ended.done() and time.monotonic() - self._beat > STALLED:
                self._left.set()
                return Lost(f"nothing was heard of it for {STALLED:.0f} s")
        return self._ended.result()

    async def end(self, patience: float) -> None:
        """Wait for its end, as long as that; then leave it behind."""
        await asyncio.wait([self._ended], timeout=patience)
        self._left.set()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            Member(self._work).run()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # it was left behind, and the loop has ended
            self._loop.call_soon_threadsafe(self._tell, error)

    def _tell(self, error: BaseException | None) -> None:
        if not self._ended.done():
            self._ended.set_result(error)

    def _stops(self) -> bool:
        return self._left.is_set() or self._stopping()

    def _touch(self) -> None:
        self._beat = time.monotonic()


__all__ = ["STALLED", "Attempt"]
