"""`[connections.<name>]`: a connector and its typed settings, secrets still references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from attrs import field, frozen

from .. import plugins
from ..connector import Connector
from ..errors import PluginError
from ..ports import Secret
from .faults import Fault, Faults
from .leaves import Path, rewritten
from .plain import Local
from .scalars import shown
from .secrets import SecretRef, references, resolved
from .structure import as_table, structured, typable

Load = Callable[[str], Connector]
"""Returns an installed connector by name; raises PluginError."""


@frozen(kw_only=True)
class Connection:
    """A configured connector. Nothing has been opened, no secret looked up."""

    name: str
    connector: Connector
    settings: Any = field(repr=False)
    """An instance of the connector's settings class; its secrets have no values yet."""

    @property
    def secrets(self) -> tuple[tuple[Path, SecretRef], ...]:
        """Every secret that it needs, with its path below the connection."""
        return tuple(references(self.settings))

    def ready(self, values: Mapping[SecretRef, Secret]) -> Any:
        """Return the settings with their secrets filled in: what the connector is opened with."""
        return resolved(self.settings, values)

    def same_place(self, other: Connection) -> bool:
        """Tell whether both lead to one place, perhaps with different secrets."""
        return self.connector.name == other.connector.name and self.settings == other.settings


def connection(name: str, value: object, folder: FilePath, load: Load = plugins.load) -> Connection:
    """Return the connection that a table writes; paths in it are relative to `folder`.

    Raises:
        Faults: with paths relative to the connection.
    """
    table = dict(as_table(value))
    if ":" in name or not name:
        raise ValueError("a connection's name must not be empty or contain ':'")
    if "connector" not in table:
        installed = ", ".join(plugins.names()) or "none"
        raise ValueError(f"the key 'connector' is missing; installed: {installed}")
    connector = _loaded(table.pop("connector"), load)
    settings = structured(table, connector.settings)
    return Connection(
        name=name, connector=connector, settings=rewritten(settings, _anchored_at(folder))
    )


def _loaded(name: object, load: Load) -> Connector:
    try:
        if not isinstance(name, str):
            raise PluginError(f"{shown(name)} is not the name of a connector")
        connector = load(name)
        typable(connector.settings)
        return connector
    except (PluginError, TypeError) as error:
        raise Faults([Fault(path=("connector",), message=str(error))]) from None


def _anchored_at(folder: FilePath) -> Callable[[object], object]:
    def anchored(leaf: object) -> object:
        match leaf:
            case Local():
                return str(folder / FilePath(leaf).expanduser())
            case FilePath():
                return folder / leaf.expanduser()
            case _:
                return leaf

    return anchored


__all__ = ["Connection", "Load", "connection"]
