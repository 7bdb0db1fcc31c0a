"""What the connections of a job are opened with, comparable from one reload to the next."""

from __future__ import annotations

import hashlib

from ..config import Config, Connection
from ..engine.opening import context_of, resolve_secrets
from ..ports import Clock
from ..state.port import StateStore
from .connections import Access


async def access_to(
    config: Config, connection: Connection, state: StateStore, clock: Clock
) -> Access:
    """Return a connection with a digest of what its secrets are worth now.

    Raises:
        ConfigError: some cannot be resolved.
    """
    context = context_of(connection.name, state, clock)
    values = await resolve_secrets(config, connection, context)
    digest = hashlib.sha256()
    for reference in sorted(values, key=str):
        digest.update(f"{reference}\0{values[reference].reveal()}\0".encode())
    return Access(connection, digest.hexdigest())


__all__ = ["access_to"]
