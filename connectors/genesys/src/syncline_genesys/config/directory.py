"""Ids of objects by their names, and names by their ids: learnt once, and checked by every read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from attrs import define, field

from syncline.ports import Cache

from ..blocks.decode import text
from ..blocks.words import Json
from .kinds import ID

MOST = 20_000
"""Names that are kept for other processes."""

_ID = re.compile(ID)


def is_id(name: str) -> bool:
    """Return whether a name is an id as the vendor makes them."""
    return _ID.fullmatch(name) is not None


@define
class Directory:
    """What is known of names. It is a cache: a wrong entry costs a call, nothing else.

    What was learnt is kept by `save`, all of it under one key: readers of events, which ask nobody,
    find the names there that rules use.
    """

    _cache: Cache
    _connection: str
    _ids: dict[str, dict[str, str]] = field(factory=dict)
    """By kind, by name."""
    _names: dict[str, dict[str, str]] = field(factory=dict)
    """By kind, by id."""
    _loaded: bool = False
    _news: bool = False

    def id_of(self, kind: str, name: str) -> str | None:
        """Return the id of an object, if its name was met before; an id stands for itself."""
        if is_id(name):
            return name
        if name not in self._ids.get(kind, {}) and not self._loaded:
            self._load()
        return self._ids.get(kind, {}).get(name)

    def name_of(self, kind: str, id: str) -> str | None:
        """Return the name by which an object was asked for last."""
        if id not in self._names.get(kind, {}):
            # Another process may have met it meanwhile.
            self._load()
        return self._names.get(kind, {}).get(id)

    def learn(self, kind: str, entity: Json, called: str = "") -> None:
        """Remember the name of an object; `called` is how a rule spells it."""
        id, name = text(entity, "id"), text(entity, "name")
        spelt = name if is_id(called) else called or name
        if id and spelt and self.id_of(kind, spelt) != id:
            self._put(kind, spelt, id)
            self._news = True

    def save(self) -> None:
        """Keep what was learnt for others; nothing is written where nothing was."""
        if not self._news:
            return
        self._news = False
        mine = list(self._entries())
        self._load()
        for kind, name, id in mine:
            self._put(kind, name, id)
        self._cache.put(self._key, json.dumps(list(self._entries())[-MOST:]))

    def _entries(self) -> Iterator[tuple[str, str, str]]:
        for kind, ids in self._ids.items():
            for name, id in ids.items():
                yield kind, name, id

    def _put(self, kind: str, name: str, id: str) -> None:
        self._ids.setdefault(kind, {})[name] = id
        self._names.setdefault(kind, {})[id] = name

    def _load(self) -> None:
        self._loaded = True
        for kind, name, id in json.loads(self._cache.get(self._key) or "[]"):
            self._put(kind, name, id)

    @property
    def _key(self) -> str:
        return f"genesys/{self._connection}/names"


__all__ = ["Directory", "is_id"]
