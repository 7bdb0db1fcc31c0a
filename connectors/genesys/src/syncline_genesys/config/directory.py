"""Ids of objects by their names, and names by their ids: learnt once, and checked by every read."""

from __future__ import annotations

import re

from attrs import define, field

from syncline.ports import Cache

from ..blocks.decode import text
from ..blocks.words import Json

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_id(name: str) -> bool:
    """Return whether a name is an id as the vendor makes them."""
    return _ID.fullmatch(name) is not None


@define
class Directory:
    """What is known of names. It is a cache: a wrong entry costs a call, nothing else."""

    _cache: Cache
    _connection: str
    _ids: dict[tuple[str, str], str] = field(factory=dict)
    _names: dict[tuple[str, str], str] = field(factory=dict)

    def id_of(self, kind: str, name: str) -> str | None:
        """Return the id of an object, if its name was met before; an id stands for itself."""
        if is_id(name):
            return name
        return self._ids.get((kind, name)) or self._cache.get(self._key(kind, "id", name))

    def name_of(self, kind: str, id: str) -> str | None:
        """Return the name that an object had when it was read last."""
        return self._names.get((kind, id)) or self._cache.get(self._key(kind, "name", id))

    def learn(self, kind: str, entity: Json, called: str = "") -> None:
        """Remember the name of an object; `called` is how a rule spells it."""
        id, name = text(entity, "id"), text(entity, "name")
        if not id or not name:
            return
        for spelt in {name, called or name}:
            if not is_id(spelt) and self._ids.get((kind, spelt)) != id:
                self._ids[kind, spelt] = id
                self._cache.put(self._key(kind, "id", spelt), id)
        if self._names.get((kind, id)) != (called or name):
            kept = name if is_id(called) else called or name
            self._names[kind, id] = kept
            self._cache.put(self._key(kind, "name", id), kept)

    def _key(self, kind: str, what: str, name: str) -> str:
        return f"genesys/{self._connection}/{kind}/{what}/{name}"


__all__ = ["Directory", "is_id"]
