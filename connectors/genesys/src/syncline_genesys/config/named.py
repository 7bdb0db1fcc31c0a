"""Objects with a name and an id, read one by one or by a listing, as that takes fewer calls.

A listing of the vendor is eventually consistent. What it shows older than this process has seen
it before is read again by its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from syncline.config_items import ConfigRecord
from syncline.errors import NotFound, Rejected, StoreError
from syncline.model import Ref

from ..blocks.decode import text
from ..blocks.words import Json
from .calls import PAGE, Calls, chunks, segment
from .directory import Directory, is_id
from .part import Sight, absent, name_of, nothing

FEW = 3
"""So many objects are read one by one; a listing of a middling organisation takes as many calls."""


@frozen
class Absent:
    """There is no such object."""

    why: str
    gone: bool = False
    """True where it was there before, and its id is answered with 404."""


Found: TypeAlias = "Json | Absent | StoreError"


@define
class Named:
    """One kind of object with a listing of its own."""

    _calls: Calls
    _directory: Directory
    kind: str
    path: str
    size: int = PAGE
    """Entities on a page of the listing."""
    by_ids: bool = False
    """Whether the listing takes `id`, for a hundred of them."""
    _count: int = 0
    """Objects that the last whole listing had."""
    _stamps: dict[str, str] = field(factory=dict)

    async def read(self, refs: Sequence[Ref]) -> Mapping[Ref, Found]:
        """Return what each ref stands for now."""
        if len(refs) <= FEW:
            found = await asyncio.gather(*(self.single(ref) for ref in refs))
            return dict(zip(refs, found, strict=True))
        return await self._listed(refs)

    async def single(self, ref: Ref) -> Found:
        """Return one object, by its id once that is known."""
        try:
            return await self._single(ref, name_of(ref))
        except StoreError as error:
            return error

    async def fresh(self, ref: Ref) -> Json:
        """Return one object that is about to be written.

        Raises:
            NotFound: there is none.
            StoreError: it cannot be read.
        """
        found = await self.single(ref)
        match found:
            case Absent(why=why):
                raise nothing(ref, why)
            case StoreError():
                raise found
            case _:
                return found

    async def _single(self, ref: Ref, name: str) -> Found:
        known = self._directory.id_of(self.kind, name)
        once = await self._by_id(ref, known) if known else None
        if once is not None and _is(once, name):
            return self.seen(once, name)
        if is_id(name):
            return Absent(f"there is no {self.kind} with this id", gone=True)
        found = await self._calls.named(self.path, name)
        chosen = self._only(ref, found)
        entity = await self._by_id(ref, text(chosen, "id")) if chosen else None
        if entity is not None:
            return self.seen(entity, name)
        return self._missing(gone=known is not None) if once is None else self._renamed(once)

    async def _by_id(self, ref: Ref, id: str) -> Json | None:
        try:
            return await self._calls.one(f"{self.path}/{segment(id)}", ref=ref)
        except NotFound:
            return None

    def _only(self, ref: Ref, found: Sequence[Json]) -> Json | None:
        """Return the one object of a name.

        Raises:
            Rejected: there are several.
        """
        if len(found) <= 1:
            return found[0] if found else None
        ids = ", ".join(sorted(text(one, "id") for one in found))
        raise Rejected(
            f"{ref}: {len(found)} objects have this name ({ids}); name one by its id", ref=ref
        )

    def _missing(self, *, gone: bool) -> Absent:
        return Absent(f"there is no {self.kind} of this name", gone=gone)

    def _renamed(self, entity: Json) -> Absent:
        # It is there, and a rule names what it means: which name is meant is for a person to say.
        called, id = text(entity, "name"), text(entity, "id")
        return Absent(
            f"the {self.kind} that had this name is called {called!r} now; say so in the rule,"
            f" or its id {id}"
        )

    async def _listed(self, refs: Sequence[Ref]) -> Mapping[Ref, Found]:
        by_id: dict[str, Json] = {}
        by_name: dict[str, list[Json]] = {}
        for params in self._listings(refs):
            async for entity in self._calls.all(self.path, params, size=self.size):
                by_id[text(entity, "id")] = entity
                by_name.setdefault(text(entity, "name"), []).append(entity)
            self._count = self._count if params else len(by_id)
        found: dict[Ref, Found] = {}
        again: list[Ref] = []
        for ref in refs:
            name = name_of(ref)
            same = [by_id[name]] if name in by_id else by_name.get(name, [])
            try:
                chosen = self._only(ref, same)
            except Rejected as error:
                found[ref] = error
                continue
            # Spelt differently, created just now, or a state that is known to be an old one.
            if chosen is None or self._older(chosen):
                again.append(ref)
            else:
                found[ref] = self.seen(chosen, name)
        singles = await asyncio.gather(*(self.single(ref) for ref in again))
        return found | dict(zip(again, singles, strict=True))

    def _listings(self, refs: Sequence[Ref]) -> list[dict[str, str]]:
        """Return the parameters of the listings that take the fewest calls."""
        ids = [id for ref in refs if (id := self._directory.id_of(self.kind, name_of(ref)))]
        some = chunks(list(dict.fromkeys(ids)))
        pages = max(1, -(-self._count // self.size))
        if self.by_ids and len(ids) == len(refs) and len(some) <= pages:
            return [{"id": ",".join(chunk)} for chunk in some]
        return [{}]

    def _older(self, entity: Json) -> bool:
        return text(entity, "dateModified") < self._stamps.get(text(entity, "id"), "")

    def seen(self, entity: Json, called: str) -> Json:
        """Remember the name and the time of an object that was read or written."""
        self._directory.learn(self.kind, entity, called)
        id, stamp = text(entity, "id"), text(entity, "dateModified")
        self._stamps[id] = max(stamp, self._stamps.get(id, ""))
        return entity


def sight(ref: Ref, found: Found, record: Callable[[Ref, Json], ConfigRecord]) -> Sight:
    """Return what is told about a ref."""
    match found:
        case Absent(why=why, gone=gone):
            return absent(ref, why, gone=gone)
        case StoreError():
            return ref, found
        case _:
            return record(ref, found)


def _is(entity: Json, name: str) -> bool:
    return name in (entity.get("id"), entity.get("name")) or (
        text(entity, "name").casefold() == name.casefold()
    )


__all__ = ["Absent", "Found", "Named", "sight"]
