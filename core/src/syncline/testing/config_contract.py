"""The contract that every store of configuration objects keeps, for a connector's tests.

    class TestMyStore(ConfigStoreContract):
        @pytest.fixture
        async def store(self) -> AsyncIterator[ConfigStore]: ...

        @pytest.fixture
        def person(self, ...) -> ConfigPerson: ...

What a store does not claim (`Capability`) and what the person of the test cannot do is skipped,
with the reason.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

import attrs
import pytest

from ..config_items import ConfigRecord, at_path, kind_and_name
from ..config_store import AuditedStore, ConfigStore
from ..errors import Held, NotFound, Rejected, StoreError, VersionMismatch
from ..model import JSON, Ref, Status
from ..ports import Capability
from .attempt import Crash
from .config_person import ConfigPerson
from .config_questions import Notebook, changed, fetched, needs, one, other_field, read_feed

MANY = 12
"""Objects that are read at once."""


class ReadingContract:
    """What `kinds`, `fetch_many` and `changes` promise."""

    async def test_its_kinds_are_known_by_their_names_and_their_fields_by_their_paths(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        assert all(name == kind.name for name, kind in store.kinds.items())
        ref = await person.make(0)
        kind = store.kinds[kind_and_name(ref)[0]]
        spec = kind.spec(person.path)
        assert spec is not None
        assert spec.writable

    async def test_every_object_that_is_asked_for_comes_once(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        refs = [await person.make(number) for number in range(3)]
        found = await fetched(store, refs)
        assert found.keys() == {*refs}
        for record in found.values():
            assert isinstance(record, ConfigRecord)
            assert record.status is Status.LIVE
            assert at_path(record.values, person.path) is not None

    async def test_asking_for_nothing_asks_nobody(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        before = person.reads()
        assert await fetched(store, []) == {}
        assert person.reads() == before

    async def test_objects_are_read_in_as_few_calls_as_the_vendor_allows(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        refs = [await person.make(number) for number in range(MANY)]
        await fetched(store, refs[:1])  # what a connection asks once for all
        before = person.reads()
        assert len(await fetched(store, refs)) == MANY
        assert person.reads() - before <= math.ceil(MANY / person.batch)

    async def test_an_object_that_does_not_exist_is_a_record_that_says_so(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        there, unknown = await person.make(0), person.unknown()
        found = await fetched(store, [unknown, there])
        assert isinstance(found[there], ConfigRecord)
        record = found.get(unknown)
        assert isinstance(record, ConfigRecord)
        assert record.status is not Status.LIVE
        assert record.reason
        assert not record.values

    async def test_an_object_that_was_removed_is_not_live(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        ref = await person.make(0)
        await one(store, ref)
        await person.remove(ref)
        assert (await one(store, ref)).status is not Status.LIVE

    async def test_the_failure_of_one_object_is_its_own(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        refs = [await person.make(number) for number in range(3)]
        await person.spoil(refs[1])
        found = await fetched(store, refs)
        assert found.keys() == {*refs}
        assert isinstance(found[refs[0]], ConfigRecord)
        assert isinstance(found[refs[2]], ConfigRecord)
        spoilt = found[refs[1]]
        if isinstance(spoilt, ConfigRecord):
            assert spoilt.status in (Status.UNREADABLE, Status.UNKNOWN, Status.RESTRICTED)
        else:
            assert isinstance(spoilt, StoreError)

    async def test_what_is_yielded_was_read_after_the_call_began(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        ref = await person.make(0)
        await one(store, ref)
        await person.edit(ref, person.path, person.values[0])
        assert at_path((await one(store, ref)).values, person.path) == person.values[0]

    async def test_a_version_stays_until_a_field_changes(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        ref = await person.make(0)
        first = await one(store, ref)
        assert (await one(store, ref)).version == first.version
        await person.edit(ref, person.path, person.values[0])
        assert (await one(store, ref)).version != first.version

    async def test_an_object_of_somebody_else_says_whose_it_is(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        ref = await person.make(0)
        assert not (await one(store, ref)).foreign
        await person.claim(ref)
        assert (await one(store, ref)).foreign

    async def test_a_change_is_in_the_feed(self, store: ConfigStore, person: ConfigPerson) -> None:
        needs(store, Capability.CHANGE_FEED)
        ref = await person.make(0)
        cursor = await read_feed(store, None, set())
        await person.edit(ref, person.path, person.values[0])
        seen: set[Ref] = set()
        await read_feed(store, cursor, seen)
        assert ref in seen


class WritingContract:
    """What `objection` and `update` promise."""

    async def test_a_write_is_returned_as_it_is_read_then(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        before = await one(store, await person.make(0))
        after = await changed(store, before, {person.path: person.values[0]})
        assert at_path(after.values, person.path) == person.values[0]
        assert after.version != before.version
        again = await one(store, before.ref)
        assert (again.version, again.values) == (after.version, after.values)

    async def test_a_write_changes_the_named_fields_and_no_other(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        record = await one(store, await person.make(0))
        held, before = at_path(record.values, person.path), await person.whole(record.ref)
        await changed(store, record, {person.path: person.values[0]})
        assert await person.whole(record.ref) != before
        await changed(store, await one(store, record.ref), {person.path: held})
        assert await person.whole(record.ref) == before

    async def test_what_a_person_changes_elsewhere_in_the_object_survives(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        path, value = other_field(person)
        record = await one(store, await person.make(0))
        await person.edit(record.ref, path, value)
        seen = await one(store, record.ref)
        try:
            await changed(store, record, {person.path: person.values[0]})
        except VersionMismatch:
            await changed(store, seen, {person.path: person.values[0]})
        after = await one(store, record.ref)
        assert at_path(after.values, path) == value
        assert at_path(after.values, person.path) == person.values[0]

    async def test_what_is_there_already_is_not_sent(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        record = await one(store, await person.make(0))
        held = at_path(record.values, person.path)
        before = person.mutations()
        after = await changed(store, record, {person.path: held})
        assert person.mutations() == before
        assert (after.version, after.values) == (record.version, record.values)

    async def test_a_stale_version_is_refused_and_nothing_written(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        record = await one(store, await person.make(0))
        await person.edit(record.ref, person.path, person.values[0])
        before = await person.whole(record.ref)
        with pytest.raises(VersionMismatch):
            await changed(store, record, {person.path: person.values[1]})
        assert await person.whole(record.ref) == before

    async def test_of_two_writes_that_saw_the_same_version_at_most_one_goes_through_unseen(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        needs(store, Capability.CONDITIONAL_WRITE)
        record = await one(store, await person.make(0))
        results = await asyncio.gather(
            *(changed(store, record, {person.path: value}) for value in person.values[:2]),
            return_exceptions=True,
        )
        written = [r for r in results if isinstance(r, ConfigRecord)]
        assert len(written) == 1, results
        assert any(isinstance(r, VersionMismatch) for r in results)
        assert (await one(store, record.ref)).version == written[0].version

    async def test_a_value_out_of_range_is_refused_and_nothing_written(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        if person.beyond is None:
            pytest.skip("the field of this test has no range")
        await self._refused(store, person, {person.path: person.beyond})

    async def test_a_field_that_is_read_only_is_refused(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        if person.read_only is None:
            pytest.skip("every field of this test's objects can be written")
        path, value = person.read_only
        await self._refused(store, person, {path: value})

    async def test_a_field_that_nobody_knows_is_refused(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        ref = await person.make(0)
        path = "noSuchField.ofThis"
        if store.kinds[kind_and_name(ref)[0]].spec(path) is not None:
            pytest.skip("objects of this kind have any field")
        await self._refused(store, person, {path: 1})

    async def test_an_object_that_does_not_exist_is_not_written(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        record = attrs.evolve(await one(store, await person.make(0)), ref=person.unknown())
        with pytest.raises(NotFound):
            await changed(store, record, {person.path: person.values[0]})

    async def test_an_objection_asks_nobody_and_has_nothing_against_a_good_write(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        record = await one(store, await person.make(0))
        before = person.reads(), person.mutations()
        assert store.objection(record, {person.path: person.values[0]}, person.now()) is None
        assert (person.reads(), person.mutations()) == before

    async def test_a_write_that_has_to_wait_says_until_when_and_writes_nothing(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        ref = await person.make(0)
        await person.hold(ref)
        record, before = await one(store, ref), await person.whole(ref)
        objection = store.objection(record, {person.path: person.values[0]}, person.now())
        assert objection is None or objection.until is not None
        with pytest.raises(Held) as held:
            await changed(store, record, {person.path: person.values[0]})
        assert held.value.until.tzinfo is not None
        assert await person.whole(ref) == before

    async def test_a_write_that_dies_before_it_is_sent_can_be_repeated(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        record = await one(store, await person.make(0))
        before, book = await person.whole(record.ref), Notebook(dies=True)
        change = {person.path: person.values[0]}
        try:
            await store.update(record.ref, change, expected=record.version, write=book.write())
        except Crash:
            # What was noted is durable; what it announces has not been sent.
            assert await person.whole(record.ref) == before
        book.dies = False
        last = await one(store, record.ref)
        after = await store.update(record.ref, change, expected=last.version, write=book.write())
        assert at_path(after.values, person.path) == person.values[0]

    async def test_an_audit_tells_a_person_from_this_credential(
        self, store: ConfigStore, person: ConfigPerson
    ) -> None:
        if not isinstance(store, AuditedStore):
            pytest.skip("the vendor of this store remembers nobody")
        ref = await person.make(0)
        await person.edit(ref, person.path, person.values[0])
        author = await store.author(ref, person.path, None)
        assert author is not None
        assert not author.ours
        await changed(store, await one(store, ref), {person.path: person.values[1]})
        author = await store.author(ref, person.path, None)
        assert author is not None
        assert author.ours

    async def _refused(
        self, store: ConfigStore, person: ConfigPerson, changes: Mapping[str, JSON]
    ) -> None:
        record = await one(store, await person.make(0))
        before = await person.whole(record.ref)
        objection = store.objection(record, changes, person.now())
        assert objection is not None
        assert objection.until is None
        assert objection.why
        with pytest.raises(Rejected):
            await changed(store, record, changes)
        assert await person.whole(record.ref) == before


class ConfigStoreContract(ReadingContract, WritingContract):
    """Give it the fixtures `store` (closed afterwards) and `person`; see `ConfigPerson`."""

    pytestmark = pytest.mark.asyncio


__all__ = ["ConfigPerson", "ConfigStoreContract", "Notebook", "changed", "fetched", "one"]
