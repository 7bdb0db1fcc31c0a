"""`state = …`: where a configuration remembers what was synchronised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from ..reprs import Shown
from .faults import Fault, Faults, nearest
from .scalars import shown

if TYPE_CHECKING:
    from .connections import Connection

DEFAULT_STATE = "syncline-state.db"


@frozen(kw_only=True, repr=False)
class ConnectedState(Shown):
    """A state that a connection opens: `state = { connection = "cloud", table = "syncline" }`."""

    connection: str
    settings: Mapping[str, str] = field(factory=dict)
    """The other keys, which the connector understands."""

    def __str__(self) -> str:
        keys = "".join(f", {key} = {value}" for key, value in self.settings.items())
        return f"connection {self.connection}{keys}"


StateAt: TypeAlias = FilePath | ConnectedState
"""A SQLite file, absolute; or what a connection opens."""


def state_at(value: object, folder: FilePath) -> StateAt:
    """Return the state that `state = …` names.

    Raises:
        ValueError: it names none.
    """
    return _connected(value) if isinstance(value, dict) else state_path(value, folder)


def state_path(value: object, folder: FilePath) -> FilePath:
    """Return the state file that `state = …` names: `sqlite:///path`, or a relative path.

    Raises:
        ValueError: it names another kind of state.
    """
    text = DEFAULT_STATE if value is None else value
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(f"{shown(value)} is not a state such as 'sqlite:///var/lib/syncline.db'")
    scheme, colon, rest = text.partition("://")
    if colon and scheme != "sqlite":
        raise ValueError(
            f"state in {scheme!r} is not part of this installation; say 'sqlite:///…', or a table"
            " { connection = … }"
        )
    path = rest if colon else text
    if not path.strip("/"):
        raise ValueError(f"{text!r} names no file; say 'sqlite:///var/lib/syncline.db'")
    return folder / FilePath(path).expanduser()


def _connected(table: Mapping[str, object]) -> ConnectedState:
    if "connection" not in table:
        raise ValueError("the key 'connection' is missing: which connection opens the state")
    wrong = {key: value for key, value in table.items() if not isinstance(value, str) or not value}
    if wrong:
        raise Faults(
            Fault(path=(key,), message=f"{shown(value)} is not a text")
            for key, value in wrong.items()
        )
    texts = {key: str(value) for key, value in table.items()}
    return ConnectedState(connection=texts.pop("connection"), settings=texts)


def state_fault(
    state: ConnectedState, connections: Mapping[str, Connection], known: frozenset[str]
) -> str | None:
    """Return why a connection cannot open a state; None when it can, or has faults of its own.

    `known` are the names of all connections of the file, those with faults of their own too.
    """
    name = state.connection
    if name not in known:
        return f"there is no connection {name!r}; {nearest(name, known, 'connections')}"
    found = connections.get(name)
    if found is None or found.connector.state is not None:
        return None
    return f"the connector {found.connector.name!r} keeps no state; leave it in a file"


__all__ = ["DEFAULT_STATE", "ConnectedState", "StateAt", "state_at", "state_fault", "state_path"]
