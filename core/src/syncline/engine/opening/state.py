"""Opens what a configuration remembers: a SQLite file, or what a connection keeps."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from ...clock import SystemClock
from ...config import Config
from ...config.states import ConnectedState
from ...connector import Context
from ...errors import ConfigError
from ...ports import Clock
from ...state import SqliteState
from ...state.port import StateStore
from .secrets import resolve_secrets


class PassingCache:
    """The small facts of a connection that opens the state: there is no state yet to keep them."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._values.get(key)

    def put(self, key: str, value: str) -> None:
        self._values[key] = value


async def open_state(config: Config, clock: Clock | None = None) -> StateStore:
    """Open the state that a configuration names; whoever opens it closes it.

    Raises:
        ConfigError: a secret of its connection cannot be resolved, or its keys are not right.
        StateError: it cannot be used.
    """
    match config.state:
        case ConnectedState() as there:
            return await _connected(config, there, clock or SystemClock())
        case path:
            return SqliteState.open(path)


async def _connected(config: Config, there: ConnectedState, clock: Clock) -> StateStore:
    connection = config.connections[there.connection]
    if connection.connector.state is None:
        raise ConfigError([f"state: the connector {connection.connector.name!r} keeps no state"])
    context = Context(connection=connection.name, clock=clock, cache=PassingCache())
    values = await resolve_secrets(config, connection, context)
    try:
        # Opening asks a server: the event loop goes on meanwhile.
        return await asyncio.to_thread(
            connection.connector.state, connection.ready(values), context, there.settings
        )
    except ValueError as error:
        raise ConfigError([f"state: {error}"]) from None


def opened_state(config: Config, *, create: bool = True) -> StateStore:
    """Open the state from where nothing can be awaited; for verbs that read the state alone.

    Args:
        create: False to leave a SQLite file that is not there alone: nothing is remembered then.

    Raises:
        ConfigError, StateError: as `open_state`.
    """
    match config.state:
        case ConnectedState():
            # A loop may be running in this thread: another one has its own.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(asyncio.run, open_state(config)).result()
        case path:
            there = create or path.exists()
            return SqliteState.open(path) if there else SqliteState.memory()


__all__ = ["open_state", "opened_state"]
