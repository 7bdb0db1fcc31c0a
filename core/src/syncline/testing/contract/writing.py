"""The contract of writes: what is returned is what is there, and a repeated write does no harm."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import pytest

from ...errors import NotFound, OpenDraft, Rejected, VersionMismatch
from ...model import Document, Record, Status, Version, digest
from ...ports import BulkItem, BulkStore, Capability, Store
from ..attempt import Attempt, Crash
from .person import Person
from .questions import complete, content, created, held, needs, origin, status_of
from .samples import BODIES, BODY, TITLES, article

MOST_STEPS = 12
"""More sub-steps than any vendor's write has: how far the crash tests count."""


class WritingContract:
    """What `create`, `update`, `delete`, `find`, `asset` and `project` promise."""

    @pytest.mark.parametrize("body", BODIES)
    async def test_what_is_written_reads_back_as_projected(self, store: Store, body: str) -> None:
        needs(store, Capability.WRITE)
        value = article(body=body)
        record = await created(store, value)
        assert content(record.value) == held(store, value)
        assert await store.fetch(record.ref) == record

    @pytest.mark.parametrize("title", TITLES)
    async def test_any_title_is_held_as_projected_or_refused(
        self, store: Store, title: str
    ) -> None:
        needs(store, Capability.WRITE)
        try:
            record = await created(store, article(title=title))
        except Rejected:
            return
        assert content(record.value) == held(store, article(title=title))
        assert await store.fetch(record.ref) == record
        await complete(store)

    @pytest.mark.parametrize("body", BODIES)
    async def test_an_update_reads_back_as_projected(self, store: Store, body: str) -> None:
        needs(store, Capability.WRITE)
        first = await created(store, article(body="<p>before</p>"))
        value = article(title="Closing hours", body=body)
        record = await self._updated(store, first, value)
        assert content(record.value) == held(store, value)
        assert await store.fetch(record.ref) == record
        assert record.ref == first.ref

    async def test_writing_back_what_was_read_is_no_edit(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        assert record.value is not None
        again = await self._updated(store, record, record.value)
        assert (again.version, content(again.value)) == (record.version, content(record.value))

    async def test_writing_back_what_a_person_wrote_is_no_edit(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.WRITE)
        record = await store.fetch(await person.write("Opening hours", "<p>9 to 5</p>"))
        assert record.value is not None
        attempt = Attempt(origin(), mark=False)
        again = await store.update(
            record.ref, record.value, expected=record.version, write=attempt.write
        )
        assert (again.version, content(again.value)) == (record.version, content(record.value))

    async def test_a_field_that_is_absent_stays_as_it_is(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        absent = Document(title="Closing hours", body=BODY)
        after = content((await self._updated(store, record, absent)).value)
        title = held(store, absent)["title"]
        assert after == {**content(record.value), "title": title}

    async def test_a_field_that_is_emptied_is_empty(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        emptied = attrs.evolve(article(), labels=frozenset(), alternatives=())
        after = await self._updated(store, record, emptied)
        assert content(after.value) == held(store, emptied)

    async def test_creating_twice_with_one_origin_gives_the_first(self, store: Store) -> None:
        needs(store, Capability.WRITE | Capability.ORIGIN)
        first, second = await created(store), await created(store)
        assert second == first
        assert list(await complete(store)) == [first.ref]

    async def test_two_origins_are_two_items(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        pair = await asyncio.gather(
            created(store, article("One"), copy_of="1"), created(store, article("Two"), copy_of="2")
        )
        assert {r.ref for r in pair} == set(await complete(store))
        assert len({r.ref for r in pair}) == 2

    async def test_a_stale_version_is_refused_and_nothing_written(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        await person.edit(record.ref, "<p>a person was faster</p>")
        before = await store.fetch(record.ref)
        with pytest.raises(VersionMismatch):
            await self._updated(store, record, article(body="<p>too late</p>"))
        assert await store.fetch(record.ref) == before

    async def test_a_version_that_never_was_is_refused(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        with pytest.raises(VersionMismatch):
            await store.update(
                record.ref,
                article(body="<p>x</p>"),
                expected=Version("999999"),
                write=Attempt(origin()).write,
            )
        assert await store.fetch(record.ref) == record

    async def test_a_persons_draft_is_not_overwritten(self, store: Store, person: Person) -> None:
        needs(store, Capability.WRITE | Capability.DRAFTS)
        record = await created(store)
        await person.start_draft(record.ref, "<p>unfinished</p>")
        with pytest.raises(OpenDraft):
            await self._updated(store, record, article(body="<p>ours</p>"))
        after = await store.fetch(record.ref)
        assert after.draft
        assert content(after.value) == content(record.value)

    async def test_deleting_removes_from_sight(self, store: Store) -> None:
        needs(store, Capability.DELETE)
        record, kept = await created(store), await created(store, article("Kept"), copy_of="2")
        await store.delete(record.ref, expected=record.version)
        status = await status_of(store, record.ref)
        assert status is None or status.gone
        heads = await complete(store)
        assert record.ref not in heads or heads[record.ref].status.gone
        assert heads[kept.ref].status is Status.LIVE

    async def test_deleting_what_is_gone_succeeds(self, store: Store, person: Person) -> None:
        needs(store, Capability.DELETE)
        record = await created(store)
        await store.delete(record.ref, expected=record.version)
        await store.delete(record.ref, expected=record.version)
        unknown = attrs.evolve(record.ref, id=person.unknown_id)
        await store.delete(unknown, expected=Version("1"))

    async def test_deleting_a_stale_version_is_refused(self, store: Store, person: Person) -> None:
        needs(store, Capability.DELETE)
        record = await created(store)
        await person.edit(record.ref, "<p>still needed</p>")
        with pytest.raises(VersionMismatch):
            await store.delete(record.ref, expected=record.version)
        assert (await store.fetch(record.ref)).status is Status.LIVE

    async def test_a_deleted_copy_can_be_created_anew(self, store: Store) -> None:
        needs(store, Capability.DELETE)
        record = await created(store)
        await store.delete(record.ref, expected=record.version)
        again = await created(store)
        assert (await store.fetch(again.ref)).status is Status.LIVE
        assert content(again.value) == content(record.value)

    async def test_a_copy_is_found_by_its_origin_and_nothing_else_is(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.WRITE | Capability.ORIGIN)
        await person.write("Unrelated", "<p>text</p>")
        record = await created(store)
        assert record.origin == origin()
        assert list(await store.find(origin(), None)) == [record.ref]
        assert list(await store.find(origin("2"), None)) == []

    async def test_an_original_carries_no_mark(self, store: Store) -> None:
        needs(store, Capability.WRITE | Capability.ORIGIN)
        record = await store.create(article(), write=Attempt(origin(), mark=False).write)
        assert record.origin is None
        assert list(await store.find(origin(), None)) == []

    async def test_a_deleted_copy_is_not_found(self, store: Store) -> None:
        needs(store, Capability.DELETE | Capability.ORIGIN)
        record = await created(store)
        await store.delete(record.ref, expected=record.version)
        assert list(await store.find(origin(), article())) == []

    async def test_files_travel_with_the_body_that_refers_to_them(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        picture = b"\x89PNG\r\n\x1a\n not a real picture"
        sha256 = hashlib.sha256(picture).hexdigest()
        body = f'<p>look: <img alt="a plan" src="syncline:asset/{sha256}"></p>'
        record = await created(store, article(body=body), files=(picture,))
        if sha256 not in str(content(record.value)["body"]):
            pytest.skip("the store holds no files")
        assert await store.asset(record.ref, sha256) == picture
        with pytest.raises(NotFound):
            await store.asset(record.ref, "0" * 64)

    @pytest.mark.parametrize("body", BODIES)
    async def test_project_is_idempotent_and_keeps_to_its_fields(
        self, store: Store, body: str
    ) -> None:
        for title in TITLES:
            once = store.project(article(title, body))
            assert store.project(once).canonical() == once.canonical()
            assert set(once.canonical()) <= store.fields

    async def test_what_was_read_is_its_own_projection(self, store: Store, person: Person) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        value = (await store.fetch(ref)).value
        assert value is not None
        assert store.project(value).canonical() == value.canonical()

    async def test_a_create_that_died_at_any_step_is_finished_by_the_next(
        self, store: Store
    ) -> None:
        needs(store, Capability.WRITE | Capability.ORIGIN)

        async def tried(step: int) -> tuple[Attempt, Record | None]:
            attempt = Attempt(origin(str(step)), dies_at=step)
            value = article(f"Article {step}")
            return attempt, await _survived(partial(store.create, value, write=attempt.write))

        for step in range(MOST_STEPS):
            attempt, record = await tried(step)
            again = Attempt(origin(str(step)), after=attempt)
            finished = await store.create(article(f"Article {step}"), write=again.write)
            assert (await store.fetch(finished.ref)).status is Status.LIVE
            assert content(finished.value) == held(store, article(f"Article {step}"))
            assert len(await complete(store)) == step + 1, f"a twin after step {step}"
            if record is not None:
                return
        raise AssertionError(f"a create of more than {MOST_STEPS} steps")

    async def test_an_update_that_died_at_any_step_is_finished_by_the_next(
        self, store: Store
    ) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        for step in range(MOST_STEPS):
            value = article(f"Closing hours {step}", body=f"<p>edit {step}</p>")
            attempt = Attempt(origin(), dies_at=step)
            now = await store.fetch(record.ref)
            died = partial(store.update, now.ref, value, expected=now.version, write=attempt.write)
            done = await _survived(died)
            now = await store.fetch(record.ref)
            again = Attempt(origin(), after=attempt)
            record = await store.update(now.ref, value, expected=now.version, write=again.write)
            assert content(record.value) == held(store, value)
            assert not (await store.fetch(record.ref)).draft
            if done is not None:
                return
        raise AssertionError(f"an update of more than {MOST_STEPS} steps")

    async def test_a_bulk_job_answers_for_each_item_in_order(self, store: Store) -> None:
        needs(store, Capability.BULK_WRITE)
        assert isinstance(store, BulkStore)
        items = [
            BulkItem(value=article(f"Article {n}"), write=Attempt(origin(str(n))).write)
            for n in range(3)
        ]
        results = [result async for result in store.write_many(items)]
        assert len(results) == len(items)
        for item, result in zip(items, results, strict=True):
            if isinstance(result, Record):
                assert content(result.value) == held(store, item.value)
                assert digest((await store.fetch(result.ref)).value or article()) == digest(
                    result.value or article()
                )

    async def test_a_store_can_be_closed_twice(self, store: Store) -> None:
        await store.aclose()
        await store.aclose()

    async def _updated(self, store: Store, record: Record, value: Document) -> Record:
        attempt = Attempt(origin())
        return await store.update(record.ref, value, expected=record.version, write=attempt.write)


async def _survived(write: Callable[[], Awaitable[Record]]) -> Record | None:
    """Return what the write gave, or None when the process died in it."""
    try:
        return await write()
    except Crash:
        return None
