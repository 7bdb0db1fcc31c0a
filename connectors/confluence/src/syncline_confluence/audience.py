"""May a page leave Confluence? Its own restriction, and that of everything above it.

A restriction to read cascades from every ancestor, page or folder, and the endpoint shows only an
item's own. Whatever cannot be looked up counts as unknown, which is treated as restricted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from syncline.errors import NotFound, StoreError
from syncline.model import Status
from syncline.ports import Clock
from syncline.urgency import priority

from .client import Api

FRESH = 30.0
"""Seconds for which an answer is believed without asking again."""


@frozen
class Parent:
    """What an item lies under."""

    id: str
    kind: str = "page"


@define(kw_only=True)
class Audience:
    """The effective restriction of pages, asked once for each distinct page or ancestor."""

    api: Api
    clock: Clock
    group: str = ""
    """Id of the group that has to be able to read everything; empty: any restriction keeps in."""
    parents: dict[str, Parent | None] = field(factory=dict)
    """By id, as the latest listing told; an item that is not in here is asked for."""
    folders: dict[str, str] = field(factory=dict)
    """Titles of the folders that were asked for: no list tells them."""
    _own: dict[str, tuple[float, bool | None]] = field(factory=dict)
    """When each item was asked for, and whether it is restricted by itself; in a group's case,
    whether the group may not read it, whatever the reason."""
    _asking: dict[str, asyncio.Lock] = field(factory=dict)

    def start_pass(self) -> None:
        """Forget every answer: a full pass asks again for each distinct page and ancestor."""
        self._own.clear()
        self._asking.clear()
        self.parents.clear()

    @property
    def answers(self) -> Mapping[str, bool | None]:
        """Whether each item is restricted by itself, as the latest answer to each said."""
        return {id: answer for id, (_, answer) in self._own.items()}

    async def status(self, id: str) -> tuple[Status, str]:
        """Return live, restricted or unknown for a page, with the reason.

        A hint may be about nothing but its readers: where it is urgent, the page itself is asked
        for anew, however fresh the last answer is.
        """
        now = self.clock.monotonic()
        since = now if priority() == 0 else now - FRESH
        if self.group:
            return await self._admitted(id, since)
        try:
            chain = [id, *await self.above(id)]
        except StoreError as error:
            return Status.UNKNOWN, f"what is above it could not be read: {error}"
        for one in chain:
            own = await self.restricted(one, since if one == id else now - FRESH)
            if own is None:
                return Status.UNKNOWN, f"the restriction of {one} could not be read"
            if own:
                where = "it is restricted" if one == id else f"{one} above it is restricted"
                return Status.RESTRICTED, where
        return Status.LIVE, ""

    async def _admitted(self, id: str, since: float) -> tuple[Status, str]:
        out = await self.restricted(id, since)
        if out is None:
            return Status.UNKNOWN, f"whether group {self.group} may read it could not be learnt"
        if out:
            return Status.RESTRICTED, f"group {self.group} may not read it"
        return Status.LIVE, ""

    async def restricted(self, id: str, since: float) -> bool | None:
        """Tell whether an item is restricted by itself; None when that cannot be learnt.

        Args:
            since: an answer is believed that was asked for at this time, in monotonic seconds, or
                later.
        """
        async with self._asking.setdefault(id, asyncio.Lock()):
            known = self._own.get(id)
            if known is not None and known[0] >= since and known[1] is not None:
                return known[1]
            asked = self.clock.monotonic()
            answer: bool | None
            try:
                answer = await self._ask_own(id)
            except (StoreError, KeyError, TypeError):
                answer = None
            self._own[id] = (asked, answer)
            return answer

    async def _ask_own(self, id: str) -> bool:
        if self.group:
            return not await self.api.may_read(id, self.group)
        return await self.api.restricted(id)

    async def above(self, id: str) -> Sequence[str]:
        """Return the ids of everything above an item, nearest first."""
        chain: list[str] = []
        current = id
        while True:
            if current not in self.parents:
                chain += await self._asked(current, "page")
                return chain
            parent = self.parents[current]
            if parent is None:
                return chain
            if parent.id in chain or parent.id == id:
                raise StoreError(f"{id} lies below itself")
            chain.append(parent.id)
            if parent.id not in self.parents:
                chain += await self._asked(parent.id, parent.kind)
                return chain
            current = parent.id

    async def lineage(self, id: str) -> Sequence[Parent]:
        """Return everything above an item with its kind, nearest first."""
        above = await self.above(id)
        links = (self.parents.get(child) for child in (id, *above))
        return [link for link in links if link is not None]

    async def _asked(self, id: str, kind: str) -> list[str]:
        async with self._asking.setdefault(f"above {id}", asyncio.Lock()):
            if id in self.parents:
                return list(await self.above(id))
            return await self._ask(id, kind)

    async def _ask(self, id: str, kind: str) -> list[str]:
        if kind == "folder":
            return await self._ask_folder(id)
        try:
            found = await self.api.ancestors(id, "page")
        except NotFound:
            if kind == "page":
                raise
            return []
        ids = [str(one["id"]) for one in reversed(found)]
        if len(found) >= 250:
            # The list has no cursor: what is above its first entry is asked from there.
            ids += await self._ask(ids[-1], str(found[0].get("type", "page")))
        kinds = {str(one["id"]): str(one.get("type", "page")) for one in found}
        for child, parent in zip([id, *ids], [*ids, None], strict=False):
            link = Parent(parent, kinds.get(parent, "page")) if parent else None
            self.parents.setdefault(child, link)
        return ids

    async def _ask_folder(self, id: str) -> list[str]:
        # One call tells its title, too: a rename of a folder shows nowhere else.
        folder = await self.api.folder(id)
        parent = folder.get("parentId")
        kind = str(folder.get("parentType") or "page")
        self.folders[id] = str(folder["title"])
        self.parents[id] = Parent(str(parent), kind) if parent else None
        return list(await self.above(id))
