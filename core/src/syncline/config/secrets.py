"""Secrets: references in the file, values only in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from attrs import frozen

from ..errors import ConfigError, SynclineError
from ..reprs import Shown
from ..secret import Secret
from .leaves import Path, leaves, rewritten

MAX_SIZE = 64 * 1024
"""Bytes of a secret file."""


@frozen(repr=False)
class SecretRef(Shown):
    """Where a secret is kept: `{ env = "NAME" }`, `{ file = "path" }` or `{ <provider> = "…" }`."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f'{{ {self.provider} = "{self.name}" }}'


class Unresolved(Secret):
    """Stands for a secret until it is looked up; it has no value to reveal."""

    def __init__(self, reference: SecretRef) -> None:
        super().__init__("")
        object.__setattr__(self, "reference", reference)

    reference: SecretRef

    def reveal(self) -> str:
        raise SynclineError(f"the secret {self.reference} has not been looked up")


def secret(value: object) -> Unresolved:
    """Return the reference that `value` writes. A message never repeats what was written.

    Raises:
        ValueError: it is no reference.
    """
    match value:
        case dict() if len(value) == 1:
            ((provider, name),) = value.items()
            if isinstance(name, str) and name:
                return Unresolved(SecretRef(provider, name))
            raise ValueError(f"the name of the secret in {provider!r} must be a text")
        case dict():
            raise ValueError('a secret is one reference: { env = "NAME" } or { file = "path" }')
        case _:
            raise ValueError(
                'a secret is never written in the file: say { env = "NAME" } or { file = "path" }'
            )


def references(settings: object, *path: str | int) -> Iterator[tuple[Path, SecretRef]]:
    """Yield every unresolved secret of a settings value with its path."""
    for where, leaf in leaves(settings, *path):
        if isinstance(leaf, Unresolved):
            yield where, leaf.reference


def resolved(settings: Any, values: Mapping[SecretRef, Secret]) -> Any:
    """Return the settings with every secret filled in from `values`.

    Raises:
        KeyError: one is not there.
    """
    return rewritten(
        settings, lambda leaf: values[leaf.reference] if isinstance(leaf, Unresolved) else leaf
    )


def from_environment(name: str, environment: Mapping[str, str] = os.environ) -> Secret:
    """Return the secret in an environment variable.

    Raises:
        ConfigError: it is not set, or empty.
    """
    if not (value := environment.get(name, "")):
        state = "empty" if name in environment else "not set"
        raise ConfigError([f"the environment variable {name} is {state}; export it"])
    return Secret(value)


def from_file(name: str, folder: FilePath) -> Secret:
    """Return the secret in a file, without the newline at its end.

    Raises:
        ConfigError: it cannot be read, is empty or is too large.
    """
    path = folder / FilePath(name).expanduser()
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        value = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError([f"the secret file {path} cannot be read: {reason}"]) from None
    if not value or len(raw) > MAX_SIZE:
        what = "is empty" if not value else f"has more than {MAX_SIZE} bytes"
        raise ConfigError([f"the secret file {path} {what}"])
    return Secret(value)


def open_to_others(path: FilePath) -> bool:
    """Tell whether other users of this machine may read the file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


__all__ = [
    "SecretRef",
    "Unresolved",
    "from_environment",
    "from_file",
    "open_to_others",
    "references",
    "resolved",
    "secret",
]
