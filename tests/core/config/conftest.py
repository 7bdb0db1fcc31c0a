"""Connectors for configuration tests: real declarations, passed to `load` instead of installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Literal

import attrs
import pytest

from syncline.config import Config, load
from syncline.config_store import ConfigStore
from syncline.connector import Connector, Context, LocalPath, setting
from syncline.errors import ConfigError, PluginError
from syncline.ports import Secret, SecretProvider, Store
from syncline.state import SqliteState
from syncline.state.port import StateStore
from syncline.testing.config_vendor import KINDS


class Color(Enum):
    RED = "red"
    GREEN = "green"


@attrs.frozen(kw_only=True)
class Nested:
    depth: int = setting("How deep.", validator=attrs.validators.ge(0))
    token: Secret | None = setting("A secret inside.", default=None)


@attrs.frozen(kw_only=True)
class ShelfSettings:
    path: Path = setting("Where the shelf stands.")
    token: Secret | None = setting("What opens it.", default=None)
    spare: LocalPath = setting("Where it may stand, too.", default="")
    color: Color = setting("Its colour.", default=Color.RED)
    format: Literal["markdown", "html"] = setting("What files are.", default="markdown")
    tags: frozenset[str] = setting("Which tags count.", default=frozenset())
    retry: timedelta = setting("When to try again.", default=timedelta(seconds=30))
    width: float = setting("In metres.", default=1.0)
    nested: Nested | None = setting("More of it.", default=None)
    review_label: str = setting("What it puts on new things.", default="")
    aliases: dict[str, str] = setting("Other names.", factory=dict)


@attrs.frozen(kw_only=True)
class CupboardSettings:
    at: LocalPath = setting("The folder with its documents.")
    without: frozenset[str] = setting("Folders that it leaves out.", default=frozenset())
    depth: int = setting("How deep.", default=1)


@attrs.frozen(kw_only=True)
class VaultSettings:
    url: str = setting("Where the vault is.", default="http://127.0.0.1")
    token: Secret | None = setting("What opens it.", default=None)


@attrs.frozen(kw_only=True)
class OddSettings:
    thing: NotThere = setting("Of a type that nobody knows.")  # type: ignore[name-defined]  # noqa: F821


class Vault:
    """A secret provider that keeps its secrets in its settings' URL."""

    def __init__(self, settings: VaultSettings) -> None:
        self.settings = settings

    async def get(self, name: str) -> Secret:
        return Secret(f"{self.settings.url}#{name}")


def _no_store(settings: ShelfSettings, context: Context) -> Store:
    raise AssertionError("a check opens nothing")


def _vault(settings: VaultSettings, context: Context) -> SecretProvider:
    return Vault(settings)


@attrs.frozen(kw_only=True)
class BoardSettings:
    folder: LocalPath = setting("Where states are.", default="")
    key: Secret | None = setting("What opens it.", default=None)


def _no_objects(settings: BoardSettings, context: Context) -> ConfigStore:
    raise AssertionError("a check opens nothing")


def _board_state(settings: BoardSettings, context: Context, keys: Mapping[str, str]) -> StateStore:
    """A state by name, for whoever has the key."""
    if keys.keys() != {"table"}:
        raise ValueError(f"say the table, and nothing else: {', '.join(keys) or 'nothing'}")
    opened = settings.key.reveal() if settings.key is not None else "open"
    return SqliteState.open(
        Path(settings.folder) / f"{context.connection}-{opened}-{keys['table']}"
    )


CONNECTORS = {
    "board": Connector(
        name="board",
        summary="A board.",
        settings=BoardSettings,
        config=_no_objects,
        kinds=lambda: KINDS,
        state=_board_state,
    ),
    "shelf": Connector(
        name="shelf", summary="A shelf.", settings=ShelfSettings, documents=_no_store
    ),
    "odd": Connector(name="odd", summary="Odd.", settings=OddSettings, documents=_no_store),
    "cupboard": Connector(
        name="cupboard",
        summary="A cupboard.",
        settings=CupboardSettings,
        documents=_no_store,
        folder="at",
        leaves_out=lambda settings, path: path in settings.without,
    ),
    "vault": Connector(name="vault", summary="A vault.", settings=VaultSettings, secrets=_vault),
}


def _load(name: str) -> Connector:
    if name not in CONNECTORS:
        raise PluginError(f"no connector {name!r} is installed")
    return CONNECTORS[name]


BASE = """
[connections.a]
connector = "shelf"
path = "left"

[connections.b]
connector = "shelf"
path = "right"
"""
JOB = """
[jobs.j]
kind = "documents"
left = "a"
right = "b"
"""


@pytest.fixture
def connector() -> Callable[[str], Connector]:
    """The loader of the test connectors `shelf` and `vault`."""
    return _load


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[str], Config]:
    """Load a text as the file `f.toml` of a temporary folder."""

    def read(text: str) -> Config:
        return load(text.encode(), file="f.toml", folder=tmp_path, connectors=_load)

    return read


@pytest.fixture
def faults(loaded: Callable[[str], Config]) -> Callable[[str], list[str]]:
    """Return the lines that a text is refused with; none when it is accepted."""

    def read(text: str) -> list[str]:
        try:
            loaded(text)
        except ConfigError as error:
            return list(error.problems)
        return []

    return read


@pytest.fixture
def base() -> str:
    """Two connections."""
    return BASE


@pytest.fixture
def boards() -> str:
    """Two connections that hold configuration objects, and one that holds documents."""
    return (
        '[connections.cx]\nconnector = "board"\n[connections.cloud]\nconnector = "board"\n'
        '[connections.wiki]\nconnector = "shelf"\npath = "left"\n'
    )


@pytest.fixture
def whole() -> str:
    """Two connections and one job."""
    return BASE + JOB
