"""What metrics and health need of a runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from syncline.config import Config
from syncline.state.port import StateStore

from ..jobs import Job, Stream


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


__all__ = ["Watched"]
