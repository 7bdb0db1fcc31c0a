"""Every promise of the contract can be broken, and the contract notices."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import attrs
import pytest

from syncline.errors import StoreError
from syncline.model import (
    ChangePage,
    Complete,
    Cursor,
    Document,
    Head,
    Incomplete,
    Record,
    Ref,
    Status,
    Version,
)
from syncline.ports import Capability, Listed, Write
from syncline.testing import EVERYTHING, Article, FakeClock, MemoryStore
from syncline.testing.contract import Person, StoreContract
from syncline.testing.contract.samples import BODY


class Twins(MemoryStore):
    """Creates again what it had created."""

    async def _left_behind(self, value: Document, write: Write) -> Article | None:
        return None


class Unconditional(MemoryStore):
    """Writes and deletes over any version."""

    def check_version(self, article: Article, expected: Version) -> None:
        return


class TellsWhatItWasTold(MemoryStore):
    """Returns what was sent, not what is stored."""

    async def create(self, value: Document, *, write: Write) -> Record:
        return attrs.evolve(await super().create(value, write=write), value=value)

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        record = await super().update(ref, value, expected=expected, write=write)
        return attrs.evolve(record, value=value)


class AlwaysSaves(MemoryStore):
    """Makes a new version of what did not change."""

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        record = await super().update(ref, value, expected=expected, write=write)
        self.touch(ref)
        return attrs.evolve(record, version=self.articles[ref].now.version)


class Empties(MemoryStore):
    """Takes absent for empty."""

    def _merged(self, article: Article, value: Document) -> Document:
        return value


class Keeps(MemoryStore):
    """Takes empty for absent."""

    def _merged(self, article: Article, value: Document) -> Document:
        labels = value.labels or article.value.labels
        return super()._merged(article, attrs.evolve(value, labels=labels))


class MissesMissing(MemoryStore):
    """Fails to delete what is not there."""

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        self._visible(ref)
        await super().delete(ref, expected=expected)


class KeepsDeleted(MemoryStore):
    """Says that it deleted, and did not."""

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        return


class Miscounts(MemoryStore):
    """Counts one more than it listed."""

    async def heads(self) -> AsyncIterator[Listed]:
        async for entry in super().heads():
            yield (
                attrs.evolve(entry, count=entry.count + 1) if isinstance(entry, Complete) else entry
            )


class ListsTwice(MemoryStore):
    """Lists items on two pages."""

    async def heads(self) -> AsyncIterator[Listed]:
        async for entry in super().heads():
            yield entry
            if isinstance(entry, Head):
                yield entry


class ShortInSilence(MemoryStore):
    """Takes a failure for the end."""

    async def heads(self) -> AsyncIterator[Listed]:
        async for entry in super().heads():
            yield Complete(count=1, scope=self.scope) if isinstance(entry, Incomplete) else entry


class NewScope(MemoryStore):
    """Calls every listing's scope another."""

    async def heads(self) -> AsyncIterator[Listed]:
        self.scope += "!"
        async for entry in super().heads():
            yield entry


class OwnVersions(MemoryStore):
    """Gives other version tokens in listings than in reads."""

    def _head(self, article: Article) -> Head:
        return attrs.evolve(super()._head(article), version=Version("listed"))


class SkipsTheUnreadable(MemoryStore):
    """Leaves out of the listing what it cannot read."""

    def lists(self, article: Article) -> bool:
        return super().lists(article) and not article.unreadable


class Leaks(MemoryStore):
    """Reads what is restricted."""

    def _record(self, article: Article) -> Record:
        return attrs.evolve(super()._record(article), value=self.described(article))


class LeaksTitles(MemoryStore):
    """Lists restricted items with what they say."""

    def _head(self, article: Article) -> Head:
        return attrs.evolve(super()._head(article), title=article.value.body)


class SwallowsFailures(MemoryStore):
    """Leaves out of a bulk read what failed."""

    async def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        for ref in refs:
            with contextlib.suppress(StoreError):
                yield await self.fetch(ref)


class LosesHints(MemoryStore):
    """Moves the cursor past what it did not tell."""

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        yield ChangePage(changes=(), cursor=Cursor(str(len(self.log))))


class FindsAnything(MemoryStore):
    """Finds an item for every origin."""

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        return [ref for ref, a in self.articles.items() if not a.stage.gone]


class MarksOriginals(MemoryStore):
    """Puts the mark on whatever it creates."""

    async def create(self, value: Document, *, write: Write) -> Record:
        return await super().create(value, write=attrs.evolve(write, mark=True))


class ForgetsItsDraft(MemoryStore):
    """Takes its own half-done draft for a person's."""

    def _is_our_draft(self, draft: Document, write: Write) -> bool:
        return False


