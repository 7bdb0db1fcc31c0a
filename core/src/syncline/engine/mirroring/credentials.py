"""The secrets that one listener needs: those of the others are on other machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...config import Connection
from ...config.leaves import Path
from ...config.secrets import SecretRef, Unresolved
from ...config.streams import LISTENERS
from ...secret import Secret


def needed(connection: Connection, listener: str | None) -> tuple[tuple[Path, SecretRef], ...]:
    """Return the secrets of a connection without those of other listeners."""
    return tuple(
        (path, reference)
        for path, reference in connection.secrets
        if path[0] != LISTENERS or path[1:2] == (listener,)
    )


def ready(connection: Connection, values: Mapping[SecretRef, Secret]) -> Any:
    """Return the settings with the secrets that are there; using another one raises."""
    absent: dict[SecretRef, Secret] = {ref: Unresolved(ref) for _, ref in connection.secrets}
    return connection.ready({**absent, **values})


__all__ = ["needed", "ready"]
