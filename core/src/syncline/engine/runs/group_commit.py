"""Commits of items that are worked side by side, gathered: one trip to the disk serves them all.

Whoever joins goes on only after its effects are durable, as with a commit of its own. A group
ends as soon as the loop has gone round once without anybody joining: one item alone waits for
nobody, and some that are worked together fall into step by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from attrs import define

from ...errors import LeaseLost, StateError
from ...state.records import Effect

Change = Callable[[], Iterable[Effect]]
"""Returns what is to be committed, as of then: nothing else happens before it is. It may be asked
again, when a common commit was refused."""
Commit = Callable[[list[Effect]], None]

MOST = 64
"""How many items share a commit at most."""


@define(eq=False)
class _Joined:
    change: Change
    commit: Commit
    durable: asyncio.Future[None]


class GroupCommit:
    """What waits to be committed together, among the tasks of one process."""

    def __init__(self) -> None:
        self._joined: list[_Joined] = []

    async def join(self, change: Change, commit: Commit, *, owed: bool = False) -> None:
        """Commit a change together with those of others, or alone; return when it is durable.

        A failure is that of this change: when a common commit is refused, each is tried by itself.

        Args:
            owed: the change tells of something that has happened: it is committed, too, when the
                calling task is cancelled meanwhile. Any other is dropped then.
        """
        loop = asyncio.get_running_loop()
        joined = _Joined(change, commit, loop.create_future())
        self._joined.append(joined)
        if len(self._joined) == 1:
            loop.call_soon(self._end_when_all_are_in, 1)
        try:
            await joined.durable
        except asyncio.CancelledError:
            if joined in self._joined:
                self._joined.remove(joined)
                if owed:
                    # What cannot be recorded is looked for at the next start, as after a crash.
                    with suppress(LeaseLost, StateError):
                        commit([*change()])
            raise

    def _end_when_all_are_in(self, known: int) -> None:
        if known < len(self._joined) < MOST:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._end_when_all_are_in, len(self._joined))
            return
        joined, self._joined = self._joined, []
        if joined:
            _commit(joined)


def _commit(joined: Sequence[_Joined]) -> None:
    try:
        joined[0].commit([effect for one in joined for effect in one.change()])
    except Exception as error:
        if len(joined) > 1:
            # Nothing of it was recorded. Whose fault it was is told by committing one by one.
            for one in joined:
                _commit([one])
        else:
            _fail(joined, error)
    except BaseException as error:
        _fail(joined, error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
    else:
        for one in joined:
            if not one.durable.done():
                one.durable.set_result(None)


def _fail(joined: Sequence[_Joined], error: BaseException) -> None:
    for one in joined:
        if not one.durable.done():
            one.durable.set_exception(error)


__all__ = ["Change", "GroupCommit"]
