"""Labels, which change without a new version."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from attrs import evolve

from syncline.errors import VersionMismatch
from syncline.model import Document, Ref
from syncline.testing.attempt import Attempt
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Opened: TypeAlias = Callable[..., ConfluenceStore]


async def test_labels_are_changed_by_what_differs(
    page: Page, wiki: Running, opened: Opened
) -> None:
    store = opened(labels=frozenset({"kb", "old", "new"}))
    ref = page("Page", labels=["kb", "old", "private-to-wiki"])
    record = await store.fetch(ref)
    assert record.value is not None
    assert record.value.labels == frozenset({"kb", "old"})
    await store.update(
        ref,
        Document(title="Page", body=record.value.body, labels=frozenset({"kb", "new"})),
        expected=record.version,
        write=Attempt(Ref("kb", "1"), mark=False).write,
    )
    item = wiki.item(ref.id)
    assert set(item["labels"]) == {"kb", "new", "private-to-wiki"}
    assert item["version"] == 1


async def test_a_label_that_came_since_the_page_was_read_is_not_taken_away(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page", labels=["kb", "old"])
    record = await store.fetch(ref)
    assert record.value is not None
    wiki.act({"do": "label", "id": ref.id, "labels": ["kb", "old", "late"]})
    write = evolve(Attempt(Ref("kb", "1"), mark=False).write, before=record.value)
    wanted = evolve(record.value, body="<p>new</p>", labels=frozenset({"kb"}))
    with pytest.raises(VersionMismatch, match="its labels were changed"):
        await store.update(ref, wanted, expected=record.version, write=write)
    item = wiki.item(ref.id)
    assert (set(item["labels"]), item["version"]) == ({"kb", "old", "late"}, 1)


async def test_a_label_that_comes_while_the_page_is_written_stays_and_is_told(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page", labels=["kb", "old"])
    record = await store.fetch(ref)
    assert record.value is not None

    def note(step: str, detail: str) -> None:
        if step == "update":
            wiki.act({"do": "label", "id": ref.id, "labels": ["kb", "late"]})

    write = evolve(Attempt(Ref("kb", "1"), mark=False).write, before=record.value, note=note)
    wanted = evolve(record.value, body="<p>new</p>", labels=frozenset({"kb"}))
    with pytest.raises(VersionMismatch, match="it got the label 'late'"):
        await store.update(ref, wanted, expected=record.version, write=write)
    assert set(wiki.item(ref.id)["labels"]) == {"kb", "late"}
