"""The configuration of a Genesys Cloud organisation as a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from syncline.config_items import Author, ConfigRecord, Kind, Objection, kind_and_name
from syncline.config_store import FieldWrite
from syncline.connector import Context
from syncline.errors import Rejected, StoreError
from syncline.model import JSON, Change, ChangePage, Costs, Cursor, Ref, Version
from syncline.ports import Capability

from ..client import open_client
from ..settings import Settings
from .calls import GROUPS, PAGE, QUEUES, SCHEDULES, Calls
from .directory import Directory
from .feed import Feed
from .fields import holds, misfit
from .kinds import KINDS, OBSERVATION, SCHEDULE, SCHEDULE_GROUP, STATUS_COUNT
from .named import Named
from .observations import Observations
from .part import Part, Sight
from .queues import Queues
from .races import Races
from .rows import Rows
from .schedules import GroupHours, ScheduleHours, Versioned
from .users import Users
from .utilizations import Utilizations
from .watch import Watch

LISTED = 500
"""Queues on a page of their listing: the vendor's own tools read them so."""


class GenesysConfigStore:
    """`ConfigStore` and `AuditedStore` of one organisation.

    The vendor enforces a version for schedules alone, so `CONDITIONAL_WRITE` is not claimed.
    """

    def __init__(self, settings: Settings, context: Context) -> None:
        self._limit = settings.requests_per_minute
        client = open_client(
            settings, context.clock, context.observe, context.connection, context.shared
        )
        self._calls = Calls(client)
        self._directory = Directory(context.cache, context.connection)
        races = Races(settings.client_id)
        self._feed = Feed(
            self._calls,
            context.clock,
            self._directory,
            races,
            context.connection,
            settings.client_id,
            settings.overlap,
        )
        self._watch = Watch(context.cache, context.connection)
        self._parts = _parts(self._calls, self._directory, races, settings, context)

    @property
    def capabilities(self) -> Capability:
        return Capability.WRITE | Capability.CHANGE_FEED

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return KINDS

    @property
    def costs(self) -> Costs:
        """Calls for one object: an update reads it, writes it, and reads it again."""
        return Costs(fetch=1, update=3, heads_per_call=PAGE, calls_per_minute=self._limit)

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        async for sight in self._read(refs):
            if isinstance(sight, ConfigRecord):
                self._watch.saw(sight)
            yield sight
        self._keep()

    def _keep(self) -> None:
        """Write down what was learnt about names and objects, once for many."""
        self._directory.save()
        self._watch.save()

    async def _read(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        by_part: dict[int, tuple[Part, list[Ref]]] = {}
        for ref in dict.fromkeys(refs):
            try:
                part = self._part(ref)
            except Rejected as error:
                yield ref, error
                continue
            by_part.setdefault(id(part), (part, []))[1].append(ref)
        # Kinds side by side: each takes a few calls after one another, and none needs another's.
        told = await asyncio.gather(*(_each(part, some) for part, some in by_part.values()))
        for sights in told:
            for sight in sights:
                yield sight

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        kind = KINDS[kind_and_name(record.ref)[0]]
        for path, value in changes.items():
            if why := misfit(kind, path, value):
                return Objection(why=why)
        if all(holds(record.values, path, value) for path, value in changes.items()):
            return None
        why = self._part(record.ref).objection(record, changes)
        return Objection(why=why) if why else None

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        after = await self._part(ref).update(ref, changes, expected, write)
        self._watch.saw(after)
        self._keep()
        return after

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        if cursor is not None and (due := self._watch.due()):
            sights = [sight async for sight in self._read(due)]
            records = (one for one in sights if isinstance(one, ConfigRecord))
            moved = tuple(Change(ref=one.ref) for one in records if self._watch.moved(one))
            self._keep()
            if moved:
                yield ChangePage(changes=moved, cursor=None)
        async for page in self._feed.changes(cursor):
            yield page

    async def author(self, ref: Ref, path: str, since: datetime | None) -> Author | None:
        return await self._feed.author(ref, path, since)

    async def aclose(self) -> None:
        await self._calls.aclose()

    def _part(self, ref: Ref) -> Part:
        try:
            kind, _ = kind_and_name(ref)
        except ValueError as error:
            raise Rejected(str(error), ref=ref) from None
        if kind not in self._parts:
            known = ", ".join(sorted(self._parts))
            raise Rejected(f"{ref}: there is no kind {kind!r}; there are: {known}", ref=ref)
        return self._parts[kind]


async def _each(part: Part, refs: Sequence[Ref]) -> list[Sight]:
    """Return what a part tells; a failure of a call that many share is told of each."""
    told: dict[Ref, Sight] = {}
    try:
        async for sight in part.records(refs):
            told[sight.ref if isinstance(sight, ConfigRecord) else sight[0]] = sight
    except StoreError as error:
        told = {ref: (ref, error) for ref in refs} | told
    return list(told.values())


def _parts(
    calls: Calls, directory: Directory, races: Races, settings: Settings, context: Context
) -> dict[str, Part]:
    queues = Named(calls, directory, "queue", QUEUES, LISTED, by_ids=True)
    schedules = Named(calls, directory, "schedule", SCHEDULES)
    groups = Named(calls, directory, "schedule-group", GROUPS)
    hours = ScheduleHours(context.clock, settings.time_zone)
    seen = Observations(calls, queues)
    return {
        "queue": Queues(calls, queues, races),
        "utilization": Utilizations(calls),
        "schedule": Versioned(calls, schedules, SCHEDULE, hours),
        "schedule-group": Versioned(
            calls, groups, SCHEDULE_GROUP, GroupHours(calls, context.clock)
        ),
        "data-table-row": Rows(calls, directory),
        OBSERVATION.name: seen,
        STATUS_COUNT.name: seen,
        "user": Users(calls),
    }


def open_config(settings: Settings, context: Context) -> GenesysConfigStore:
    """Open the configuration of a connection; nothing is called before it is needed."""
    return GenesysConfigStore(settings, context)


__all__ = ["GenesysConfigStore", "open_config"]
