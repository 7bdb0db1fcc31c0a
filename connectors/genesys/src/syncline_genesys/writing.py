"""Writing articles: created, updated, deleted; a person's draft is never touched."""

from __future__ import annotations

import logging

from syncline.errors import Forbidden, NotFound, StoreError, VersionMismatch
from syncline.model import Document, Record, Ref, Version
from syncline.ports import Write

from .blocks.words import Json
from .client import Api
from .creating import Creator
from .documents import version_of
from .intents import Earlier
from .jobs import Jobs
from .limits import checked
from .publishing import Publisher, Target
from .reading import Reader
from .scope import Scope

logger = logging.getLogger(__name__)


class Writer:
    """Writes documents of one knowledge base, one at a time."""

    def __init__(
        self,
        *,
        api: Api,
        scope: Scope,
        jobs: Jobs,
        reader: Reader,
        creator: Creator,
        publisher: Publisher,
    ) -> None:
        self._api = api
        self._scope = scope
        self._jobs = jobs
        self._reader = reader
        self._creator = creator
        self._publisher = publisher

    async def create(self, value: Document, write: Write) -> Record:
        """Create the article, or finish what an earlier attempt left behind."""
        checked(value, write.origin)
        base, earlier = await self._scope.find(), Earlier(write.earlier)
        await self._jobs.settled(earlier)
        return await self._creator.create(base, value, write, earlier)

    async def update(self, ref: Ref, value: Document, expected: Version, write: Write) -> Record:
        """Change what differs from `value`, and publish it."""
        checked(value, ref)
        base, earlier = await self._scope.find(), Earlier(write.earlier)
        await self._jobs.settled(earlier)
        published, draft = await self._reader.both(ref)
        if published is None:
            raise await self._unpublished(ref, draft)
        _check_writable(ref, published)
        if version_of(published) != expected:
            raise VersionMismatch(
                f"{ref}: version {version_of(published)} is published, expected {expected}; "
                "it will be read again",
                ref=ref,
            )
        target = Target(base=base, ref=ref, draft=draft or published, published=published)
        return await self._publisher.apply(target, value, write, earlier)

    async def _unpublished(self, ref: Ref, draft: Json | None) -> StoreError:
        record = await self._reader.without_publication(ref, draft)
        if draft is not None:
            return VersionMismatch(f"{ref}: {record.reason}; it will be read again", ref=ref)
        return NotFound(f"{ref}: {record.reason}", ref=ref)

    async def delete(self, ref: Ref, expected: Version) -> None:
        """Delete the article, for good: Genesys keeps no bin. A missing one is success."""
        base = await self._scope.find()
        published, draft = await self._reader.both(ref)
        if published is None and draft is None:
            await self._scope.confirm()
            return
        found = published or draft or {}
        version = version_of(found)
        if version != expected:
            raise VersionMismatch(
                f"{ref}: version {version} is there, expected {expected}; nothing was deleted",
                ref=ref,
            )
        _check_writable(ref, found)
        await self._api.delete_document(base, ref.id, ref=ref)
        logger.info("deleted", extra={"ref": str(ref)})


def _check_writable(ref: Ref, document: Json) -> None:
    if document.get("readonly") is True:
        raise Forbidden(
            f"{ref}: the article belongs to a source that Genesys manages; it is read-only",
            ref=ref,
        )
