"""A Genesys Cloud knowledge base as a store of documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from attrs import evolve

from syncline.body import parse, render
from syncline.connector import Context
from syncline.model import (
    FIELDS,
    ChangePage,
    Costs,
    Cursor,
    Document,
    Record,
    Ref,
    Version,
)
from syncline.ports import BulkItem, Capability, Listed, PastVersion, Write

from .blocks import Addresses, project
from .blocks.decode import text
from .bulk import Bulk
from .catalog import Categories, Labels
from .client import PAGE, Api, open_client
from .composing import Composer, tidy
from .creating import Creator
from .documents import Lens
from .files import Files
from .history import History
from .jobs import Jobs
from .limits import Room
from .listing import Listing
from .lookup import Lookup
from .origins import Marks
from .pictures import MEDIA_TYPES, Pictures
from .publishing import Publisher
from .reading import Reader
from .scope import Scope
from .settings import Settings
from .shown import without_files
from .writing import Writer

RECENT = timedelta(days=7)
"""How far back an unmarked article may have been left behind by an interrupted create."""

CAPABILITIES = (
    Capability.WRITE
    | Capability.DELETE
    | Capability.CHANGE_FEED
    | Capability.ORIGIN
    | Capability.DRAFTS
    | Capability.BULK_WRITE
)


class GenesysStore:
    """Documents of one knowledge base: `Store`, `BulkStore` and `HistoryStore`.

    The parts share one API client, one tree of categories and one view of addresses.
    """

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._connection = context.connection
        self._clock = context.clock
        self._marks = Marks.compile(settings.external_ids)
        client = open_client(
            settings, context.clock, context.observe, context.connection, context.shared
        )
        self._api = Api(client)
        self._files = Files(context.clock, settings.proxy or None)
        self._tree = Categories(self._api)
        self._scope = Scope(self._api, settings, context.connection, self._tree)
        self._pictures = Pictures(
            self._api,
            self._files,
            context.cache,
            context.clock,
            context.connection,
            settings.asset_division,
        )
        self._listing = Listing(
            self._api, self._scope, self._tree, self._clock, context.cache, self._lens
        )
        self._reader = Reader(self._api, self._scope, self._tree, self._clock, self._lens)
        self._history = History(self._api, self._scope, self._reader)
        self._lookup = Lookup(self._api, self._clock, self._marks)
        self._writer, self._bulk = self._writers()

    def _writers(self) -> tuple[Writer, Bulk]:
        jobs = Jobs(self._api, self._files, self._scope, self._clock)
        room = Room(self._api)
        composer = Composer(
            scope=self._scope,
            tree=self._tree,
            labels=Labels(self._api),
            pictures=self._pictures,
            settings=self._settings,
            marks=self._marks,
            lens=self._lens,
        )
        publisher = Publisher(
            api=self._api, reader=self._reader, composer=composer, settings=self._settings
        )
        creator = Creator(
            api=self._api,
            reader=self._reader,
            lookup=self._lookup,
            composer=composer,
            publisher=publisher,
            room=room,
            connection=self._connection,
            clock=self._clock,
        )
        writer = Writer(
            api=self._api,
            scope=self._scope,
            jobs=jobs,
            reader=self._reader,
            creator=creator,
            publisher=publisher,
        )
        bulk = Bulk(
            jobs=jobs,
            scope=self._scope,
            reader=self._reader,
            lookup=self._lookup,
            composer=composer,
            room=room,
            marks=self._marks,
            connection=self._connection,
        )
        return writer, bulk

    def _lens(self) -> Lens:
        return Lens(
            connection=self._connection,
            addresses=Addresses(
                knowledge_base=self._scope.base,
                connection=self._connection,
                asset_of=self._pictures.sha256_at,
                url_of=self._pictures.url_of,
            ),
            path_of=self._tree.path,
            asset_of=self._pictures.asset_of,
            marks=self._marks,
            retired=self._settings.retired_labels,
            scope=self._scope.covered(),
        )

    # -- what it is

    @property
    def capabilities(self) -> Capability:
        return CAPABILITIES

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(FIELDS)

    @property
    def costs(self) -> Costs:
        """Calls for one article. A create looks for its mark, makes, fills, publishes and reads;
        an update reads both states, writes what differs, publishes and reads."""
        return Costs(
            fetch=1 + 1 / 50,
            create=5,
            update=6,
            delete=3,
            heads_per_call=PAGE,
            calls_per_minute=self._settings.requests_per_minute,
        )

    @property
    def bulk_threshold(self) -> int:
        return self._settings.bulk_threshold

    def project(self, value: Document) -> Document:
        """Return the nearest document that Genesys can hold."""
        body = without_files(parse(value.body), value.assets, MEDIA_TYPES)
        blocks = project(body, upgrade=self._settings.allow_http_upgrade)
        return evolve(tidy(value), body=render(blocks))

    # -- reads

    def heads(self) -> AsyncIterator[Listed]:
        return self._listing.heads()

    def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        return self._listing.changes(cursor, self._settings.overlap)

    async def fetch(self, ref: Ref) -> Record:
        return await self._reader.record(ref)

    def fetch_many(self, refs: Sequence[Ref]) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        return self._reader.many(refs)

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        base = await self._scope.find()
        found = (await self._lookup.marked(base, [origin]))[origin]
        refs = [Ref(self._connection, text(one, "id")) for one in found]
        return refs if refs or value is None else await self._left_behind(base, value)

    async def _left_behind(self, base: str, value: Document) -> Sequence[Ref]:
        """Return unmarked articles that say what `value` says, or drafts that say nothing yet.

        Copies are marked when they are made; only a new original is without a mark.
        """
        wanted = self.project(value)
        since = self._clock.now() - RECENT
        refs = []
        for one in await self._lookup.unmarked(base, wanted.title, since):
            ref = Ref(self._connection, text(one, "id"))
            if await self._reader.says(ref, wanted):
                refs.append(ref)
        return refs

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        return await self._pictures.content(sha256, ref)

    async def versions(self, ref: Ref) -> Sequence[PastVersion]:
        return await self._history.versions(ref)

    async def fetch_version(self, ref: Ref, version: Version) -> Record:
        return await self._history.fetch_version(ref, version)

    # -- writes

    async def create(self, value: Document, *, write: Write) -> Record:
        return await self._writer.create(tidy(value), write)

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        return await self._writer.update(ref, tidy(value), expected, write)

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        await self._writer.delete(ref, expected)

    def write_many(self, items: Sequence[BulkItem]) -> AsyncIterator[Record | Exception | None]:
        return self._bulk.write_many([evolve(item, value=tidy(item.value)) for item in items])

    async def aclose(self) -> None:
        await self._files.aclose()
        await self._api.aclose()


def open_store(settings: Settings, context: Context) -> GenesysStore:
    """Open the documents of a connection; nothing is called before it is needed."""
    return GenesysStore(settings, context)
