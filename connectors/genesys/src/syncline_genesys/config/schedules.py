"""Schedules and schedule groups: the vendor guards them by a `version` in the body.

Source: Genesys Platform API, PUT /api/v2/architect/schedules/{scheduleId}: a stale version is 409,
or 400 with "does not match the current version" (the vendor's Terraform provider knows both).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from attrs import frozen

from syncline.config_items import ConfigRecord, Kind
from syncline.config_store import FieldWrite
from syncline.errors import Rejected, StoreError
from syncline.model import JSON, Ref, Version
from syncline.ports import Clock

from ..blocks.decode import text
from ..blocks.words import Json
from ..documents import moment
from . import hours
from .calls import SCHEDULES, Calls, segment
from .fields import exchanged, fitting, news
from .kinds import SCHEDULE, SCHEDULE_GROUP
from .named import FEW, Named, sight
from .part import Sight, foreign, name_of, stale
from .readback import read_back

READ_ONLY = frozenset(
    {
        "id",
        "selfUri",
        "state",
        "dateCreated",
        "dateModified",
        "createdBy",
        "modifiedBy",
        "createdByApp",
        "modifiedByApp",
    }
)
MISMATCH = "does not match the current version"
"""What the 400 for a stale version says."""


class Computed(Protocol):
    """Adds what is computed to objects that were read."""

    async def __call__(self, found: Sequence[Json]) -> list[Json]: ...


@frozen
class Versioned:
    """The kind `schedule`, or `schedule-group`."""

    _calls: Calls
    _named: Named
    _kind: Kind
    _computed: Computed

    async def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        found = await self._named.read(refs)
        live = {ref: one for ref, one in found.items() if isinstance(one, dict)}
        told = dict(zip(live, await self._computed(list(live.values())), strict=True))
        for ref, one in found.items():
            yield sight(ref, told.get(ref, one), _record)

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        return ""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        fitting(self._kind, ref, changes)
        fresh = await self._named.fresh(ref)
        if _version(fresh) != expected:
            raise stale(ref, text(fresh, "dateModified"))
        new = news(fresh, changes)
        after = await self._replace(ref, fresh, new) if new else fresh
        (whole,) = await self._computed([after])
        return _record(ref, whole)

    async def _replace(self, ref: Ref, fresh: Json, new: Mapping[str, JSON]) -> Json:
        path = f"{self._named.path}/{segment(text(fresh, 'id'))}"
        body = {k: v for k, v in exchanged(fresh, new).items() if k not in READ_ONLY}
        if "division" in body:
            body["division"] = {"id": body["division"]["id"]}
        try:
            written = await self._calls.put(path, body, ref=ref)
        except Rejected as error:
            if MISMATCH in str(error):
                raise stale(ref) from error
            raise
        after = await read_back(self._calls, path, ref, written, stamp="version")
        return self._named.seen(after, name_of(ref))


def _version(entity: Json) -> Version:
    return Version(str(entity.get("version")))


def _record(ref: Ref, entity: Json) -> ConfigRecord:
    return ConfigRecord(
        ref=ref,
        version=_version(entity),
        values=entity,
        title=text(entity, "name"),
        foreign=foreign(entity),
        updated_at=moment(entity.get("dateModified")),
        updated_by=text(entity, "modifiedBy") or text(entity, "modifiedByApp") or None,
    )


@frozen
class ScheduleHours:
    """Tells whether schedules hold now, in the time zone of the settings."""

    _clock: Clock
    _zone: str

    async def __call__(self, found: Sequence[Json]) -> list[Json]:
        at = self._clock.now()
        return [self._told(one, at) for one in found]

    def _told(self, schedule: Json, at: datetime) -> Json:
        # One that cannot be evaluated has no `open`: a rule that needs it says so.
        with suppress(hours.NoSchedule):
            return {**schedule, "open": hours.is_open(schedule, at, hours.zone(self._zone))}
        return schedule


@frozen
class GroupHours:
    """Tells whether groups are open now; their schedules are read for it, all groups together."""

    _calls: Calls
    _clock: Clock

    async def __call__(self, found: Sequence[Json]) -> list[Json]:
        wanted = list(dict.fromkeys(id for group in found for id in hours.members(group)))
        known = await self._schedules(wanted)
        at = self._clock.now()
        return [self._told(group, known, at) for group in found]

    def _told(self, group: Json, known: Mapping[str, Json], at: datetime) -> Json:
        with suppress(hours.NoSchedule):
            said = hours.group_hours(group, known, at)
            return {**group, "open": said.open, "holiday": said.holiday}
        return group

    async def _schedules(self, ids: Sequence[str]) -> Mapping[str, Json]:
        known: dict[str, Json] = {}
        if len(ids) > FEW:
            async for one in self._calls.all(SCHEDULES):
                known[text(one, "id")] = one
        for id in ids:
            if id not in known:
                with suppress(StoreError):
                    known[id] = await self._calls.one(f"{SCHEDULES}/{segment(id)}")
        return known


__all__ = ["SCHEDULE", "SCHEDULE_GROUP", "GroupHours", "ScheduleHours", "Versioned"]
