"""Reading pages: who may see them first, then what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from syncline.errors import StoreError
from syncline.model import (
    Document,
    Record,
    Ref,
    Status,
    Version,
)
from syncline.ports import PastVersion

from .client import Json
from .listing import AT_ONCE
from .marks import KEY, Mark, mark_of
from .page import file_version, moment, parent_of, slim, storage_of
from .polling import Polling
from .references import references
from .storage.decode import decode
from .storage.source import parse

_STATUSES = {
    "current": Status.LIVE,
    "draft": Status.DRAFT,
    "archived": Status.ARCHIVED,
    "trashed": Status.TRASHED,
    "deleted": Status.PURGED,
}


class Reading(Polling):
    """Reads single pages."""

    async def fetch(self, ref: Ref) -> Record:
        """Return a page; its audience is looked up before its body is asked for."""
        await self._space()
        page = await self._api.page(ref.id, body=False, ref=ref)
        status = _STATUSES.get(str(page.get("status")), Status.UNKNOWN)
        if status is not Status.LIVE:
            return self._bare(ref, page, status, f"the page is {page.get('status')}")
        if str(page.get("spaceId")) != self._index.space_id:
            return self._bare(ref, page, Status.LIVE, "", in_scope=False)
        self._audience.parents[ref.id] = parent_of(slim(page))
        status, reason = await self._audience.status(ref.id)
        if status is not Status.LIVE:
            return self._bare(ref, page, status, reason)
        full = await self._api.page(ref.id, body=True, ref=ref)
        return await self._record(ref, full)

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        """Yield pages as they arrive, some at a time; there is no cheaper way for bodies."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(ref: Ref) -> Record | tuple[Ref, Exception]:
            async with gate:
                try:
                    return await self.fetch(ref)
                except StoreError as error:
                    return ref, error

        for done in asyncio.as_completed([one(ref) for ref in refs]):
            yield await done

    def _bare(
        self, ref: Ref, page: Json, status: Status, reason: str, *, in_scope: bool = True
    ) -> Record:
        value = None
        if status is Status.LIVE:
            value = Document(title=str(page.get("title", "")))
        return Record(
            ref=ref,
            version=Version(str(page["version"]["number"])),
            status=status,
            value=value,
            updated_at=moment(page["version"]["createdAt"]),
            updated_by=page["version"].get("authorId"),
            in_scope=in_scope,
            reason=reason,
        )

    async def _record(self, ref: Ref, page: Json) -> Record:
        listed = await self._api.attachments(ref.id, ref=ref)
        labels = await self._label_names(ref, page)
        mark, _ = await self._mark(ref, page)
        self._origins[ref] = mark.origin
        value = await self._document(ref, page, listed, labels, mark)
        version = page["version"]
        parent = page.get("parentId")
        return Record(
            ref=ref,
            version=Version(str(version["number"])),
            value=value,
            aux=self._aux(labels, map(file_version, listed)) + await self._lies(ref.id),
            updated_at=moment(version["createdAt"]),
            updated_by=version.get("authorId"),
            origin=mark.origin,
            parent=self._ref(str(parent)) if parent else None,
            in_scope=await self._covers(ref.id, labels),
            review=self._settings.review_label in labels,
        )

    async def _document(
        self, ref: Ref, page: Json, listed: list[Json], labels: frozenset[str], mark: Mark
    ) -> Document:
        raw = storage_of(page)
        source = parse(raw, ref)
        wanted = references(source)
        await self._index.prepare(wanted, frozenset())
        files = await self._files.of(ref.id, listed, wanted, ref)
        decoded = decode(source, self._resolver(ref.id, files), ref)
        return Document(
            title=mark.shown(str(page["title"])),
            body=decoded.body,
            labels=labels - {self._settings.review_label},
            container=self._settings.space,
            path=await self._path(ref.id),
            url=self._url(page),
            opaques=decoded.opaques,
            assets=decoded.assets,
        )

    async def _label_names(self, ref: Ref, page: Json) -> frozenset[str]:
        inline = page.get("labels") or {}
        found = inline.get("results")
        if found is None or (inline.get("meta") or {}).get("hasMore"):
            found = await self._api.labels(ref.id, ref=ref)
        return frozenset(str(x["name"]) for x in found if self._carries(x))

    async def _mark(self, ref: Ref, page: Json) -> tuple[Mark, Json | None]:
        inline = page.get("properties") or {}
        found = inline.get("results")
        more = (inline.get("meta") or {}).get("hasMore")
        if found is None or (more and not any(p.get("key") == KEY for p in found)):
            found = await self._api.properties(ref.id, KEY, ref=ref)
        return mark_of(ref.id, found)

    async def _path(self, id_: str) -> tuple[str, ...]:
        """Return the titles above a page, outermost first, whatever was listed before."""
        places = await self._places(id_)
        titles = [await self._index.title(place.id, place.kind) for place in places]
        return tuple(title for title in titles if title is not None)

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        """Return the bytes of an attached file."""
        await self._space()
        return await self._files.read(ref, sha256)

    async def versions(self, ref: Ref) -> Sequence[PastVersion]:
        """Return the latest versions of a page, newest first."""
        return [
            PastVersion(
                version=Version(str(v["number"])),
                updated_at=moment(v["createdAt"]),
                updated_by=v.get("authorId"),
            )
            for v in await self._api.versions(ref.id, ref=ref)
        ]

    async def fetch_version(self, ref: Ref, version: Version) -> Record:
        """Return a page as it was, with the labels and the mark that it has now."""
        await self._space()
        status, reason = await self._audience.status(ref.id)
        now = await self._api.page(ref.id, body=False, ref=ref)
        if status is not Status.LIVE:
            return self._bare(ref, now, status, reason)
        old = await self._api.page_version(ref.id, version, ref=ref)
        return await self._record(ref, {**now, **old})
