"""What can be wrong between the parts of a file that are right by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import PluginError
from .connections import Connection, Load
from .faults import Fault, nearest
from .jobs import DocumentsJob, Job
from .secrets import SecretRef

if TYPE_CHECKING:
    from .service import Service

BUILT_IN = ("env", "file")
"""The secret providers that need no plugin."""


def job_faults(
    name: str, table: object, connections: Mapping[str, Connection], known: frozenset[str]
) -> Iterator[Fault]:
    """Yield what is wrong with the connections of one job, as its table names them.

    `known` are the names of all connections of the file, those with faults of their own too.
    """
    sides = {side: table.get(side) for side in ("left", "right")} if isinstance(table, dict) else {}
    for side, connection in sides.items():
        if not isinstance(connection, str):
            continue
        if message := _unusable(connection, connections, known):
            yield Fault(path=("jobs", name, side), message=message)
    if message := _one_place(sides.get("left"), sides.get("right"), connections):
        yield Fault(path=("jobs", name, "right"), message=message)


def _one_place(left: object, right: object, connections: Mapping[str, Connection]) -> str | None:
    if isinstance(left, str) and left == right:
        return f"left and right are both {left!r}; a job needs two places"
    here, there = (connections.get(str(side)) for side in (left, right))
    if here is not None and there is not None and here.same_place(there):
        return "left and right lead to the same place; a job needs two"
    return None


def _unusable(
    connection: str, connections: Mapping[str, Connection], known: frozenset[str]
) -> str | None:
    if connection not in known:
        return _unknown(connection, known)
    found = connections.get(connection)
    if found is None:
        return None
    if found.connector.documents is not None:
        return _unset(found, "documents")
    ports = ", ".join(found.connector.ports) or "nothing"
    return f"the connector {found.connector.name!r} holds no documents; it offers: {ports}"


def _unknown(connection: str, known: frozenset[str]) -> str:
    return f"there is no connection {connection!r}; {nearest(connection, known, 'connections')}"


def named_faults(connections: Mapping[str, Connection], known: frozenset[str]) -> Iterator[Fault]:
    """Yield what connections say of others that the file does not have."""
    for name, connection in connections.items():
        for one in attrs.fields(type(connection.settings)):
            if not one.metadata.get("by_connection"):
                continue
            for key in getattr(connection.settings, one.name):
                if key not in known:
                    path = ("connections", name, one.name, key)
                    yield Fault(path=path, message=_unknown(key, known))


def _unset(connection: Connection, port: str) -> str | None:
    """Return what a job needs of a connection that leaves it out."""
    needed = connection.connector.needs.get(port, ())
    left_out = [name for name in needed if not getattr(connection.settings, name, None)]
    if not left_out:
        return None
    names = ", ".join(repr(name) for name in left_out)
    return f"the connection {connection.name!r} does not say {names}, which {port} need; add it"


def label_faults(
    jobs: Mapping[str, DocumentsJob], connections: Mapping[str, Connection]
) -> Iterator[Fault]:
    """Yield the jobs that would map the review label which one of their connections sets."""
    for name, job in jobs.items():
        for side in (job.left, job.right):
            found = connections.get(side)
            label = getattr(found.settings, "review_label", "") if found else ""
            if label and label not in job.reserved:
                message = f"the connection {side!r} sets {label!r}; say the same in both"
                yield Fault(path=("jobs", name, "review_label"), message=message)


def pairs_faults(jobs: Mapping[str, DocumentsJob], folder: FilePath) -> Iterator[Fault]:
    """Yield the pair files that are not there."""
    for name, job in jobs.items():
        if job.pairs is not None and not (folder / job.pairs.expanduser()).is_file():
            message = f"there is no file {str(job.pairs)!r}; write it or remove the key"
            yield Fault(path=("jobs", name, "pairs"), message=message)


def secret_faults(connections: Mapping[str, Connection], load: Load) -> Iterator[Fault]:
    """Yield the secrets whose provider does not exist, or would need itself."""
    for connection in connections.values():
        for path, reference in connection.all_secrets:
            if message := _no_provider(connection, reference, connections, load):
                yield Fault(path=("connections", connection.name, *path), message=message)


def job_secret_faults(
    jobs: Mapping[str, Job], connections: Mapping[str, Connection], load: Load
) -> Iterator[Fault]:
    """Yield the secrets of events jobs whose provider does not exist."""
    for name, job in jobs.items():
        if job.kind != "events":
            continue
        for path, reference in job.secrets:
            if message := _no_provider(None, reference, connections, load):
                yield Fault(path=("jobs", name, *path), message=message)


def service_secret_faults(
    service: Service, connections: Mapping[str, Connection], load: Load
) -> Iterator[Fault]:
    """Yield the secrets of the service whose provider does not exist."""
    for path, reference in service.secrets:
        if message := _no_provider(None, reference, connections, load):
            yield Fault(path=("service", *path), message=message)


def _no_provider(
    user: Connection | None, reference: SecretRef, connections: Mapping[str, Connection], load: Load
) -> str | None:
    if reference.provider in BUILT_IN:
        return None
    provider = connections.get(reference.provider)
    if provider is None:
        return _no_plugin(reference.provider, connections, load)
    if provider.connector.secrets is None:
        return f"the connection {provider.name!r} provides no secrets"
    if any(ref.provider not in BUILT_IN for _, ref in provider.secrets):
        return f"the connection {provider.name!r} needs a provider itself; give it env or file"
    return f"{provider.name!r} cannot provide its own secrets" if provider is user else None


def _no_plugin(name: str, connections: Mapping[str, Connection], load: Load) -> str | None:
    try:
        connector: Any = load(name)
    except PluginError as error:
        offering = (c.name for c in connections.values() if c.connector.secrets is not None)
        hint = nearest(name, [*BUILT_IN, *offering], "providers")
        return f"there is no secret provider {name!r}; {hint} ({error})"
    return None if connector.secrets is not None else f"the connector {name!r} provides no secrets"


__all__ = [
    "BUILT_IN",
    "job_faults",
    "job_secret_faults",
    "label_faults",
    "named_faults",
    "pairs_faults",
    "secret_faults",
    "service_secret_faults",
]
