"""Categories and labels of a knowledge base: looked up by name, made on demand.

Names are unique in a knowledge base, whatever their case and parent. A category that the mapping
wants under two parents therefore gets the name of its parent added, and remembers in its external
id what it was meant to be called, so that reading gives the mapped path back.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence

from syncline.errors import Rejected, StoreError, VersionMismatch

from .blocks.words import Json
from .client import Api

ALIAS = "syncline:"
"""External id of a category or label that could not have the name it was meant to have."""

LONGEST = 255
"""Characters of a name that are surely held."""


class Categories:
    """The tree of categories, read when needed."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._by_id: dict[str, Json] = {}
        self._stale = True
        self._lock = asyncio.Lock()

    async def refresh(self, base: str) -> None:
        """Read all categories again."""
        async with self._lock:
            await self._read(base)

    async def _read(self, base: str) -> None:
        self._by_id = {str(one.get("id")): one for one in await self._api.categories(base)}
        self._stale = False

    def forget(self) -> None:
        """Read the categories again before they are used next."""
        self._stale = True

    async def know(self, base: str, ids: Iterable[str]) -> None:
        """Make sure that the categories `ids` can be named."""
        if self._stale or any(id not in self._by_id for id in ids):
            await self.refresh(base)

    def path(self, id: str) -> tuple[str, ...]:
        """Return the path of a category, outermost first; empty when it is not known."""
        names: list[str] = []
        while id in self._by_id and len(names) < len(self._by_id):
            names.append(meant(self._by_id[id], self._parent_name(id)))
            id = _parent(self._by_id[id])
        return tuple(reversed(names))

    def _parent_name(self, id: str) -> str:
        return str(self._by_id.get(_parent(self._by_id[id]), {}).get("name", ""))

    def within(self, wanted: Iterable[str]) -> list[str]:
        """Return the ids of the categories that settings name, by name or by path `A/B`.

        Raises:
            Rejected: one of them does not exist; the message lists what there is.
        """
        paths = {id: self.path(id) for id in self._by_id}
        found: list[str] = []
        for text in wanted:
            parts = tuple(part.strip() for part in text.split("/"))
            ids = [id for id, path in paths.items() if path == parts or path[-1:] == (text,)]
            if not ids:
                there = ", ".join(sorted("/".join(path) for path in paths.values())[:20])
                raise Rejected(f"there is no category {text!r}; there are: {there or 'none'}")
            found.extend(ids)
        return sorted(set(found))

    def below(self, roots: Iterable[str]) -> set[str]:
        """Return the ids of some categories and of all below them."""
        found = set(roots)
        waiting = True
        while waiting:
            more = {id for id, one in self._by_id.items() if _parent(one) in found} - found
            found |= more
            waiting = bool(more)
        return found

    async def ensure(self, base: str, path: Sequence[str]) -> str:
        """Return the id of the category at `path`; what is missing on the way is made.

        Raises:
            Rejected: Genesys refuses a name.
        """
        async with self._lock:
            if self._stale:
                await self._read(base)
            parent = ""
            for name in path:
                parent = self._under(parent, name) or await self._made(base, parent, name)
            return parent

    def _under(self, parent: str, name: str) -> str:
        for id, one in self._by_id.items():
            same = meant(one, self._parent_name(id)).casefold() == name.casefold()
            if same and _parent(one) == parent:
                return id
        return ""

    async def _made(self, base: str, parent: str, name: str) -> str:
        body: Json = {"name": self._free_name(parent, name)}
        if parent:
            body["parentCategoryId"] = parent
        if body["name"] != name:
            body["externalId"] = ALIAS + name
        try:
            made = await self._api.create_category(base, body)
        except (Rejected, VersionMismatch) as error:
            # Somebody may have made it meanwhile, another worker of ours perhaps.
            await self._read(base)
            if found := self._under(parent, name):
                return found
            raise _refused("category", name, error) from error
        self._by_id[str(made["id"])] = made
        return str(made["id"])

    def _free_name(self, parent: str, name: str) -> str:
        taken = {str(one.get("name", "")).casefold() for one in self._by_id.values()}
        if name.casefold() not in taken:
            return name
        above = str(self._by_id.get(parent, {}).get("name", ""))
        candidates = (alias(name, above, number) for number in range(1, len(taken) + 2))
        return next(one for one in candidates if one.casefold() not in taken)


class Labels:
    """The labels, read when needed."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._by_name: dict[str, Json] = {}
        self._stale = True
        self._lock = asyncio.Lock()

    async def _read(self, base: str) -> None:
        found = await self._api.labels(base)
        self._by_name = {str(one.get("name", "")).casefold(): one for one in found}
        self._stale = False

    async def ensure(self, base: str, names: Iterable[str]) -> list[str]:
        """Return the ids of the labels with these names, in any case; what is missing is made.

        Raises:
            Rejected: Genesys refuses a name.
        """
        async with self._lock:
            if self._stale:
                await self._read(base)
            return [await self._id(base, name) for name in sorted(set(names))]

    async def _id(self, base: str, name: str) -> str:
        known = self._by_name.get(name.casefold()) or await self._made(base, name)
        return str(known["id"])

    async def _made(self, base: str, name: str) -> Json:
        try:
            made = await self._api.create_label(base, {"name": name, "color": colour(name)})
        except (Rejected, VersionMismatch) as error:
            await self._read(base)
            if found := self._by_name.get(name.casefold()):
                return found
            raise _refused("label", name, error) from error
        self._by_name[name.casefold()] = made
        return made

    def forget(self) -> None:
        """Read the labels again before they are used next."""
        self._stale = True


def meant(category: Json, parent: str) -> str:
    """Return the name that a category was meant to have.

    A person who renames it takes the alias away: then its own name counts.
    """
    name, external = str(category.get("name", "")), category.get("externalId")
    if isinstance(external, str) and external.startswith(ALIAS):
        wanted = external.removeprefix(ALIAS)
        if name == wanted or name.startswith(f"{wanted} ("):
            return wanted
    return name


def alias(name: str, parent: str, number: int) -> str:
    """Return a name for what cannot be called `name`: with its parent, then with a number."""
    suffix = f" ({parent})" if parent and number == 1 else f" ({number + 1})"
    if parent and number > 1:
        suffix = f" ({parent} {number})"
    return name[: LONGEST - len(suffix)] + suffix


def colour(name: str) -> str:
    """Return a label's colour: always the same for a name, never too light to be read."""
    digest = hashlib.sha256(name.casefold().encode()).digest()
    return "#" + "".join(f"{32 + byte % 160:02x}" for byte in digest[:3])


def _parent(category: Json) -> str:
    parent = category.get("parentCategory")
    return str(parent.get("id", "")) if isinstance(parent, dict) else ""


def _refused(what: str, name: str, error: StoreError) -> Rejected:
    return Rejected(f"Genesys refuses the {what} {name!r}: {error}")
