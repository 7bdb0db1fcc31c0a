"""Reading articles: what is published, whether a draft is open, what is gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from attrs import evolve

from syncline.errors import Forbidden, NotFound, OutcomeUnknown, Rejected, StoreError
from syncline.model import Document, Record, Ref, Status, Version
from syncline.ports import Clock

from .blocks.decode import text
from .blocks.words import Json
from .catalog import Categories
from .client import Api
from .documents import (
    Lens,
    blocks_of,
    category_id,
    content_key,
    default_variation,
    details_of,
    number,
)
from .scope import Scope

EXPANDED = 20
"""Most variations that a document is answered with; more are asked for by themselves."""

ASKED = 50
"""Ids in one request for several documents: the address stays short enough for any proxy."""

IN_FLIGHT = 8
"""Documents that are read at the same time."""

LAG = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks at something that we just wrote and that cannot be read yet."""


class Reader:
    """Reads documents of one knowledge base."""

    def __init__(
        self, api: Api, scope: Scope, tree: Categories, clock: Clock, lens: Callable[[], Lens]
    ) -> None:
        self._api = api
        self._scope = scope
        self._tree = tree
        self._clock = clock
        self._lens = lens

    async def published(self, ref: Ref) -> Json | None:
        """Return the published state, with variations; None when there is none to be read."""
        return await self._state(ref, "Published")

    async def draft(self, ref: Ref) -> Json | None:
        """Return the draft, which equals the published state when nobody has edited it."""
        return await self._state(ref, "Draft")

    async def _state(self, ref: Ref, state: str) -> Json | None:
        base = await self._scope.find()
        try:
            found = await self._api.document(base, ref.id, state, ref=ref)
        except NotFound:
            return None
        listed = found.get("variations")
        cut = isinstance(listed, list) and len(listed) >= EXPANDED and not default_variation(listed)
        if not isinstance(listed, list) or cut:
            variations = await self._api.variations(base, ref.id, state, ref=ref)
            return {**found, "variations": variations}
        return found

    async def both(self, ref: Ref) -> tuple[Json | None, Json | None]:
        """Return the published state and the draft."""
        published, draft = await asyncio.gather(
            self.published(ref), self.draft(ref), return_exceptions=True
        )
        if isinstance(published, BaseException):
            raise published
        if isinstance(draft, BaseException):
            raise draft
        return published, draft

    async def recorded(self, document: Json, *, draft: bool = False) -> Record:
        """Return the record of a published document, its category named."""
        category = category_id(document)
        await self._tree.know(await self._scope.find(), [category] if category else [])
        return self._lens().record(document, document["variations"], draft=draft)

    async def record(self, ref: Ref) -> Record:
        """Return an article as it is now.

        Raises:
            NotFound, Forbidden: the credentials cannot read the knowledge base.
        """
        try:
            published, draft = await self.both(ref)
        except Forbidden as error:
            return await self._unreadable(ref, error)
        if published is not None:
            record = await self.recorded(published, draft=differ(published, draft))
            return self._with_draft(record, draft) if record.draft else record
        return await self.without_publication(ref, draft)

    def _with_draft(self, record: Record, draft: Json | None) -> Record:
        """Return the record with what a person has written and not published."""
        with contextlib.suppress(Rejected):
            if draft is not None:
                held = self._lens().record(draft, draft.get("variations"), draft=True)
                return evolve(record, unpublished=held.value)
        return record

    async def without_publication(self, ref: Ref, draft: Json | None) -> Record:
        """Return the record of what has no published state.

        Genesys keeps no bin: what credentials that can read the knowledge base do not find has
        been deleted for good.
        """
        if draft is not None:
            return Record(
                ref=ref,
                version=Version("draft"),
                status=Status.DRAFT,
                reason="the article was never published in Genesys",
            )
        await self._scope.confirm()
        return Record(
            ref=ref,
            version=Version(""),
            status=Status.PURGED,
            reason="the article was deleted in Genesys, which keeps no bin",
        )

    async def _unreadable(self, ref: Ref, error: Forbidden) -> Record:
        if error.status == 401:
            raise error
        await self._scope.confirm()
        return Record(ref=ref, version=Version(""), status=Status.UNREADABLE, reason=str(error))

    async def says(self, ref: Ref, wanted: Document) -> bool:
        """True where an article, or its draft if it never was published, says what is wanted; a
        draft without content says nothing yet, and counts."""
        published, draft = await self.both(ref)
        if published is not None:
            value = (await self.recorded(published)).value
            return value is not None and (value.title, value.body) == (wanted.title, wanted.body)
        blocks = blocks_of((draft or {}).get("variations"))
        return draft is not None and (not blocks or self._lens().body(blocks) == wanted.body)

    async def after_write(self, ref: Ref, least: int) -> Json:
        """Return the published state once it is at least version `least`.

        Genesys may answer 404, or the version before, for a moment after a write.

        Raises:
            OutcomeUnknown: it is still not there after some seconds.
        """
        for delay in (*LAG, 0.0):
            found = await self.published(ref)
            if found is not None and number(found) >= least:
                return found
            await self._clock.sleep(delay)
        raise OutcomeUnknown(
            f"{ref}: version {least} was published and cannot be read yet; it is looked up again",
            ref=ref,
        )

    # -- many at once

    async def many(self, refs: Sequence[Ref]) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        """Yield records: one request tells of up to `ASKED` which have an open draft."""
        gate = asyncio.Semaphore(IN_FLIGHT)
        for start in range(0, len(refs), ASKED):
            some = refs[start : start + ASKED]
            settled = await self._settled(some)

            async def one(ref: Ref, known: bool) -> Record | tuple[Ref, Exception]:
                async with gate:
                    return await self._one(ref, known)

            tasks = [asyncio.ensure_future(one(ref, ref.id in settled)) for ref in some]
            try:
                for done in asyncio.as_completed(tasks):
                    yield await done
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _settled(self, refs: Sequence[Ref]) -> set[str]:
        """Return the ids of those that surely have no open draft."""
        base = await self._scope.find()
        found: set[str] = set()
        try:
            pages = self._api.documents(
                base, documentId=[ref.id for ref in refs], includeDrafts=True
            )
            async for page in pages:
                found |= {text(one, "id") for one in page if one.get("state") == "Published"}
        except StoreError:
            # Each is then read with its draft, and failures are told one by one.
            return set()
        return found

    async def _one(self, ref: Ref, settled: bool) -> Record | tuple[Ref, Exception]:
        try:
            if settled and (found := await self.published(ref)) is not None:
                return await self.recorded(found)
            return await self.record(ref)
        except StoreError as error:
            return ref, error


def differ(published: Json, draft: Json | None) -> bool:
    """True when the draft is not what is published."""
    if draft is None:
        return False
    contents = content_key(published.get("variations")), content_key(draft.get("variations"))
    return contents[0] != contents[1] or details_of(published) != details_of(draft)
