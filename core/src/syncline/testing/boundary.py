"""Where a process can die: before and after every call to a store and every commit.

Boundaries are counted as they are crossed. At a chosen one the process dies (`Crash`), or somebody
acts (an edit in the midst of a pass). What died stays dead: nothing that still runs of it can
write any more, to a store or to the state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

from ..state.port import StateStore
from ..state.records import Effect, Lease
from .attempt import Crash


class Boundary:
    """Counts what one process crosses.

    Args:
        dies_at: the number (from 1) of the boundary at which the process dies; None for never.
    """

    def __init__(self, dies_at: int | None = None) -> None:
        self.crossed = 0
        self.names: list[str] = []
        """Every boundary that was crossed, in order."""
        self.acts: dict[int, Callable[[], object]] = {}
        """What somebody does when the boundary of that number is crossed."""
        self.dead = False
        self._dies_at = dies_at

    def cross(self, name: str) -> None:
        """Count a boundary.

        Raises:
            Crash: the process dies here, or has died before.
        """
        if not self.dead:
            self.crossed += 1
            self.names.append(name)
            act = self.acts.pop(self.crossed, None)
            if act is not None:
                act()
            self.dead = self.crossed == self._dies_at
        if self.dead:
            raise Crash(f"at boundary {self.crossed}: {name}")


class GuardedState:
    """A state whose commits cross a boundary; everything else is the inner state's."""

    def __init__(self, inner: StateStore, boundary: Boundary) -> None:
        self._inner = inner
        self._boundary = boundary

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        effects = list(effects)
        kinds = "+".join(sorted({type(effect).__name__ for effect in effects}))
        self._boundary.cross(f"before commit {kinds}")
        self._inner.commit(effects, fence)
        self._boundary.cross(f"after commit {kinds}")

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        self._boundary.cross("before acquire")
        return self._inner.acquire(name, holder=holder, ttl=ttl, instead_of=instead_of)

    def release(self, lease: Lease) -> None:
        if not self._boundary.dead:
            self._inner.release(lease)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def guarded(inner: StateStore, boundary: Boundary) -> StateStore:
    """Return the state as a process sees it that may die at `boundary`."""
    return cast("StateStore", GuardedState(inner, boundary))


async def survives(work: Awaitable[object]) -> bool:
    """Do the work; False when the process died of it."""
    try:
        await work
    except Crash:
        return False
    except BaseExceptionGroup as group:
        others = group.split(Crash)[1]
        if others is not None:
            raise others from group
        return False
    return True
