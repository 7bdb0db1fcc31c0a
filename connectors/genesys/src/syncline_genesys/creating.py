"""Creating articles, so that a repeated, interrupted or doubled create ends in one of them.

A document is marked as it is made. Whoever makes it looks for the mark afterwards: what was there
before, or was made twice, is found, and an empty draft too many is taken away.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from syncline.errors import AlreadyExists, OutcomeUnknown, Rejected, StoreError, Unavailable
from syncline.model import Document, Record, Ref
from syncline.ports import Clock, Write

from .blocks.decode import text
from .blocks.words import Json
from .client import Api
from .composing import Composer, expected
from .documents import digest, number
from .intents import Earlier
from .limits import Room
from .lookup import Lookup
from .publishing import Publisher, Target
from .reading import Reader, differ

APART = timedelta(minutes=5)
"""How far the clocks of the vendor and of this machine may be apart."""


class Creator:
    """Creates documents in one knowledge base."""

    def __init__(
        self,
        *,
        api: Api,
        reader: Reader,
        lookup: Lookup,
        composer: Composer,
        publisher: Publisher,
        room: Room,
        connection: str,
        clock: Clock,
    ) -> None:
        self._api = api
        self._reader = reader
        self._lookup = lookup
        self._composer = composer
        self._publisher = publisher
        self._room = room
        self._connection = connection
        self._clock = clock

    async def create(self, base: str, value: Document, write: Write, earlier: Earlier) -> Record:
        """Create the article, or finish what an earlier attempt left behind."""
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
            held = await self._publisher.fill(target, blocks, write)
        except Rejected:
            # Nothing of it is published: an empty draft would only be in people's way.
            with suppress(StoreError):
                await self._api.delete_document(base, kept, ref=target.ref)
            raise
        return await self._publisher.publish(target, held, write)

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
        return (await self._lookup.marked(base, [origin]))[origin]

    async def _left_behind(
        self, base: str, value: Document, write: Write, earlier: Earlier
    ) -> Ref | None:
        """Return the document that an earlier attempt has made."""
        found: list[Json] = []
        if write.mark:
            found = await self._marked(base, write.origin)
        elif earlier.begun_at is not None:
            since = earlier.begun_at - APART
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
            raise Unavailable(
                f"{ref}: Genesys lists it and does not show it yet; it will be tried again", ref=ref
            )
        target = Target(base=base, ref=ref, draft=draft)
        return await self._publisher.apply(target, value, write, earlier)
