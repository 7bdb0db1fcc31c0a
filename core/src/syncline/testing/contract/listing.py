"""The contract of listings and reads: complete, agreeing, and never short in silence."""

from __future__ import annotations

import pytest

from ...errors import Forbidden, NotFound, Rejected, VersionMismatch
from ...model import Complete, Incomplete, Record, Ref, Status, digest
from ...ports import Capability, Store
from ..attempt import Attempt
from .person import Person
from .questions import complete, content, created, listing, needs, origin, status_of
from .samples import article


class ListingContract:
    """What `heads`, `fetch` and `fetch_many` promise."""

    async def test_a_listing_is_complete_and_counts_what_it_gave(
        self, store: Store, person: Person
    ) -> None:
        refs = {await person.write(f"Article {n}", "<p>text</p>") for n in range(5)}
        assert refs <= set(await complete(store))

    async def test_the_scope_of_two_listings_is_the_same(
        self, store: Store, person: Person
    ) -> None:
        _, first = await listing(store)
        await person.write("Another", "<p>text</p>")
        _, second = await listing(store)
        assert isinstance(first, Complete)
        assert isinstance(second, Complete)
        assert first.scope == second.scope

    async def test_a_listing_and_a_read_agree(self, store: Store, person: Person) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        head, record = (await complete(store))[ref], await store.fetch(ref)
        assert (head.version, head.status, head.aux) == (record.version, record.status, record.aux)
        assert head.title == content(record.value)["title"]

    async def test_reading_changes_nothing(self, store: Store, person: Person) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        before = await complete(store)
        first = await store.fetch(ref)
        assert await store.fetch(ref) == first
        assert await complete(store) == before

    async def test_an_edit_gives_another_version(self, store: Store, person: Person) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        before, listed = await store.fetch(ref), (await complete(store))[ref]
        await person.edit(ref, "<p>10 to 6</p>")
        after = await store.fetch(ref)
        assert after.version != before.version
        assert (await complete(store))[ref].version != listed.version
        assert "10 to 6" in str(content(after.value)["body"])

    async def test_saving_without_a_change_keeps_the_content(
        self, store: Store, person: Person
    ) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        before = await store.fetch(ref)
        await person.touch(ref)
        assert content((await store.fetch(ref)).value) == content(before.value)

    async def test_an_unknown_id_is_not_taken_for_something_that_is_there(
        self, store: Store, person: Person
    ) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        status = await status_of(store, Ref(ref.connection, person.unknown_id))
        assert status in (None, Status.PURGED, Status.UNKNOWN)

    async def test_fetching_many_gives_each_once_and_fails_one_by_one(
        self, store: Store, person: Person
    ) -> None:
        refs = [await person.write(f"Article {n}", f"<p>text {n}</p>") for n in range(3)]
        missing = Ref(refs[0].connection, person.unknown_id)
        found: dict[Ref, Record | Exception] = {}
        async for answer in store.fetch_many([refs[0], missing, *refs[1:]]):
            ref = answer.ref if isinstance(answer, Record) else answer[0]
            assert ref not in found, f"{ref} came twice"
            found[ref] = answer if isinstance(answer, Record) else answer[1]
        assert set(found) == {*refs, missing}
        assert {r: found[r] for r in refs} == {r: await store.fetch(r) for r in refs}
        absent = found[missing]
        assert isinstance(absent, NotFound) or not (
            isinstance(absent, Record) and absent.status is Status.LIVE
        )

    async def test_a_listing_that_breaks_off_says_so(self, store: Store, person: Person) -> None:
        for n in range(3):
            await person.write(f"Article {n}", "<p>text</p>")
        await person.break_listing()
        _, end = await listing(store)
        assert isinstance(end, Incomplete)
        assert end.reason
        await complete(store)

    async def test_an_unreadable_item_harms_no_other(self, store: Store, person: Person) -> None:
        bad = await person.write("Bad", "<p>text</p>")
        good = await person.write("Good", "<p>text</p>")
        await person.spoil(bad)
        heads = await complete(store)
        assert bad in heads, "what cannot be read is not absent"
        assert heads[good].status is Status.LIVE
        assert (await store.fetch(good)).value is not None
        try:
            record = await store.fetch(bad)
        except (Forbidden, Rejected):
            return
        assert record.status is Status.UNREADABLE
        assert record.value is None
        assert record.reason

    async def test_an_open_draft_is_reported_and_never_published(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.DRAFTS)
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        await person.start_draft(ref, "<p>unfinished</p>")
        record = await store.fetch(ref)
        assert record.draft
        assert "unfinished" not in str(content(record.value)["body"])

    async def test_a_change_feed_that_is_resumed_loses_nothing(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.CHANGE_FEED)
        cursor = None
        async for page in store.changes(None):
            cursor = page.cursor or cursor
        written, hinted = set[Ref](), set[Ref]()
        for n in range(4):
            written.add(await person.write(f"Article {n}", "<p>text</p>"))
            async for page in store.changes(cursor):
                hinted |= {change.ref for change in page.changes}
                cursor = page.cursor or cursor
        assert written <= hinted

    async def test_our_own_writes_are_listed_like_any_other(self, store: Store) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        head = (await complete(store))[record.ref]
        assert (head.version, head.aux) == (record.version, record.aux)

    async def test_equal_content_has_equal_digests(self, store: Store, person: Person) -> None:
        ref = await person.write("Opening hours", "<p>9 to 5</p>")
        first, second = (await store.fetch(ref)).value, (await store.fetch(ref)).value
        assert first is not None
        assert second is not None
        assert digest(first) == digest(second)


