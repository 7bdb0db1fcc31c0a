"""The store of configuration objects in memory keeps its contract, and the contract notices."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from syncline.config_items import Author, ConfigRecord, Objection
from syncline.config_store import ConfigStore, FieldWrite
from syncline.errors import Forbidden, StoreError, VersionMismatch
from syncline.model import JSON, Change, ChangePage, Cursor, Ref, Status, Version
from syncline.ports import Capability
from syncline.testing import CONFIG_EVERYTHING, FakeClock, MemoryConfigStore
from syncline.testing.config_contract import ConfigPerson, ConfigStoreContract
from syncline.testing.config_vendor import exchanged, flat


class MemoryPerson(ConfigPerson):
    """Uses the vendor's own methods."""

    path = "call.maximum"
    values = (50, 60, 70)
    other = ("note", "somebody's")
    beyond = 0
    batch = 5

    def __init__(self, store: MemoryConfigStore) -> None:
        self.store = store

    def now(self) -> datetime:
        return self.store.clock.now()

    async def make(self, number: int) -> Ref:
        return self.store.put(
            "limits", f"team {number}", {"call.maximum": 5, "chat.maximum": 9, "note": "ours"}
        )

    def unknown(self) -> Ref:
        return Ref("mem", "limits/nobody")

    async def edit(self, ref: Ref, path: str, value: JSON) -> None:
        self.store.edit(ref, path, value)

    async def whole(self, ref: Ref) -> JSON:
        return flat(self.store.things[ref].values)

    async def remove(self, ref: Ref) -> None:
        self.store.remove(ref)

    async def claim(self, ref: Ref) -> None:
        self.store.claim(ref, "tagged as another team's")

    async def hold(self, ref: Ref) -> None:
        self.store.hold(ref, self.now() + timedelta(minutes=5), "it is being updated")

    async def spoil(self, ref: Ref) -> None:
        self.store.fail("fetch", Forbidden(f"{ref}: 403", ref=ref), ref=ref)

    def reads(self) -> int:
        return sum(self.store.calls[op] for op in ("fetch", "reread", "changes", "author"))

    def mutations(self) -> int:
        return self.store.calls["update"]


class ReadOnlyPerson(MemoryPerson):
    """Knows machines, whose number in service is only seen."""

    path = "desired"
    values = (3, 4, 5)
    other = ("tags.owner", "somebody")
    beyond = 100_000
    read_only = ("in_service", 7)

    async def make(self, number: int) -> Ref:
        return self.store.put(
            "group", f"g{number}", {"desired": 1, "in_service": 1, "tags.owner": "us"}
        )

    def unknown(self) -> Ref:
        return Ref("mem", "group/none")


VARIANTS: dict[str, Callable[[], MemoryConfigStore]] = {
    "everything": lambda: MemoryConfigStore("mem", FakeClock(), batch=5),
    "hashed": lambda: MemoryConfigStore("mem", FakeClock(), batch=5, hashed=True),
    "replaces": lambda: MemoryConfigStore("mem", FakeClock(), batch=5, replaces=True),
    "no preconditions": lambda: MemoryConfigStore(
        "mem", FakeClock(), batch=5, capabilities=CONFIG_EVERYTHING & ~Capability.CONDITIONAL_WRITE
    ),
    "no feed": lambda: MemoryConfigStore(
        "mem", FakeClock(), batch=5, capabilities=CONFIG_EVERYTHING & ~Capability.CHANGE_FEED
    ),
}


class TestMemoryConfigStores(ConfigStoreContract):
    @pytest.fixture(params=VARIANTS)
    def store(self, request: pytest.FixtureRequest) -> MemoryConfigStore:
        return VARIANTS[request.param]()

    @pytest.fixture(params=[MemoryPerson, ReadOnlyPerson])
    def person(self, request: pytest.FixtureRequest, store: MemoryConfigStore) -> MemoryPerson:
        person: MemoryPerson = request.param(store)
        return person


# -- stores that break one promise each -----------------------------------------------------------


class OneByOne(MemoryConfigStore):
    """Reads every object with a call of its own."""

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        for ref in refs:
            async for each in super().fetch_many([ref]):
                yield each


class Eager(MemoryConfigStore):
    """Asks even when there is nothing to ask."""

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        self.calls["fetch"] += not refs
        async for each in super().fetch_many(refs):
            yield each


