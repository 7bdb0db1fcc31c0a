"""What all pages share: the runner behind them, and what people have begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from attrs import define, field

from syncline.clock import SystemClock
from syncline.config import StreamJob
from syncline.engine import Report
from syncline.engine.opening.jobs import AnySession
from syncline.ports import Clock
from syncline.state.port import StateStore

from ..jobs import Job, Stream
from .calls import Calls
from .drafts import Drafts
from .planned import KeptPlans
from .works import Works

Listener = Callable[[str, Mapping[str, object]], None]


class WorkingPort(Job, Protocol):
    """A job that is being worked: what the pages need of the runner's `JobWorker`."""

    @property
    def session(self) -> AnySession: ...
    @property
    def next_poll(self) -> datetime | None: ...


class StreamPort(Stream, Protocol):
    """A job that mirrors or merges events: what the overview needs of the runner's `Streaming`."""

    @property
    def settings(self) -> StreamJob: ...


class RunnerPort(Protocol):
    """What the pages need of the runner."""

    @property
    def state(self) -> StateStore: ...
    @property
    def jobs(self) -> Mapping[str, WorkingPort]: ...
    @property
    def streams(self) -> Mapping[str, StreamPort]: ...
    def session(self, job: str) -> AnySession: ...
    async def sync(self, job: str) -> Report: ...
    def subscribe(self, listener: Listener) -> Callable[[], None]: ...


@define(kw_only=True)
class Pages:
    """The pages over one runner. Close it before the runner: what people started uses its stores.

    Args:
        patience: seconds that an answer waits for what a person started, before it shows a page
            that says that it runs.
    """

    runner: RunnerPort
    clock: Clock = field(factory=SystemClock)
    patience: float = 0.7
    works: Works = field(init=False)
    calls: Calls = field(init=False)
    drafts: Drafts = field(factory=Drafts, init=False)
    plans: KeptPlans = field(factory=KeptPlans, init=False)
    _unsubscribe: Callable[[], None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.works = Works(clock=self.clock)
        self.calls = Calls(clock=self.clock)
        self._unsubscribe = self.runner.subscribe(self.calls.listen)

    async def aclose(self) -> None:
        """Stop listening, and stop what people started and what still runs."""
        self._unsubscribe()
        await self.works.aclose()


__all__ = ["Listener", "Pages", "RunnerPort", "StreamPort", "WorkingPort"]
