"""Many articles in one synchronise job of the vendor.

Only creates, and documents whose one variation is ours and that have no open draft, go into the
file; each is read just before. What became of each is told by the job's report and verified by
reading it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from attrs import frozen

from syncline.errors import OutcomeUnknown, Rejected, StoreError, Unavailable, VersionMismatch
from syncline.model import Record, Ref
from syncline.ports import BulkItem

from .blocks.decode import canonical, entries, part, text
from .blocks.words import Json
from .composing import Composer
from .documents import blocks_of, default_variation, label_names, number, version_of
from .intents import Earlier
from .jobs import Jobs, refusals
from .limits import Room, checked
from .lookup import Lookup
from .origins import Marks
from .reading import IN_FLIGHT, Reader, differ
from .scope import Scope

T = TypeVar("T")
R = TypeVar("R")

LARGEST = 30 * 2**20
"""Characters of one file; what does not fit goes into the next."""


@frozen(kw_only=True)
class Entry:
    """One item's part of the file."""

    item: BulkItem
    document: Json
    least: int
    """The version that its publication must reach."""

    @property
    def external_id(self) -> str:
        """The mark by which the job knows the document."""
        return text(self.document, "externalId")


Outcome: TypeAlias = "Record | Exception | None"
Prepared: TypeAlias = "Entry | Outcome"


