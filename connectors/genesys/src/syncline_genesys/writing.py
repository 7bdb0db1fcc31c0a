"""Writing articles: the draft is filled and published, and a person's draft is never touched.

Genesys has no conditional write. What is written is read before and after: a version that
somebody published in between shows as a number that was skipped, and is put back.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta

from attrs import frozen

from syncline.errors import (
    AlreadyExists,
    Forbidden,
    NotFound,
    OpenDraft,
    OutcomeUnknown,
    Rejected,
    StoreError,
    VersionMismatch,
)
from syncline.model import Document, Record, Ref, Version
from syncline.ports import Clock, Write

from .blocks.decode import text
from .blocks.words import Json
from .client import Api
from .composing import Composer, expected
from .documents import (
    blocks_of,
    default_variation,
    defaults,
    digest,
    number,
    said,
    version_of,
)
from .intents import Earlier, Intended, is_ours
from .jobs import Jobs
from .limits import Room, checked
from .lookup import Lookup
from .origins import mark
from .reading import Reader, differ
from .scope import Scope
from .settings import Settings

logger = logging.getLogger(__name__)

APART = timedelta(minutes=5)
"""How far the clocks of the vendor and of this machine may be apart."""


@frozen(kw_only=True)
class Target:
    """A document that is being written: its two states as they were read."""

    base: str
    ref: Ref
    draft: Json
    published: Json | None = None

    @property
    def number(self) -> int:
        """The version that is published; 0 when none is."""
        return number(self.published) if self.published else 0


class Writer:
    """Writes documents of one knowledge base, one at a time."""

    def __init__(
        self,
        *,
        api: Api,
        scope: Scope,
        jobs: Jobs,
        reader: Reader,
        lookup: Lookup,
        composer: Composer,
        room: Room,
        settings: Settings,
        connection: str,
        clock: Clock,
    ) -> None:
        self._api = api
        self._scope = scope
        self._jobs = jobs
        self._reader = reader
        self._lookup = lookup
        self._composer = composer
        self._room = room
        self._settings = settings
        self._connection = connection
        self._clock = clock

    # -- create

    async def create(self, value: Document, write: Write) -> Record:
        """Create the article, or finish what an earlier attempt left behind."""
        checked(value, write.origin)
        base, earlier = await self._scope.find(), Earlier(write.earlier)
        await self._jobs.settled(earlier)
        if earlier.notes and (found := await self._left_behind(base, value, write, earlier)):
            return await self._resumed(base, found, value, write, earlier)
        request = await self._composer.request(value, write, None)
        blocks = await self._composer.blocks(value, write, [])
        await self._room.take(base, write.origin)
        write.note("document", f"{digest(expected(None, request))} {self._clock.now().isoformat()}")
        made = await self._made(base, request, write)
        if (kept := await self._only(base, made, write)) != text(made, "id"):
            ref = Ref(self._connection, kept)
            return await self._resumed(base, ref, value, write, earlier)
        target = Target(base=base, ref=Ref(self._connection, kept), draft=made)
        try:
            held = await self._fill(target, blocks, write)
        except Rejected:
            # Nothing of it is published: an empty draft would only be in people's way.
            with suppress(StoreError):
                await self._api.delete_document(base, kept, ref=target.ref)
            raise
        return await self._publish(target, held, write)

    async def _made(self, base: str, request: Json, write: Write) -> Json:
        try:
            return await self._api.create_document(base, request, ref=write.origin)
        except Rejected:
            self._composer.forget()
            raise
        except OutcomeUnknown:
            found = await self._marked(base, write.origin) if write.mark else []
            if not found:
                raise
            return found[0]

    async def _marked(self, base: str, origin: Ref) -> list[Json]:
        return (await self._lookup.marked(base, [origin]))[mark(origin)]

    async def _left_behind(
        self, base: str, value: Document, write: Write, earlier: Earlier
    ) -> Ref | None:
        """Return the document that an earlier attempt has made."""
        found: list[Json] = []
        if write.mark:
            found = await self._marked(base, write.origin)
        elif earlier.begun_at is not None:
            since = (earlier.begun_at - APART).isoformat()
            unmarked = await self._lookup.unmarked(base, value.title, since)
            found = [one for one in unmarked if not number(one)]
        return Ref(self._connection, await self._one(base, found, write)) if found else None

    async def _only(self, base: str, made: Json, write: Write) -> str:
        """Return the id of the one document that carries the mark: the new one, unless the
        article was there already. A request that the network delivered twice made two."""
        if not write.mark:
            return text(made, "id")
        found = await self._marked(base, write.origin)
        here = any(text(one, "id") == text(made, "id") for one in found)
        return await self._one(base, found if here else [made, *found], write)

    async def _one(self, base: str, found: list[Json], write: Write) -> str:
        """Return the id of the copy among `found`; empty drafts beside it are taken away.

        Raises:
            AlreadyExists: several were published or filled; a person has to choose.
        """
        if len(found) == 1:
            return text(found[0], "id")
        ids = [text(one, "id") for one in found]
        published = [text(one, "id") for one in found if number(one)]
        empty = [
            id for id in ids if id not in published and await self._is_empty(base, id, write.origin)
        ]
        full = [id for id in ids if id not in empty] or empty[:1]
        if len(full) > 1:
            raise AlreadyExists(
                f"{write.origin}: {len(full)} articles in Genesys are copies of it "
                f"({', '.join(full)}); delete all but one",
                ref=write.origin,
            )
        for id in empty:
            if id not in full:
                await self._api.delete_document(base, id, ref=write.origin)
        return full[0]

    async def _is_empty(self, base: str, id: str, origin: Ref) -> bool:
        return not await self._api.variations(base, id, "Draft", ref=origin)

    async def _resumed(
        self, base: str, ref: Ref, value: Document, write: Write, earlier: Earlier
    ) -> Record:
        """Finish a create whose document exists."""
        published, draft = await self._reader.both(ref)
        if published is not None:
            return await self._reader.recorded(published, draft=differ(published, draft))
        if draft is None:
            raise NotFound(f"{ref}: Genesys lists it and does not show it yet; try again", ref=ref)
        target = Target(base=base, ref=ref, draft=draft)
        return await self._apply(target, value, write, earlier)

    # -- update

    async def update(self, ref: Ref, value: Document, expected: Version, write: Write) -> Record:
        """Change what differs from `value`, and publish it."""
        checked(value, ref)
        base, earlier = await self._scope.find(), Earlier(write.earlier)
        await self._jobs.settled(earlier)
        published, draft = await self._reader.both(ref)
        if published is None:
            raise await self._unpublished(ref, draft)
        if published.get("readonly") is True:
            raise Forbidden(
                f"{ref}: the article belongs to a source that Genesys manages; it is read-only",
                ref=ref,
            )
        if version_of(published) != expected:
            raise VersionMismatch(
                f"{ref}: version {version_of(published)} is published, expected {expected}; "
                "it will be read again",
                ref=ref,
            )
        target = Target(base=base, ref=ref, draft=draft or published, published=published)
        return await self._apply(target, value, write, earlier)

    async def _unpublished(self, ref: Ref, draft: Json | None) -> StoreError:
        record = await self._reader.without_publication(ref, draft)
        if draft is not None:
            return VersionMismatch(f"{ref}: {record.reason}; it will be read again", ref=ref)
        return NotFound(f"{ref}: {record.reason}", ref=ref)

    # -- both

    async def _apply(
        self, target: Target, value: Document, write: Write, earlier: Earlier
    ) -> Record:
        """Bring the draft to `value` and publish it; nothing is sent where nothing differs."""
        request = await self._composer.request(value, write, target.draft)
        raw = blocks_of(target.draft.get("variations"))
        blocks = await self._composer.blocks(value, write, raw)
        open_ = target.published is None or differ(target.published, target.draft)
        if open_:
            await self._check_ours(target, request, blocks, earlier)
        elif not request and blocks == raw and target.published is not None:
            return await self._reader.recorded(target.published)
        if request:
            write.note("details", digest(expected(target.draft, request)))
            await self._change(target, request)
        held = self._said(raw)
        if blocks != raw or default_variation(target.draft.get("variations")) is None:
            held = await self._fill(target, blocks, write)
        return await self._publish(target, held, write)

    async def _change(self, target: Target, request: Json) -> None:
        try:
            await self._api.change_document(target.base, target.ref.id, request, ref=target.ref)
        except Rejected:
            self._composer.forget()
            raise

    def _said(self, blocks: object) -> str:
        return said(blocks, self._composer.addresses)

    async def _check_ours(
        self, target: Target, request: Json, blocks: list[Json], earlier: Earlier
    ) -> None:
        """Refuse to touch a draft that somebody else has edited.

        Raises:
            OpenDraft: it is held for that person.
            VersionMismatch: by the connection's policy it was published; read and merge it.
        """
        addresses = self._composer.addresses
        now = Intended(details=digest(expected(target.draft, request)), body=self._said(blocks))
        if is_ours(target.draft, target.published, earlier, now, addresses):
            return
        ref = target.ref
        if self._settings.open_drafts == "publish" and target.published is not None:
            await self._api.publish(target.base, ref.id, ref=ref)
            logger.info("a person's draft was published", extra={"ref": str(ref)})
            raise VersionMismatch(
                f"{ref}: an open draft was published (open_drafts = 'publish'); "
                "it will be read again",
                ref=ref,
            )
        raise OpenDraft(
            f"{ref}: a person is editing a draft of the article in Genesys; publish or discard it "
            "there",
            ref=ref,
        )

    async def _fill(self, target: Target, blocks: list[Json], write: Write) -> str:
        """Give the draft's default variation its content; others stay as they are.

        Returns what the server holds then, as `said` tells it.
        """
        write.note("body", self._said(blocks))
        ref = target.ref
        old = default_variation(target.draft.get("variations"))
        kept = {name: value for name, value in (old or {}).items() if name in ("name", "priority")}
        body: Json = {"contexts": [], **kept, "body": {"blocks": blocks}}
        try:
            if old is None:
                answer = await self._create_variation(target, body)
            else:
                answer = await self._api.change_variation(
                    target.base, ref.id, text(old, "id"), body, ref=ref
                )
        except NotFound as error:
            raise _meanwhile(ref) from error
        return self._said(blocks_of([answer if "body" in answer else body]))

    async def _create_variation(self, target: Target, body: Json) -> Json:
        base, ref = target.base, target.ref
        try:
            return await self._api.create_variation(base, ref.id, body, ref=ref)
        except OutcomeUnknown:
            found = default_variation(await self._api.variations(base, ref.id, "Draft", ref=ref))
            if found is None or self._said(blocks_of([found])) != self._said(blocks_of([body])):
                raise
            return found

    async def _publish(self, target: Target, held: str, write: Write) -> Record:
        """Publish the draft, whose body says `held`, and return the article as it is then."""
        ref = target.ref
        write.note("publish", str(target.number + 1))
        reached = await self._published(target)
        if reached > target.number + 1 and target.published is not None:
            await self._put_back(target, reached)
        document = await self._reader.after_write(ref, reached)
        if len(defaults(document["variations"])) > 1 and not defaults(
            target.draft.get("variations")
        ):
            document = await self._without_twin(target, document, reached)
        if self._said(blocks_of(document["variations"])) != held:
            # A person's edit came between our last two calls and is public now.
            raise _meanwhile(ref)
        logger.info("published", extra={"ref": str(ref), "version": reached})
        return await self._reader.recorded(document)

    async def _without_twin(self, target: Target, document: Json, reached: int) -> Json:
        """Publish without the second default variation that a doubled request has made."""
        base, ref = target.base, target.ref
        for twin in defaults(document["variations"])[1:]:
            await self._api.delete_variation(base, ref.id, text(twin, "id"), ref=ref)
        await self._api.publish(base, ref.id, ref=ref)
        return await self._reader.after_write(ref, reached + 1)

    async def _published(self, target: Target) -> int:
        """Publish the draft and return the number of its version."""
        try:
            version = await self._api.publish(target.base, target.ref.id, ref=target.ref)
        except (OutcomeUnknown, VersionMismatch):
            # The answer was lost, or somebody was faster and nothing is left to publish.
            now = await self._reader.published(target.ref)
            if now is None or number(now) <= target.number:
                raise
            return number(now)
        reached = version.get("versionNumber")
        return reached if isinstance(reached, int) else target.number + 1

    async def _put_back(self, target: Target, reached: int) -> None:
        """Publish again what somebody else published while we were writing.

        Raises:
            VersionMismatch: always; what they published is read and merged then.
        """
        base, ref = target.base, target.ref
        for version in await self._api.versions(base, ref.id, ref=ref):
            if version.get("versionNumber") == reached - 1:
                await self._api.publish(base, ref.id, ref=ref, restore=text(version, "id"))
        logger.warning("an edit during our write was put back", extra={"ref": str(ref)})
        raise VersionMismatch(
            f"{ref}: version {reached - 1} was published while ours was being written; it is "
            "published again and will be merged",
            ref=ref,
        )

    # -- delete

    async def delete(self, ref: Ref, expected: Version) -> None:
        """Delete the article, for good: Genesys keeps no bin. A missing one is success."""
        base = await self._scope.find()
        published, draft = await self._reader.both(ref)
        if published is None and draft is None:
            await self._scope.confirm()
            return
        version = version_of(published or draft or {})
        if version != expected:
            raise VersionMismatch(
                f"{ref}: version {version} is there, expected {expected}; nothing was deleted",
                ref=ref,
            )
        if (published or draft or {}).get("readonly") is True:
            raise Forbidden(
                f"{ref}: the article belongs to a source that Genesys manages; it is read-only",
                ref=ref,
            )
        await self._api.delete_document(base, ref.id, ref=ref)
        logger.info("deleted", extra={"ref": str(ref)})


def _meanwhile(ref: Ref) -> VersionMismatch:
    return VersionMismatch(
        f"{ref}: somebody edited it while it was being written; it will be read again", ref=ref
    )
