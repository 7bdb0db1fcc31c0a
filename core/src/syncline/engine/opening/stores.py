"""The composition root: from a configuration to an open session, and everything closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

from attrs import frozen

from ...config import Config, Connection
from ...config_store import ConfigStore
from ...connector import Context
from ...errors import ConfigError
from ...ports import Cache, Clock, Store
from ...state.port import StateStore
from ...state.shared import Shared
from .secrets import resolve_secrets

T = TypeVar("T")


class Closable(Protocol):
    """What is open until it is closed."""

    async def aclose(self) -> None: ...


P = TypeVar("P", bound=Closable)
Make: TypeAlias = Callable[[Any, Context], P]
"""Makes a port of a connection's settings, their secrets resolved, and what it is lent."""
OpenWith: TypeAlias = Callable[[Connection], AbstractAsyncContextManager[T]]
"""Opens something of a connection for as long as the context lasts."""
OpenStore: TypeAlias = OpenWith[Store]


@frozen
class StateCache:
    """The small facts of one connection, kept in the state."""

    state: StateStore
    connection: str

    def get(self, key: str) -> str | None:
        return self.state.cached(self.connection, key)

    def put(self, key: str, value: str) -> None:
        self.state.cache(self.connection, key, value)


def _quiet(event: str, **fields: object) -> None:
    return None


@asynccontextmanager
async def open_store(
    config: Config,
    connection: Connection,
    *,
    state: StateStore,
    clock: Clock,
    progress: Callable[..., None] = _quiet,
) -> AsyncIterator[Store]:
    """Open the store of one connection, its secrets resolved, and close it.

    Raises:
        ConfigError: it holds no documents, or a secret cannot be resolved.
    """
    make = _able(connection, connection.connector.documents, "documents")
    context = context_of(connection.name, state, clock, progress)
    async with _opened(config, connection, context, make) as store:
        yield store


@asynccontextmanager
async def open_config_store(
    config: Config,
    connection: Connection,
    *,
    state: StateStore,
    clock: Clock,
    progress: Callable[..., None] = _quiet,
) -> AsyncIterator[ConfigStore]:
    """Open the configuration objects of one connection, its secrets resolved, and close them.

    Raises:
        ConfigError: it holds no such objects, or a secret cannot be resolved.
    """
    make = _able(connection, connection.connector.config, "configuration objects")
    context = context_of(connection.name, state, clock, progress)
    async with _opened(config, connection, context, make) as store:
        yield store


def _able(connection: Connection, make: Make[P] | None, what: str) -> Make[P]:
    if make is None:
        name = connection.connector.name
        raise ConfigError([f"connections.{connection.name}: {name} holds no {what}"])
    return make


@asynccontextmanager
async def _opened(
    config: Config, connection: Connection, context: Context, make: Make[P]
) -> AsyncIterator[P]:
    values = await resolve_secrets(config, connection, context)
    port = make(connection.ready(values), context)
    try:
        yield port
    finally:
        await port.aclose()


def context_of(
    name: str, state: StateStore, clock: Clock, progress: Callable[..., None] = _quiet
) -> Context:
    """Return what the connector of connection `name` is lent."""

    def observe(event: str, fields: Mapping[str, object]) -> None:
        progress(event, connection=name, **fields)

    cache: Cache = StateCache(state, name)
    shared = Shared(state, clock)
    return Context(connection=name, clock=clock, cache=cache, observe=observe, shared=shared)