class Bulk:
    """Writes many documents by jobs."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        scope: Scope,
        reader: Reader,
        lookup: Lookup,
        composer: Composer,
        room: Room,
        marks: Marks,
        connection: str,
    ) -> None:
        self._jobs = jobs
        self._scope = scope
        self._reader = reader
        self._lookup = lookup
        self._composer = composer
        self._room = room
        self._marks = marks
        self._connection = connection

    async def write_many(self, items: Sequence[BulkItem]) -> AsyncIterator[Outcome]:
        """Yield one result for each item, in order; None where it must be written singly."""
        for item in items:
            await self._jobs.settled(Earlier(item.write.earlier))
        chunk: list[Prepared] = []
        size = 0
        for prepared in await self._prepared(items):
            more = len(canonical(prepared.document)) if isinstance(prepared, Entry) else 0
            if chunk and size + more > LARGEST:
                for result in await self._carried_out(chunk):
                    yield result
                chunk, size = [], 0
            chunk.append(prepared)
            size += more
        for result in await self._carried_out(chunk):
            yield result

    # -- the file

    async def _prepared(self, items: Sequence[BulkItem]) -> list[Prepared]:
        origins = [item.write.origin for item in items if item.write.mark and item.ref is None]
        there = await self._lookup.marked(await self._scope.find(), origins)

        async def one(item: BulkItem) -> Prepared:
            try:
                return await self._entry(item, there)
            except StoreError as error:
                return error

        return await _each(items, one)

    async def _entry(self, item: BulkItem, there: Mapping[Ref, Sequence[Json]]) -> Entry | None:
        if not item.write.mark:
            # The file knows documents by external id; an original carries none of ours.
            return None
        checked(item.value, item.write.origin)
        if item.ref is not None:
            return await self._update(item, item.ref)
        if there[item.write.origin]:
            # An earlier attempt of ours has made it: that is for a single write.
            return None
        await self._room.take(await self._scope.find(), item.write.origin)
        return await self._composed(item, None, None, 1)

    async def _update(self, item: BulkItem, ref: Ref) -> Entry | None:
        published, draft = await self._reader.both(ref)
        if published is None or differ(published, draft) or published.get("readonly") is True:
            return None
        variations = entries(published.get("variations"))
        default = default_variation(variations)
        if len(variations) != 1 or default is None:
            return None
        if text(published, "externalId") != self._marks.mark(item.write.origin):
            # The job would know it by another id than it has.
            return None
        if version_of(published) != item.expected:
            raise VersionMismatch(
                f"{ref}: version {version_of(published)} is published, expected {item.expected}; "
                "it will be read again",
                ref=ref,
            )
        return await self._composed(item, published, default, number(published) + 1)

    async def _composed(
        self, item: BulkItem, now: Json | None, variation: Json | None, least: int
    ) -> Entry:
        request = await self._composer.request(item.value, item.write, now)
        raw = blocks_of([variation] if variation else [])
        blocks = await self._composer.blocks(item.value, item.write, raw)
        document: Json = {"externalId": self._marks.mark(item.write.origin)}
        if now is not None:
            document["id"] = now["id"]
        if url := request.get("externalUrl") or text(now or {}, "externalUrl"):
            document["externalUrl"] = url
        document["published"] = self._content(request, now or {}, _variation(variation, blocks))
        return Entry(item=item, document=document, least=least)

    def _content(self, request: Json, now: Json, variation: Json) -> Json:
        """Return the `published` part: it replaces everything, so what stays is said, too."""
        content: Json = {
            "title": request.get("title", now.get("title")),
            "visible": now.get("visible") is not False,
            "variations": [variation],
        }
        if alternatives := request.get("alternatives", now.get("alternatives")):
            content["alternatives"] = alternatives
        if category := request.get("categoryId", text(part(now, "category"), "id")):
            content["category"] = {"id": category}
        labels = [{"name": name} for name in label_names(now)]
        if "labelIds" in request:
            labels = [{"id": id} for id in request["labelIds"]]
        if labels:
            content["labels"] = labels
        return content

    # -- the job

    async def _carried_out(self, chunk: Sequence[Prepared]) -> list[Outcome]:
        sent = [entry for entry in chunk if isinstance(entry, Entry)]
        results = iter(await self._results(sent) if sent else [])
        return [next(results) if isinstance(one, Entry) else one for one in chunk]

    async def _results(self, sent: Sequence[Entry]) -> Sequence[Outcome]:
        try:
            upload = await self._jobs.upload([entry.document for entry in sent])
            for entry in sent:
                entry.item.write.note("upload", upload)
            job = await self._jobs.start(upload)
            for entry in sent:
                entry.item.write.note("job", job)
            refused = refusals(await self._jobs.ended(job))
        except Rejected:
            # The file as a whole was refused: one by one it shows what was wrong.
            return [None] * len(sent)
        return await self._verified(sent, refused)

    async def _verified(
        self, sent: Sequence[Entry], refused: Mapping[str, Rejected]
    ) -> Sequence[Outcome]:
        origins = [entry.item.write.origin for entry in sent if entry.item.ref is None]
        there = await self._lookup.marked(await self._scope.find(), origins)

        async def one(entry: Entry) -> Outcome:
            if error := refused.get(entry.external_id):
                return error
            try:
                return await self._read_back(entry, there.get(entry.item.write.origin, ()))
            except StoreError as error:
                return OutcomeUnknown(str(error), ref=entry.item.ref)

        return await _each(sent, one)

    async def _read_back(self, entry: Entry, found: Sequence[Json]) -> Record:
        ref = entry.item.ref
        if ref is None:
            if len(found) != 1:
                raise Unavailable(
                    f"{entry.item.write.origin}: {len(found)} articles carry its mark after a job; "
                    "it is looked up again"
                )
            ref = Ref(self._connection, text(found[0], "id"))
        return await self._reader.recorded(await self._reader.after_write(ref, entry.least))


async def _each(items: Sequence[T], one: Callable[[T], Awaitable[R]]) -> list[R]:
    """Return the results of `one`, in order; some at a time."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def gated(item: T) -> R:
        async with gate:
            return await one(item)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(gated(item)) for item in items]
    return [task.result() for task in tasks]


def _variation(old: Json | None, blocks: Sequence[Json]) -> Json:
    written: Json = {"contexts": [], "body": {"blocks": list(blocks)}}
    for name in ("id", "name", "priority"):
        if old is not None and name in old:
            written[name] = old[name]
    return written
