"""The values of secrets, looked up where the configuration says that they are kept."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from ... import plugins
from ...config import Config, Connection
from ...config.leaves import Path
from ...config.secrets import SecretRef, from_environment, from_file
from ...connector import Context
from ...errors import ConfigError, SynclineError
from ...ports import Secret, SecretProvider
from ...redaction import register


async def resolve_secrets(
    config: Config,
    connection: Connection,
    context: Context,
    wanted: Iterable[tuple[Path, SecretRef]] | None = None,
) -> dict[SecretRef, Secret]:
    """Return the value of every secret that a connection needs; each is known to redaction.

    Args:
        wanted: these, instead of those that its store needs.

    Raises:
        ConfigError: all that cannot be resolved, one line each, without any value.
    """
    found: dict[SecretRef, Secret] = {}
    # A provider may know of many secrets what it read once: it is opened once for all of them.
    providers: dict[str, SecretProvider] = {}
    problems: list[str] = []
    for path, reference in connection.secrets if wanted is None else wanted:
        try:
            found[reference] = await resolve_secret(config, reference, context, providers)
            register(found[reference])
        except SynclineError as error:
            where = ".".join(str(part) for part in ("connections", connection.name, *path))
            problems.append(f"{where}: {error}")
    if problems:
        raise ConfigError(problems)
    return found


async def resolve_secret(
    config: Config,
    reference: SecretRef,
    context: Context,
    providers: dict[str, SecretProvider] | None = None,
) -> Secret:
    """Return the value of one secret.

    Args:
        providers: those that are open, and those that are opened for it.

    Raises:
        SynclineError: it cannot be looked up; without any value.
    """
    match reference.provider:
        case "env":
            return from_environment(reference.name)
        case "file":
            return from_file(reference.name, config.folder)
        case name:
            opened = {} if providers is None else providers
            if name not in opened:
                opened[name] = await _provider(config, name, context)
            return await opened[name].get(reference.name)


async def _provider(config: Config, name: str, context: Context) -> SecretProvider:
    """Open a provider: a connection of that name, or else the plugin with its own defaults."""
    connection = config.connections.get(name)
    connector = connection.connector if connection else plugins.load(name)
    if connector.secrets is None:
        raise ConfigError([f"{name} provides no secrets"])
    if connection is None:
        return connector.secrets(connector.settings(), context)
    # `check` refuses a provider that needs a provider itself: this goes one level deep.
    values = await resolve_secrets(config, connection, context)
    return connector.secrets(connection.ready(values), evolve(context, connection=name))


__all__ = ["resolve_secret", "resolve_secrets"]
