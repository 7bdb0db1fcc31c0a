"""What the space holds: complete listings."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Sequence

from attrs import evolve

from syncline.errors import Forbidden, NotFound, Rejected, StoreError
from syncline.model import (
    Complete,
    Head,
    Incomplete,
    Status,
    Version,
)
from syncline.ports import Listed

from .audience import Parent
from .client import Json
from .page import file_version, moment, parent_of, slim
from .rounds import MOST_PLACED
from .site import Site

AT_ONCE = 8
"""Pages that are looked up at a time."""
_BATCH = 100


class Listing(Site):
    """Lists the pages of a space."""

    async def heads(self) -> AsyncIterator[Listed]:
        """Yield the pages in scope with their effective restriction.

        Lists without bodies (250 a call), the labels and attachments by lists of their own, and
        one restriction read for each distinct page or ancestor.
        """
        count = 0
        try:
            listing = await self._listing()
            for start in range(0, len(listing), _BATCH):
                for head in await self._judged(listing[start : start + _BATCH]):
                    count += 1
                    if self._listed:
                        self._listed_marks[head.ref.id] = head.aux
                    yield head
        except StoreError as error:
            yield Incomplete(reason=str(error))
            return
        yield Complete(count=count, scope=self._scope())

    async def _listing(self) -> list[Head]:
        space = await self._space()
        self._audience.start_pass()
        self._index.folders.clear()
        self._in_scope.clear()
        pages: list[Json] = []
        async for page in self._api.pages(space["id"]):
            pages += [slim(one) for one in page]
        for one in pages:
            self._index.learn(one["id"], one["title"])
            self._audience.parents[one["id"]] = parent_of(one)
        await self._find_root({one["id"] for one in pages})
        labels = await self._labels(space["id"], [one["id"] for one in pages])
        files = await self._attachments({one["id"] for one in pages})
        found = []
        for one in pages:
            names = labels.get(one["id"], frozenset())
            if await self._covers(one["id"], names):
                found.append(self._head(one, names, files.get(one["id"], [])))
        few = found if len(found) <= MOST_PLACED else ()
        self._listed = {head.ref.id: head.parent.id if head.parent else "" for head in few}
        self._listed_marks.clear()
        return found

    async def _find_root(self, pages: Collection[str]) -> None:
        """Make sure that the tree is there: without its root it would be empty.

        Raises:
            Forbidden: neither a page nor a folder of the space has this id.
        """
        root = self._settings.root
        if not root or root in pages:
            return
        try:
            await self._api.folder(root)
        except (NotFound, Rejected) as error:
            raise Forbidden(
                f"root {root} is no live page or folder of space {self._settings.space} that the"
                f" account may see; take the id from the page's address, or restore it ({error})"
            ) from error

    async def _labels(self, space: str, pages: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return the labels of each page, asked for by label or by page, whichever is less."""
        return await self._labels_of(await self._labels_in_use(), space, pages)

    async def _labels_in_use(self) -> list[Json]:
        labels = [one async for some in self._api.all_labels() for one in some]
        return [one for one in labels if self._carries(one)]

    async def _labels_of(
        self, carried: Sequence[Json], space: str, pages: Sequence[str]
    ) -> dict[str, frozenset[str]]:
        if len(carried) > len(pages):
            return await self._labels_by_page(pages)
        found: dict[str, set[str]] = {}

        async def carrying(label: Json) -> None:
            async for listed in self._api.labelled(str(label["id"]), space):
                for page in listed:
                    found.setdefault(str(page["id"]), set()).add(str(label["name"]))

        await some_at_a_time(carrying(label) for label in carried)
        return {id_: frozenset(names) for id_, names in found.items()}

    async def _labels_by_page(self, pages: Sequence[str]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}

        async def of(id_: str) -> None:
            with contextlib.suppress(NotFound):  # it went while the list was read
                names = await self._api.labels(id_, ref=self._ref(id_))
                found[id_] = frozenset(str(x["name"]) for x in names if self._carries(x))

        await some_at_a_time(of(id_) for id_ in pages)
        return found

    def _carries(self, label: Json) -> bool:
        """Tell whether a label counts: ours always do, people's own never."""
        s = self._settings
        if label.get("prefix", "global") != "global":
            return False
        return not s.labels or label.get("name") in {*s.labels, s.label, s.review_label}

    async def _attachments(self, pages: set[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if not self._settings.watch_attachments:
            return found
        async for listed in self._api.all_attachments():
            for one in listed:
                if str(one.get("pageId")) in pages:
                    found.setdefault(str(one["pageId"]), []).append(file_version(one))
        return found

    async def _covers(self, id_: str, labels: frozenset[str]) -> bool:
        if self._settings.label and self._settings.label not in labels:
            return False
        return not self._settings.root or await self._below_root(id_)

    async def _below_root(self, id_: str) -> bool:
        known = self._in_scope.get(id_)
        if known is None:
            root = self._settings.root
            above = await self._audience.above(id_)
            known = self._in_scope[id_] = id_ == root or root in above
        return known

    def _head(self, page: Json, labels: frozenset[str], files: list[str]) -> Head:
        parent = page.get("parentId")
        return Head(
            ref=self._ref(page["id"]),
            version=Version(str(page["version"])),
            title=page["title"],
            parent=self._ref(parent) if parent else None,
            aux=self._aux(labels, files),  # the place is added once everything is listed
            updated_at=moment(page["at"]),
        )

    async def _judged(self, heads: Sequence[Head]) -> list[Head]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def judge(head: Head) -> Head:
            async with gate:
                status, _ = await self._audience.status(head.ref.id)
            title = head.title if status is Status.LIVE else ""
            aux = f"{head.aux}{await self._lies(head.ref.id)}"
            return evolve(head, status=status, title=title, aux=aux)

        return list(await asyncio.gather(*(judge(head) for head in heads)))

    def _scope(self) -> str:
        s = self._settings
        text = json.dumps([s.base_url, s.space, s.root, s.label, s.audience, s.user or s.client_id])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _aux(self, labels: Iterable[str], files: Iterable[str]) -> str:
        watched = sorted(files) if self._settings.watch_attachments else []
        text = json.dumps([sorted(labels), watched])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    async def _lies(self, id_: str) -> str:
        """Return what changes when a page, or anything above it, is moved; no version tells."""
        try:
            places = await self._places(id_)
        except StoreError:
            return "?"
        known = [(place.id, self._index.known(place.id)) for place in places]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:8]

    async def _places(self, id_: str) -> Sequence[Parent]:
        """Return what is above a page, outermost first, without the homepage of the space."""
        above = list(reversed(await self._audience.lineage(id_)))
        home = (await self._space()).get("homepageId")
        return above[1:] if above and str(home) == above[0].id else above


async def some_at_a_time(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Do all of it, `AT_ONCE` at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(one: Coroutine[None, None, None]) -> None:
        async with gate:
            await one

    await asyncio.gather(*(gated(one) for one in work))
