"""`[connections.<name>]`: a connector and its typed settings, secrets still references."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from attrs import field, frozen

from .. import plugins
from ..connector import Connector, WebhookForm
from ..errors import PluginError
from ..reprs import Shown
from ..secret import Secret
from .faults import Fault, Faults, faults_of, nearest
from .leaf_readers import Local
from .leaves import Path, rewritten
from .scalars import shown
from .secrets import SecretRef, references, resolved
from .structure import as_table, structured, typable

Load = Callable[[str], Connector]
"""Returns an installed connector by name; raises PluginError."""


@frozen(kw_only=True, repr=False)
class Hook(Shown):
    """How a connection's system announces changes: `[connections.<name>.webhook]`."""

    name: str
    """Of the form, in the vendor's words."""
    form: WebhookForm
    settings: Any = field(repr=False)
    """An instance of the form's settings class; its secrets have no values yet."""

    @property
    def secrets(self) -> tuple[tuple[Path, SecretRef], ...]:
        """Every secret that it needs, with its path below the connection."""
        return tuple(references(self.settings, "webhook"))

    def ready(self, values: Mapping[SecretRef, Secret]) -> Any:
        """Return the settings with their secrets filled in: what the form is opened with."""
        return resolved(self.settings, values)


@frozen(kw_only=True, repr=False)
class Connection(Shown):
    """A configured connector. Nothing has been opened, no secret looked up."""

    name: str
    connector: Connector
    settings: Any = field(repr=False)
    """An instance of the connector's settings class; its secrets have no values yet."""
    webhook: Hook | None = None

    @property
    def secrets(self) -> tuple[tuple[Path, SecretRef], ...]:
        """Every secret that its store needs, with its path below the connection."""
        return tuple(references(self.settings))

    @property
    def all_secrets(self) -> tuple[tuple[Path, SecretRef], ...]:
        """Those, and what its webhook needs: only whoever serves webhooks looks that up."""
        return (*self.secrets, *(self.webhook.secrets if self.webhook else ()))

    def ready(self, values: Mapping[SecretRef, Secret]) -> Any:
        """Return the settings with their secrets filled in: what the connector is opened with."""
        return resolved(self.settings, values)

    def same_place(self, other: Connection) -> bool:
        """Tell whether both lead to one place, perhaps with different secrets."""
        if self.connector.name != other.connector.name:
            return False
        return self.settings == other.settings or self._same_folder(other)

    @property
    def folder(self) -> FilePath | None:
        """The folder of this machine that its documents are in, links resolved; None without one.

        A folder that is not there yet has the name that it would have.
        """
        setting = self.connector.folder
        said = getattr(self.settings, setting) if setting else ""
        return FilePath(os.path.realpath(said)) if said else None

    def _same_folder(self, other: Connection) -> bool:
        folder = self.folder
        return folder is not None and folder == other.folder


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
    bad: list[Fault] = []
    webhook = None
    try:
        if "webhook" in table:
            webhook = _hook(table.pop("webhook"), connector, folder)
    except ValueError as error:
        bad += faults_of(error, "webhook")
    try:
        settings = structured(table, connector.settings)
    except Faults as error:
        raise Faults([*error.faults, *bad]) from None
    if bad:
        raise Faults(bad)
    settings = rewritten(settings, _anchored_at(folder))
    return Connection(name=name, connector=connector, settings=settings, webhook=webhook)


def forms(connector: Connector) -> dict[str, WebhookForm]:
    """Return the forms of webhook that a connection with this connector can have, by name."""
    # Late: only a file with webhooks pays for them.
    from ..webhooks import GENERIC

    return {**connector.webhooks, "generic": GENERIC}


def _hook(value: object, connector: Connector, folder: FilePath) -> Hook:
    table = dict(as_table(value))
    known = forms(connector)
    name = table.pop("form", None)
    if name is None:
        raise ValueError(f"the key 'form' is missing; forms: {', '.join(sorted(known))}")
    if not isinstance(name, str) or name not in known:
        hint = nearest(name if isinstance(name, str) else "", known, "forms")
        message = f"{shown(name)} is no form of {connector.name}'s webhooks; {hint}"
        raise Faults([Fault(path=("form",), message=message)])
    settings = structured(table, known[name].settings)
    return Hook(name=name, form=known[name], settings=rewritten(settings, _anchored_at(folder)))


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


__all__ = ["Connection", "Hook", "Load", "connection", "forms"]