class Silent(MemoryConfigStore):
    """Leaves out what is not there."""

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        async for each in super().fetch_many(refs):
            if not isinstance(each, ConfigRecord) or each.status is Status.LIVE:
                yield each


class Invents(MemoryConfigStore):
    """Takes what is not there for something empty."""

    def record(self, ref: Ref) -> ConfigRecord:
        return attrs.evolve(super().record(ref), status=Status.LIVE)


class AllOrNothing(MemoryConfigStore):
    """Lets one failure spoil the batch."""

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        found = [each async for each in super().fetch_many(refs)]
        broken = next((each[1] for each in found if isinstance(each, tuple)), None)
        for ref, each in zip(refs, found, strict=True):
            yield each if broken is None else (ref, broken)


class Caches(MemoryConfigStore):
    """Answers from memory."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._seen: dict[Ref, ConfigRecord] = {}

    def record(self, ref: Ref) -> ConfigRecord:
        return self._seen.setdefault(ref, super().record(ref))


class Restless(MemoryConfigStore):
    """Shows another version at every look."""

    def record(self, ref: Ref) -> ConfigRecord:
        self.calls["looks"] += 1
        return attrs.evolve(super().record(ref), version=Version(str(self.calls["looks"])))


class Versionless(MemoryConfigStore):
    """Has one version for everything, and checks none."""

    def version(self, thing: object) -> Version:
        return Version("1")


class Owns(MemoryConfigStore):
    """Does not see whose an object is."""

    def record(self, ref: Ref) -> ConfigRecord:
        return attrs.evolve(super().record(ref), foreign="")


class Deaf(MemoryConfigStore):
    """Has a feed in which nothing is ever told."""

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        async for page in super().changes(cursor):
            yield attrs.evolve(page, changes=())


class Forgets(MemoryConfigStore):
    """Writes only the named fields, as if they were the whole object."""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        record = await super().update(ref, changes, expected=expected, write=write)
        if record.version != expected:
            self.drop(ref, "chat.maximum")
            self.drop(ref, "tags")
        return self.record(ref)


class TellsOldNews(MemoryConfigStore):
    """Returns the object as it was before the write."""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        before = self.record(ref)
        await super().update(ref, changes, expected=expected, write=write)
        return before


class AlwaysSends(MemoryConfigStore):
    """Sends what is there already."""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        calls = self.calls["update"]
        record = await super().update(ref, changes, expected=expected, write=write)
        self.calls["update"] = calls + 1
        return record


class Overwrites(MemoryConfigStore):
    """Writes over any version, the whole object as it was when it was fetched."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._fetched: dict[Version, Mapping[str, JSON]] = {}

    def record(self, ref: Ref) -> ConfigRecord:
        found = super().record(ref)
        self._fetched[found.version] = found.values
        return found

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        now = super().record(ref)
        with contextlib.suppress(VersionMismatch):
            return await super().update(ref, changes, expected=expected, write=write)
        values = self._fetched[expected]
        for path, value in changes.items():
            values = exchanged(values, path, value)
        self.things[ref].values = values
        return await super().update(ref, changes, expected=now.version, write=write)


class Clamps(MemoryConfigStore):
    """Makes of every value one that fits, and objects to nothing."""

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        return None

    def _refusal(self, ref: Ref, path: str, value: JSON) -> str:
        return ""


class Asks(MemoryConfigStore):
    """Asks the vendor for every objection."""

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        self.calls["reread"] += 1
        return super().objection(record, changes, now)


class Impatient(MemoryConfigStore):
    """Does not wait."""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        if ref in self.things:
            self.things[ref].held = None
        return await super().update(ref, changes, expected=expected, write=write)


class NotesLate(MemoryConfigStore):
    """Notes what it has already sent."""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        record = await super().update(
            ref, changes, expected=expected, write=FieldWrite(note=lambda *_: None)
        )
        write.note("update", "done")
        return record


class Creates(MemoryConfigStore):
    """Makes what it was to change."""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        if ref not in self.things:
            kind, _, name = ref.id.partition("/")
            self.put(kind, name, changes)
            return self.record(ref)
        return await super().update(ref, changes, expected=expected, write=write)


