"""What metrics and health need of a runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from syncline.config import Config
from syncline.state.port import StateStore

from .streaming import Stream


class Job(Protocol):
    """A job of a runner, as `syncline.runner.Working` is one."""

    @property
    def role(self) -> str: ...
    @property
    def doing(self) -> str | None: ...
    @property
    def next_full(self) -> datetime | None: ...
    @property
    def last_error(self) -> str | None: ...
    @property
    def waiting(self) -> int: ...
    @property
    def lag(self) -> timedelta: ...


class Watched(Protocol):
    """A runner, as `syncline.Runner` is one."""

    @property
    def config(self) -> Config: ...
    @property
    def state(self) -> StateStore: ...
    @property
    def jobs(self) -> Mapping[str, Job]: ...
    @property
    def streams(self) -> Mapping[str, Stream]: ...
    def subscribe(
        self, listener: Callable[[str, Mapping[str, object]], None]
    ) -> Callable[[], None]: ...


__all__ = ["Job", "Watched"]
