"""A store of configuration objects in memory, which misbehaves when asked to.

store = MemoryConfigStore("cx", FakeClock())
team = store.put("limits", "ivr", {"call.maximum": 5, "note": "ours"})     # a person
store.fail("update", OutcomeUnknown("the answer was lost"), effect=Effect.APPLIED)
...
assert store.value(team, "call.maximum") == 50 and not store.writes[0].foreign_changes
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import attrs

from ..config_items import (
    Author,
    ConfigRecord,
    FieldSpec,
    FieldType,
    Kind,
    Objection,
    at_path,
    kind_and_name,
)
from ..config_store import FieldWrite
from ..errors import Held, NotFound, Rejected, StoreError, VersionMismatch
from ..model import JSON, ChangePage, Costs, Cursor, Ref, Status, Version
from ..ports import Capability, Clock
from .accidents import FaultInjection
from .config_vendor import ConfigVendor, Thing, exchanged, flat
from .memory import SYNCLINE

T = TypeVar("T")

CONFIG_EVERYTHING = Capability.WRITE | Capability.CONDITIONAL_WRITE | Capability.CHANGE_FEED
"""The capabilities that a `MemoryConfigStore` has unless told otherwise."""


@attrs.frozen(kw_only=True)
class ConfigWrite:
    """One write that reached the vendor, with the whole object before and after it."""

    ref: Ref
    changes: Mapping[str, JSON]
    """By dotted path: what was to be changed."""
    before: Mapping[str, JSON]
    after: Mapping[str, JSON]
    expected: Version
    """The version that the writer had decided on."""
    at: datetime

    @property
    def foreign_changes(self) -> frozenset[str]:
        """The paths that this write changed without being told to: there must be none."""
        old, new = flat(self.before), flat(self.after)
        touched = {p for p in old.keys() | new.keys() if old.get(p, ...) != new.get(p, ...)}
        own = tuple(self.changes)
        return frozenset(
            p for p in touched if not any(p == o or p.startswith(f"{o}.") for o in own)
        )


class MemoryConfigStore(FaultInjection, ConfigVendor):
    """A `ConfigStore` (and `AuditedStore`) in memory; the methods for people are the vendor's.

    Args:
        capabilities: without `CONDITIONAL_WRITE`, an edit can slip in between its check and its
            write; without `CHANGE_FEED`, `changes` has nothing to tell.
        replaces: a write sends the whole object as it was read, with the fields exchanged: without
            `CONDITIONAL_WRITE`, what slips in is lost (many vendors are so).
        batch: objects that one call can read.
        page: hints on a page of the change feed.
        cooldown: how long the vendor itself makes an object wait after a write.
        vendor: further arguments of `ConfigVendor`.

    `calls` has `fetch` (one a batch), `reread`, `update`, `changes` and `author`;
    `fail("fetch", ...)` is counted by object, not by batch: the failure is that object's.
    """

    _WRITES = frozenset({"update"})

    def __init__(
        self,
        connection: str,
        clock: Clock,
        *,
        capabilities: Capability = CONFIG_EVERYTHING,
        replaces: bool = False,
        batch: int = 100,
        page: int = 50,
        cooldown: timedelta = timedelta(0),
        costs: Costs | None = None,
        **vendor: Any,
    ) -> None:
        super().__init__(connection, clock, page=page, **vendor)
        self.writes: list[ConfigWrite] = []
        """Every write that took effect, oldest first."""
        self.saves: Callable[[str, JSON], JSON] = lambda path, value: value
        """What the vendor makes of a value that is written to a path."""
        self._capabilities = capabilities
        self._replaces = replaces
        self._batch = batch
        self._cooldown = cooldown
        self._costs = costs or Costs(heads_per_call=batch)
        self.closed = False

    # -- the port ---------------------------------------------------------------------------

    @property
    def capabilities(self) -> Capability:
        return self._capabilities

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return self._kinds

    @property
    def costs(self) -> Costs:
        return self._costs

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        for start in range(0, len(refs), self._batch):
            await self._turn("fetch", None)
            for ref in refs[start : start + self._batch]:
                fault = self._accidents.take("fetch", ref)
                if fault is None:
                    yield self.record(ref)
                elif isinstance(fault.error, StoreError):
                    yield ref, fault.error
                else:
                    raise fault.error
            self.watch("fetch.after", None)

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        for path, value in changes.items():
            if why := self._refusal(record.ref, path, value):
                return Objection(why=why)
        held = self.things[record.ref].held if record.ref in self.things else None
        if held is not None and held[2] and held[0] > now and _news(record.values, changes):
            return Objection(why=held[1], until=held[0])
        return None

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        read = await self._call("reread", ref, lambda: self._visible(ref).values)
        thing = self._visible(ref)
        if self.version(thing) != expected:
            raise VersionMismatch(
                f"{ref}: version is {self.version(thing)}, expected {expected}", ref=ref
            )
        for path, value in changes.items():
            if why := self._refusal(ref, path, value):
                raise Rejected(f"{ref}: {why}", ref=ref)
        news = _news(thing.values, changes)
        if not news:
            return self.record(ref)
        if thing.held is not None and thing.held[0] > self.clock.now():
            raise Held(f"{ref}: {thing.held[1]}", until=thing.held[0], ref=ref)
        write.note("update", _digest(news))
        return await self._call("update", ref, lambda: self._overwrite(thing, read, news, expected))

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        await self._call("changes", None, lambda: None)
        if Capability.CHANGE_FEED not in self._capabilities:
            return
        for page in self._pages(cursor):
            yield page

    async def author(self, ref: Ref, path: str, since: datetime | None) -> Author | None:
        await self._call("author", ref, lambda: None)
        for edit in reversed(self.edits):
            inside = edit.path == path or edit.path.startswith(f"{path}.")
            if edit.ref == ref and inside and (since is None or edit.at >= since):
                return Author(name=edit.by, at=edit.at, ours=edit.by == SYNCLINE)
        return None

    async def aclose(self) -> None:
        self.closed = True

    # -- writing ----------------------------------------------------------------------------

    def _visible(self, ref: Ref) -> Thing:
        thing = self.things.get(ref)
        if thing is None or thing.status is not Status.LIVE:
            raise NotFound(f"{ref}: there is no such object", ref=ref)
        return thing

    def _refusal(self, ref: Ref, path: str, value: JSON) -> str:
        kind, _ = kind_and_name(ref)
        found = self._kinds.get(kind)
        spec = found.spec(path) if found is not None else None
        if spec is None:
            return f"{kind} has no field {path!r}"
        if not spec.writable:
            return f"{path} is read-only"
        return _unfit(path, value, spec)

    def _overwrite(
        self, thing: Thing, read: Mapping[str, JSON], news: Mapping[str, JSON], expected: Version
    ) -> ConfigRecord:
        self._visible(thing.ref)
        if Capability.CONDITIONAL_WRITE in self._capabilities and self.version(thing) != expected:
            raise VersionMismatch(f"{thing.ref}: it was changed meanwhile", ref=thing.ref)
        before = thing.values
        after = read if self._replaces else before
        for path, value in news.items():
            after = exchanged(after, path, self.saves(path, value))
        self._save(thing, after, SYNCLINE)
        now = self.clock.now()
        if self._cooldown:
            thing.held = (now + self._cooldown, "the vendor lets it rest after a change", True)
        self.writes.append(
            ConfigWrite(
                ref=thing.ref, changes=news, before=before, after=after, expected=expected, at=now
            )
        )
        return self.record(thing.ref)


def _news(held: Mapping[str, JSON], changes: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the changes that are not there already."""
    return {path: value for path, value in changes.items() if not _holds(held, path, value)}


def _holds(held: Mapping[str, JSON], path: str, value: JSON) -> bool:
    try:
        there = at_path(held, path)
    except KeyError:
        return False
    return there == value and isinstance(there, bool) == isinstance(value, bool)


_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.INT: (int,),
    FieldType.DOUBLE: (int, float),
    FieldType.BOOL: (bool,),
    FieldType.STRING: (str,),
    FieldType.LIST: (list,),
    FieldType.MAP: (dict,),
}


def _unfit(path: str, value: JSON, spec: FieldSpec) -> str:
    types = _TYPES.get(spec.type)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if types is not None and (
        not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
    ):
        return f"{path} is of type {spec.type.value}, not {json.dumps(value)}"
    if number and isinstance(value, int | float):
        if spec.minimum is not None and value < spec.minimum:
            return f"{path} is {spec.minimum:g} at least, not {value}"
        if spec.maximum is not None and value > spec.maximum:
            return f"{path} is {spec.maximum:g} at most, not {value}"
    return ""


def _digest(changes: Mapping[str, JSON]) -> str:
    text = json.dumps(changes, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["CONFIG_EVERYTHING", "ConfigWrite", "MemoryConfigStore"]