class KnowsNobody(MemoryConfigStore):
    """Takes every change for ours."""

    async def author(self, ref: Ref, path: str, since: datetime | None) -> Author | None:
        found = await super().author(ref, path, since)
        return found and attrs.evolve(found, ours=True)


BREAKERS: Sequence[tuple[type[MemoryConfigStore], str]] = (
    (OneByOne, "test_objects_are_read_in_as_few_calls_as_the_vendor_allows"),
    (Eager, "test_asking_for_nothing_asks_nobody"),
    (Silent, "test_an_object_that_does_not_exist_is_a_record_that_says_so"),
    (Invents, "test_an_object_that_was_removed_is_not_live"),
    (AllOrNothing, "test_the_failure_of_one_object_is_its_own"),
    (Caches, "test_what_is_yielded_was_read_after_the_call_began"),
    (Restless, "test_a_version_stays_until_a_field_changes"),
    (Versionless, "test_a_stale_version_is_refused_and_nothing_written"),
    (Versionless, "test_of_two_writes_that_saw_the_same_version_at_most_one_goes_through_unseen"),
    (Owns, "test_an_object_of_somebody_else_says_whose_it_is"),
    (Deaf, "test_a_change_is_in_the_feed"),
    (Forgets, "test_a_write_changes_the_named_fields_and_no_other"),
    (TellsOldNews, "test_a_write_is_returned_as_it_is_read_then"),
    (AlwaysSends, "test_what_is_there_already_is_not_sent"),
    (Overwrites, "test_what_a_person_changes_elsewhere_in_the_object_survives"),
    (Clamps, "test_a_value_out_of_range_is_refused_and_nothing_written"),
    (Clamps, "test_a_field_that_is_read_only_is_refused"),
    (Clamps, "test_a_field_that_nobody_knows_is_refused"),
    (Asks, "test_an_objection_asks_nobody_and_has_nothing_against_a_good_write"),
    (Impatient, "test_a_write_that_has_to_wait_says_until_when_and_writes_nothing"),
    (NotesLate, "test_a_write_that_dies_before_it_is_sent_can_be_repeated"),
    (Creates, "test_an_object_that_does_not_exist_is_not_written"),
    (KnowsNobody, "test_an_audit_tells_a_person_from_this_credential"),
)


@pytest.mark.parametrize(("breaker", "promise"), BREAKERS, ids=lambda x: getattr(x, "__name__", x))
async def test_a_store_that_breaks_a_promise_is_caught(
    breaker: type[MemoryConfigStore], promise: str
) -> None:
    store = breaker("mem", FakeClock(), batch=5)
    test = getattr(ConfigStoreContract(), promise)
    with pytest.raises((AssertionError, StoreError, pytest.fail.Exception)):
        await test(store, ReadOnlyPerson(store))


def test_every_promise_of_the_contract_can_be_broken() -> None:
    promises = {name for name in dir(ConfigStoreContract) if name.startswith("test_")}
    unbroken = {
        # It is the fixture that would be wrong, not a store.
        "test_its_kinds_are_known_by_their_names_and_their_fields_by_their_paths",
        "test_every_object_that_is_asked_for_comes_once",
    }
    assert promises - {promise for _, promise in BREAKERS} == unbroken


def test_it_satisfies_its_port() -> None:
    store: ConfigStore = MemoryConfigStore("mem", FakeClock())
    assert store.kinds


async def test_hints_may_be_lost_on_their_way() -> None:
    store = MemoryConfigStore("mem", FakeClock())
    ref = store.put("limits", "a", {"call.maximum": 5})
    store.hints = lambda changes: [*changes, *changes]
    pages = [page async for page in store.changes(Cursor("0"))]
    assert pages[-1].changes == (Change(ref=ref), Change(ref=ref))


async def test_what_a_write_did_to_the_rest_of_an_object_can_be_seen() -> None:
    store = MemoryConfigStore("mem", FakeClock(), capabilities=Capability.WRITE, replaces=True)
    ref = store.put("limits", "a", {"call.maximum": 5, "note": "before"})

    async def meanwhile(op: str, _: Ref | None) -> None:
        if op == "update":
            store.edit(ref, "note", "after")

    store.meanwhile = meanwhile
    version = store.record(ref).version
    write = FieldWrite(note=lambda *_: None)
    await store.update(ref, {"call.maximum": 50}, expected=version, write=write)
    assert store.writes[0].foreign_changes == {"note"}
