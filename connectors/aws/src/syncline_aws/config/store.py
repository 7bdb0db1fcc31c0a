"""Configuration objects in AWS. None of the services has a version to compare and set.

So a write reads again, compares a hash of the fields that it would overwrite or has to agree with,
sends those fields alone (both throughputs, where DynamoDB demands them), and reads back. What slips
in between is kept out by the lease of the engine, and found by the next look.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from syncline.config_items import (
    Author,
    ConfigRecord,
    FieldSpec,
    FieldType,
    Kind,
    Objection,
    at_path,
    kind_and_name,
)
from syncline.config_store import FieldWrite
from syncline.connector import Context
from syncline.errors import Held, NotFound, OutcomeUnknown, Rejected, VersionMismatch
from syncline.model import JSON, ChangePage, Costs, Cursor, Ref, Status, Version
from syncline.ports import Capability

from ..calling import Calls
from ..kinds import KINDS
from ..settings import Settings
from .appconfig import Configurations
from .audit import Audit
from .autoscaling import Groups
from .concurrency import Concurrencies
from .decreases import Book
from .dynamodb import Throughputs
from .holding import Found, Holder, missing
from .parameters import Parameters
from .ttl import TimesToLive

FIRST_LOOK, LAST_LOOK = 1.0, 5.0
"""Seconds between two looks at an object that is being changed: doubled up to the second one."""
_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.INT: (int,),
    FieldType.BOOL: (bool,),
    FieldType.STRING: (str,),
}


class AwsStore:
    """The configuration objects of one account and region."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._calls = Calls(settings, context)
        self._audit = Audit(self._calls)
        holders: tuple[Holder, ...] = (
            Groups(self._calls),
            Throughputs(self._calls, Book(context.cache)),
            TimesToLive(self._calls),
            Concurrencies(self._calls),
            Parameters(self._calls),
            Configurations(self._calls),
        )
        self._holders = {kind: holder for holder in holders for kind in holder.kinds}

    @property
    def capabilities(self) -> Capability:
        return Capability.WRITE

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return KINDS

    @property
    def costs(self) -> Costs:
        # Read again, written, read back.
        return Costs(update=3, heads_per_call=100)

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        wanted: dict[Holder, list[Ref]] = defaultdict(list)
        for ref in dict.fromkeys(refs):
            holder = self._holders.get(kind_and_name(ref)[0])
            if holder is None:
                yield _record(missing(ref, "kind of this name in AWS"))
            else:
                wanted[holder].append(ref)
        for holder, some in wanted.items():
            async for answer in holder.read(some):
                yield _record(answer) if isinstance(answer, Found) else answer

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        if record.status is not Status.LIVE:
            return Objection(why=record.reason or f"it is {record.status.value}")
        kind, _ = kind_and_name(record.ref)
        for path, value in changes.items():
            why = unfit(path, value, KINDS[kind].spec(path)) if kind in KINDS else "no such kind"
            if why:
                return Objection(why=why)
        wanted = news(record.values, changes)
        return self._holders[kind].objection(record, wanted, now) if wanted else None

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        holder = self._holder(ref)
        record = await self._settled(holder, ref)
        if record.version != expected:
            raise VersionMismatch(
                f"{ref}: it is not what it was when this was decided: {_shown(record, changes)}; "
                "it will be read again",
                ref=ref,
            )
        wanted = news(record.values, changes)
        if not wanted:
            return record
        if record.foreign:
            raise Rejected(f"{ref}: {record.foreign}", ref=ref)
        self._refuse(record, changes)
        await holder.write(record, wanted)
        return await self._read_back(holder, ref)

    def _holder(self, ref: Ref) -> Holder:
        holder = self._holders.get(kind_and_name(ref)[0])
        if holder is None:
            raise NotFound(f"{ref}: AWS has no such kind of object", ref=ref)
        return holder

    def _refuse(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> None:
        objection = self.objection(record, changes, self._clock.now())
        if objection is None:
            return
        text = f"{record.ref}: {objection.why}"
        if objection.until is None:
            raise Rejected(text, ref=record.ref)
        raise Held(text, until=objection.until, ref=record.ref)

    async def _settled(self, holder: Holder, ref: Ref) -> ConfigRecord:
        """Return the object once no change of it is under way, or as it is after a while.

        Raises:
            NotFound, StoreError
        """
        until = self._clock.monotonic() + self._settings.settle.total_seconds()
        pause = FIRST_LOOK
        while True:
            record = await self._one(holder, ref)
            left = until - self._clock.monotonic()
            if not holder.busy(record) or left <= 0:
                return record
            await self._clock.sleep(min(pause, left))
            pause = min(2 * pause, LAST_LOOK)

    async def _one(self, holder: Holder, ref: Ref) -> ConfigRecord:
        answer = await anext(aiter(holder.read([ref])))
        if not isinstance(answer, Found):
            raise answer[1]
        if answer.status is not Status.LIVE:
            raise NotFound(f"{ref}: {answer.reason}", ref=ref)
        return _record(answer)

    async def _read_back(self, holder: Holder, ref: Ref) -> ConfigRecord:
        record = await self._settled(holder, ref)
        if holder.busy(record):
            raise OutcomeUnknown(
                f"{ref}: AWS took the change and has not completed it within "
                f"{self._settings.settle.total_seconds():g} s; it will be looked at again",
                ref=ref,
            )
        return record

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """There is no feed: events arrive by a queue, and passes look."""
        nothing: tuple[ChangePage, ...] = ()
        for page in nothing:
            yield page

    async def author(self, ref: Ref, path: str, since: datetime | None) -> Author | None:
        """Return who changed the object of a field last; CloudTrail does not tell single fields."""
        return await self._audit.author(ref, since)

    async def aclose(self) -> None:
        await self._calls.aclose()


def _record(found: Found) -> ConfigRecord:
    live = found.status is Status.LIVE
    return ConfigRecord(
        ref=found.ref,
        version=version_of(found),
        status=found.status,
        values=found.values if live else {},
        foreign=found.foreign,
        reason=found.reason,
        updated_at=found.updated_at,
    )


def version_of(found: Found) -> Version:
    """Return the vendor's version, or a hash of the fields that make it up."""
    if found.version or found.status is not Status.LIVE:
        return Version(found.version or "-")
    agreed = {name: found.values.get(name) for name in found.versioned}
    return Version(hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()[:32])


def news(held: Mapping[str, JSON], changes: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the changes that are not there already."""
    return {path: value for path, value in changes.items() if not _holds(held, path, value)}


def _holds(held: Mapping[str, JSON], path: str, value: JSON) -> bool:
    try:
        return at_path(held, path) == value
    except KeyError:
        return False


def unfit(path: str, value: JSON, spec: FieldSpec | None) -> str:
    """Return why a field cannot have this value; empty when it can."""
    if spec is None:
        return f"there is no field {path!r}"
    if not spec.writable:
        return f"{path} is read-only"
    types = _TYPES[spec.type]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return f"{path} is of type {spec.type.value}, not {json.dumps(value)}"
    if isinstance(value, int) and spec.minimum is not None and value < spec.minimum:
        return f"{path} is {spec.minimum:g} at least, not {value}"
    return ""


def _shown(record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
    held = (f"{path} is {json.dumps(record.values.get(path))}" for path in changes)
    return ", ".join(held)


def open_store(settings: Settings, context: Context) -> AwsStore:
    """Open the store. AWS is asked when something is read."""
    return AwsStore(settings, context)


__all__ = ["AwsStore", "open_store"]
