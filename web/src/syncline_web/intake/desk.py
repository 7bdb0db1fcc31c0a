"""What the receiver needs of a runner, and the least that offers it: a configuration and a state.

A process that only receives (a stand-by, the benchmark) stores hints for whoever works on the jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from attrs import frozen

from syncline.clock import SystemClock
from syncline.config import Config
from syncline.model import Change, Side
from syncline.ports import Clock
from syncline.state.port import StateStore
from syncline.state.records import Effect, MarkDirty


class Desk(Protocol):
    """Where hints are handed in."""

    @property
    def config(self) -> Config:
        """The current configuration; another object when it has been reloaded."""
        ...

    @property
    def state(self) -> StateStore: ...

    def hint_many(
        self, deliveries: Sequence[tuple[str, Sequence[Change]]], also: Iterable[Effect] = ()
    ) -> object:
        """Store the changes of many deliveries and `also`, in one commit, and have them worked.

        Raises:
            StateError: nothing was stored.
        """
        ...

    def emit(self, event: str, **fields: object) -> None:
        """Tell those who listen."""
        ...


@frozen(kw_only=True)
class StateDesk:
    """A desk without workers."""

    config: Config
    state: StateStore
    clock: Clock = SystemClock()

    def hint_many(
        self, deliveries: Sequence[tuple[str, Sequence[Change]]], also: Iterable[Effect] = ()
    ) -> None:
        """Store the changes for every job that has the connection."""
        now = self.clock.now()
        effects = [
            MarkDirty(job, side, change, priority=0, at=now)
            for connection, changes in deliveries
            for job, side in self._sides(connection)
            for change in changes
        ]
        self.state.commit([*effects, *also], None)

    def _sides(self, connection: str) -> Iterator[tuple[str, Side]]:
        for name, job in self.config.jobs.items():
            if (side := job.side_of(connection)) is not None:
                yield name, side

    def emit(self, event: str, **fields: object) -> None:
        """Nobody listens."""


__all__ = ["Desk", "StateDesk"]