class ExposureContract:
    """What is gone, and what may not be shown."""

    async def test_a_restricted_item_is_listed_without_its_content(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.ACL)
        ref = await person.write("Secret plan", "<p>nobody may know</p>")
        await person.restrict(ref)
        head, record = (await complete(store))[ref], await store.fetch(ref)
        assert (head.status, record.status) == (Status.RESTRICTED, Status.RESTRICTED)
        assert record.value is None
        assert "nobody may know" not in repr(head) + repr(record)

    async def test_an_item_that_is_opened_again_can_be_read(
        self, store: Store, person: Person
    ) -> None:
        needs(store, Capability.ACL)
        ref = await person.write("Secret plan", "<p>nobody may know</p>")
        await person.restrict(ref)
        await person.open_(ref)
        assert (await complete(store))[ref].status is Status.LIVE
        assert (await store.fetch(ref)).value is not None

    async def test_what_a_person_removes_is_confirmed_gone_or_not_found(
        self, store: Store, person: Person
    ) -> None:
        ref = await person.write("Old", "<p>text</p>")
        other = await person.write("New", "<p>text</p>")
        await person.trash(ref)
        heads = await complete(store)
        assert ref not in heads or heads[ref].status.gone
        assert heads[other].status is Status.LIVE
        status = await status_of(store, ref)
        assert status is None or status.gone

    async def test_what_a_person_restores_is_live_again(self, store: Store, person: Person) -> None:
        ref = await person.write("Old", "<p>text</p>")
        before = await store.fetch(ref)
        await person.trash(ref)
        await person.restore(ref)
        assert (await complete(store))[ref].status is Status.LIVE
        assert content((await store.fetch(ref)).value) == content(before.value)

    async def test_hostile_markup_comes_out_harmless(self, store: Store, person: Person) -> None:
        ref = await person.write_hostile("Harmless")
        try:
            body = str(content((await store.fetch(ref)).value)["body"]).lower()
        except Rejected:
            return
        assert "harmless" in body
        for trace in ("<script", "alert(1)</", "onerror", "javascript:"):
            assert trace not in body

    async def test_a_removed_item_is_not_written(self, store: Store, person: Person) -> None:
        needs(store, Capability.WRITE)
        record = await created(store)
        assert record.value is not None
        await person.trash(record.ref)
        with pytest.raises((NotFound, VersionMismatch)):
            await store.update(
                record.ref,
                article(body="<p>new</p>"),
                expected=record.version,
                write=Attempt(origin()).write,
            )
        assert await status_of(store, record.ref) is not Status.LIVE
