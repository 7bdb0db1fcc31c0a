"""The jobs of a runner, as metrics and pages see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from syncline.engine.mirroring.health import Health
from syncline.engine.mirroring.metrics import StreamMetrics


class Job(Protocol):
    """A job that makes passes, as `syncline.runner.JobWorker` is one."""

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


class Stream(Protocol):
    """A job that makes none: it mirrors or merges, as a `StreamWorker` of the runner."""

    @property
    def instance(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def last_error(self) -> str | None: ...
    @property
    def failures(self) -> int: ...
    @property
    def lag(self) -> timedelta: ...
    @property
    def metrics(self) -> StreamMetrics: ...
    @property
    def health(self) -> Health: ...


__all__ = ["Job", "Stream"]
