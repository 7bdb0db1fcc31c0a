"""What every stream is lent, and how it opens what connections have."""

from __future__ import annotations

import random as chance
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from attrs import frozen

from ...config import Config, Connection
from ...connector import Context
from ...errors import ConfigError
from ...ports import Clock
from ...state.port import StateStore
from ..opening.secrets import resolve_secrets
from ..opening.stores import context_of
from .credentials import needed, ready
from .metrics import StreamMetrics

T = TypeVar("T")
Progress: TypeAlias = Callable[..., None]


class Stream(Protocol):
    """What works for as long as the service runs."""

    async def run(self) -> None:
        """Work until `stop`.

        Raises:
            SynclineError: it cannot go on; somebody may have to help.
        """
        ...

    async def stop(self, within: float) -> None:
        """Let `run` end, with what is under way finished in so many seconds."""
        ...


@frozen(kw_only=True)
class StreamContext:
    """What every stream is lent."""

    config: Config
    state: StateStore
    """Leases and small facts; what a stream must not lose is kept in its own folder."""
    clock: Clock
    progress: Progress
    metrics: StreamMetrics
    random: Callable[[], float] = chance.random

    async def opened(
        self, name: str, make: Callable[..., T | None] | None, what: str, *more: object
    ) -> T:
        """Open something of a connection, its secrets resolved.

        Raises:
            ConfigError: it has no such thing, or a secret cannot be resolved.
        """
        connection = self.config.connections[name]
        context = self.connector_context(name)
        settings = await self.settings(connection, context, None)
        found = make(settings, context, *more) if make is not None else None
        if found is None:
            raise ConfigError([f"connections.{name}: it {what}"])
        return found

    async def settings(self, connection: Connection, context: Context, listener: str | None) -> Any:
        """Return the settings of a connection as one listener needs them.

        Raises:
            ConfigError: a secret cannot be resolved.
        """
        wanted = needed(connection, listener)
        return ready(connection, await resolve_secrets(self.config, connection, context, wanted))

    def connector_context(self, name: str) -> Context:
        """Return what the connector of a connection is lent."""
        return context_of(name, self.state, self.clock, self._observed)

    def _observed(self, event: str, connection: str = "", **fields: Any) -> None:
        self.metrics.observe(event, fields, self.clock.now())
        self.progress(event, connection=connection, **fields)


__all__ = ["Progress", "Stream", "StreamContext"]
