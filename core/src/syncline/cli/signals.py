"""What SIGTERM and Ctrl-C do to a verb: the writes in flight are finished, and nothing is begun.

Once more ends at once: what was sent is journalled, and looked for by the next pass.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Event
from typing import Any, TypeVar

from attrs import define, field

from ..engine.opening.jobs import AnySession
from ..errors import Refused
from .exit_codes import INTERRUPTED
from .output import say

T = TypeVar("T")

DRAIN_SECONDS = 30.0
"""How long writes in flight are waited for."""
_LOOK_SECONDS = 0.05


@define(eq=False)
class Ending:
    """What one verb does about signals: first it finishes, then it stops, then it is gone."""

    task: asyncio.Task[Any]
    sessions: list[AnySession]
    asked: int = 0
    _finishing: asyncio.Task[None] | None = field(default=None, init=False)

    def listen(self) -> None:
        """Hear of both signals from now on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask)

    def ask(self) -> None:
        """End the verb; the more often this is asked, the sooner."""
        self.asked += 1
        _asked.set()
        match self.asked:
            case 1:
                self._finishing = asyncio.create_task(self._finish())
            case 2:
                self.task.cancel()
            case _:
                os._exit(INTERRUPTED)

    async def _finish(self) -> None:
        for session in self.sessions:
            session.wind_down()
        if self._writing():
            say(["ending: the writes in flight are finished; once more ends at once"], sys.stderr)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._writing():  # noqa: ASYNC110 -- the journal announces nothing
                    await asyncio.sleep(_LOOK_SECONDS)
        self.task.cancel()

    def _writing(self) -> bool:
        return any(session.writing for session in self.sessions)


_asked = Event()
"""Set once this process was asked to end: whatever was to come next is not begun."""
_sessions: ContextVar[list[AnySession]] = ContextVar("_sessions")


@contextmanager
def at_work(session: AnySession) -> Iterator[None]:
    """Have the writes of a session finished where its verb is ended meanwhile."""
    sessions = _sessions.get([])
    sessions.append(session)
    try:
        yield
    finally:
        sessions.remove(session)


def run(work: Coroutine[None, None, T]) -> T:
    """Run a verb to its end, or until somebody ends it: cleanly, leases released.

    Raises:
        KeyboardInterrupt: it was ended before it was done.
    """

    if _asked.is_set():
        work.close()
        raise KeyboardInterrupt

    async def main() -> T:
        sessions: list[AnySession] = []
        _sessions.set(sessions)
        task = asyncio.ensure_future(work)
        ending = Ending(task, sessions)
        ending.listen()
        try:
            return await task
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        except Refused:
            # What would begin after the signal is refused, by no guard.
            if ending.asked:
                raise KeyboardInterrupt from None
            raise

    return asyncio.run(main())


__all__ = ["DRAIN_SECONDS", "Ending", "at_work", "run"]