class OverwritesDrafts(MemoryStore):
    """Takes a person's draft for its own."""

    def _is_our_draft(self, draft: Document, write: Write) -> bool:
        return True


class WritesTheDead(MemoryStore):
    """Brings back what a person removed, by writing it."""

    def status(self, article: Article) -> Status:
        return Status.LIVE

    def check_version(self, article: Article, expected: Version) -> None:
        return


class SwapsFiles(MemoryStore):
    """Gives some other file."""

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        return b"something else"


class Drifts(MemoryStore):
    """Reads a longer title each time."""

    def project(self, value: Document) -> Document:
        return attrs.evolve(value, title=value.title + "!")


DRAFTS = {"capabilities": EVERYTHING | Capability.DRAFTS}
UPPER = {"saves": lambda v: attrs.evolve(v, title=v.title.upper())}

FAULTS: list[tuple[type[MemoryStore], str, dict[str, Any]]] = [
    (Twins, "creating_twice_with_one_origin_gives_the_first", {}),
    (Twins, "a_create_that_died_at_any_step_is_finished_by_the_next", DRAFTS),
    (Unconditional, "a_stale_version_is_refused_and_nothing_written", {}),
    (Unconditional, "a_version_that_never_was_is_refused", {}),
    (Unconditional, "deleting_a_stale_version_is_refused", {}),
    (TellsWhatItWasTold, "what_is_written_reads_back_as_projected", UPPER),
    (TellsWhatItWasTold, "an_update_reads_back_as_projected", UPPER),
    (AlwaysSaves, "writing_back_what_was_read_is_no_edit", {}),
    (AlwaysSaves, "writing_back_what_a_person_wrote_is_no_edit", {}),
    (Empties, "a_field_that_is_absent_stays_as_it_is", {}),
    (Keeps, "a_field_that_is_emptied_is_empty", {}),
    (MissesMissing, "deleting_what_is_gone_succeeds", {}),
    (KeepsDeleted, "deleting_removes_from_sight", {}),
    (Miscounts, "a_listing_is_complete_and_counts_what_it_gave", {}),
    (ListsTwice, "a_listing_is_complete_and_counts_what_it_gave", {}),
    (ShortInSilence, "a_listing_that_breaks_off_says_so", {}),
    (NewScope, "the_scope_of_two_listings_is_the_same", {}),
    (OwnVersions, "a_listing_and_a_read_agree", {}),
    (OwnVersions, "an_edit_gives_another_version", {}),
    (OwnVersions, "our_own_writes_are_listed_like_any_other", {}),
    (SkipsTheUnreadable, "an_unreadable_item_harms_no_other", {}),
    (Leaks, "a_restricted_item_is_listed_without_its_content", {}),
    (LeaksTitles, "a_restricted_item_is_listed_without_its_content", {}),
    (SwallowsFailures, "fetching_many_gives_each_once_and_fails_one_by_one", {}),
    (LosesHints, "a_change_feed_that_is_resumed_loses_nothing", {}),
    (FindsAnything, "a_copy_is_found_by_its_origin_and_nothing_else_is", {}),
    (MarksOriginals, "an_original_carries_no_mark", {}),
    (ForgetsItsDraft, "an_update_that_died_at_any_step_is_finished_by_the_next", DRAFTS),
    (OverwritesDrafts, "a_persons_draft_is_not_overwritten", DRAFTS),
    (WritesTheDead, "a_removed_item_is_not_written", {}),
    (SwapsFiles, "files_travel_with_the_body_that_refers_to_them", {}),
    (Drifts, "project_is_idempotent_and_keeps_to_its_fields", {}),
    (Drifts, "what_was_read_is_its_own_projection", {}),
]


def promise(name: str) -> Callable[..., Awaitable[None]]:
    test: Callable[..., Awaitable[None]] = getattr(StoreContract(), f"test_{name}")
    return test


def arguments(name: str, store: MemoryStore, person: Person) -> dict[str, Any]:
    """Return what the test of that name asks for."""
    offered = {"store": store, "person": person, "body": BODY, "title": "Opening hours"}
    asked = promise(name).__code__.co_varnames[1 : promise(name).__code__.co_argcount]
    return {name: offered[name] for name in asked}


@pytest.mark.parametrize(
    ("store", "name"),
    [
        pytest.param(broken("mem", FakeClock(), **options), name, id=f"{broken.__name__}-{name}")
        for broken, name, options in FAULTS
    ],
)
async def test_a_broken_store_does_not_keep_the_contract(
    store: MemoryStore, name: str, person: Person
) -> None:
    with pytest.raises((AssertionError, StoreError, pytest.fail.Exception)):
        await promise(name)(**arguments(name, store, person))
