"""One long poll, in a thread of its own that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

Messages = Sequence[dict[str, Any]]


class Poll:
    """A poll that is under way. It goes on when whoever waits is cancelled: nothing is lost.

    Args:
        ask: waits for messages, and returns them.
        give_back: makes messages visible again at once; called from the thread.
        close: called last, from the thread, when nobody wants the answer any more.
    """

    def __init__(
        self,
        ask: Callable[[], Messages],
        give_back: Callable[[Messages], None],
        close: Callable[[], None],
    ) -> None:
        self._ask, self._give_back, self._close = ask, give_back, close
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Messages] = self._loop.create_future()
        # An error that nobody waits for any more is no accident.
        self.answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._lock = threading.Lock()
        self._abandoned = self._told = False
        # A daemon: a program that ends does not sit out the 20 seconds of a poll.
        threading.Thread(target=self._run, name="syncline-sqs", daemon=True).start()

    def abandon(self) -> bool:
        """Want no answer any more: messages that still come are given back.

        Returns False when the answer is there, or on its way here: then it is the caller's.
        """
        with self._lock:
            self._abandoned = not self._told
            return self._abandoned

    def _run(self) -> None:
        found: Messages = ()
        try:
            found = self._ask()
            told = partial(self._answered, found)
        except Exception as error:
            told = partial(self._failed, error)
        with self._lock:
            if not self._abandoned and self._tell(told):
                self._told = True
                return
        # Whatever keeps them from being given back, their visibility ends by itself.
        with suppress(Exception):
            if found:
                self._give_back(found)
            self._close()

    def _tell(self, what: Callable[[], None]) -> bool:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop is closed
            return False
        return True

    def _answered(self, found: Messages) -> None:
        if not self.answer.done():
            self.answer.set_result(found)

    def _failed(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


__all__ = ["Messages", "Poll"]
