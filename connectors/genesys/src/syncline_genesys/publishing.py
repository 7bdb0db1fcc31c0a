"""Filling a draft and publishing it, one announced step after the other.

Genesys has no conditional write. What is written is read before and after: a version that
somebody published in between shows as one between two numbers, and is put back.
"""

from __future__ import annotations

import logging

from attrs import frozen

from syncline.errors import NotFound, OpenDraft, OutcomeUnknown, Rejected, VersionMismatch
from syncline.model import Document, Record, Ref
from syncline.ports import Write

from .blocks.decode import text
from .blocks.words import Json
from .client import Api
from .composing import Composer, expected
from .documents import blocks_of, default_variation, defaults, digest, number, said
from .intents import Earlier, Intended, is_ours
from .reading import Reader, differ
from .settings import Settings

logger = logging.getLogger(__name__)


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


class Publisher:
    """Brings a document's draft to what is wanted, and publishes it."""

    def __init__(self, *, api: Api, reader: Reader, composer: Composer, settings: Settings) -> None:
        self._api = api
        self._reader = reader
        self._composer = composer
        self._settings = settings

    async def apply(
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
            held = await self.fill(target, blocks, write)
        return await self.publish(target, held, write)

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

    async def fill(self, target: Target, blocks: list[Json], write: Write) -> str:
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

    async def publish(self, target: Target, held: str, write: Write) -> Record:
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
            VersionMismatch: somebody did; what they published is read and merged then.
        """
        base, ref = target.base, target.ref
        between = [
            version
            for version in await self._api.versions(base, ref.id, ref=ref)
            if isinstance(number := version.get("versionNumber"), int)
            and target.number < number < reached
        ]
        if not between:
            return
        theirs = max(between, key=lambda version: int(version["versionNumber"]))
        await self._api.publish(base, ref.id, ref=ref, restore=text(theirs, "id"))
        logger.warning("an edit during our write was put back", extra={"ref": str(ref)})
        raise VersionMismatch(
            f"{ref}: version {theirs['versionNumber']} was published while ours was being written; "
            "it is published again and will be merged",
            ref=ref,
        )


def _meanwhile(ref: Ref) -> VersionMismatch:
    return VersionMismatch(
        f"{ref}: somebody edited it while it was being written; it will be read again", ref=ref
    )
