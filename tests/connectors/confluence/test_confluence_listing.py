"""What listings and polls say, and to what end they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline.errors import NotFound
from syncline.model import Change, Incomplete, Ref, Status
from syncline.testing.contract.questions import complete
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Attach: TypeAlias = Callable[..., None]
Opened: TypeAlias = Callable[..., ConfluenceStore]


async def test_archived_trashed_and_purged_pages_are_told_apart(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    archived, trashed, purged = (page(t) for t in ("Archived", "Trashed", "Purged"))
    wiki.act({"do": "archive", "id": archived.id})
    wiki.act({"do": "delete", "id": trashed.id})
    wiki.act({"do": "delete", "id": purged.id})
    wiki.act({"do": "purge", "id": purged.id})
    assert not {archived, trashed, purged} & set(await complete(store))
    assert (await store.fetch(archived)).status is Status.ARCHIVED
    assert (await store.fetch(trashed)).status is Status.TRASHED
    with pytest.raises(NotFound):
        await store.fetch(purged)


async def test_labels_and_files_change_what_a_listing_says_without_a_new_version(
    picture: Any, page: Page, attach: Attach, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page", f"<p>a {picture.markup}</p>")
    attach(ref)
    first = (await complete(store))[ref]
    wiki.act({"do": "label", "id": ref.id, "labels": ["new"]})
    second = (await complete(store))[ref]
    attach(ref, content=picture.content + b"2")
    third = (await complete(store))[ref]
    assert first.version == second.version == third.version
    assert len({first.aux, second.aux, third.aux}) == 3
    assert (await store.fetch(ref)).aux == third.aux


async def test_more_pages_than_fit_one_page_of_a_list_are_all_listed(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    for n in range(260):
        page(f"Page {n}")
    assert len(await complete(store)) == 261
    lists = [c for c in wiki.calls() if c["path"].endswith("/pages") and "spaces" in c["path"]]
    assert len(lists) == 2


async def test_the_end_of_a_list_may_be_an_empty_page(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    page("Page")
    match = {"path": "/spaces/.*/pages$"}
    wiki.faults([{"kind": "empty-last-page", "times": 1, "match": match}])
    assert len(await complete(store)) == 2


async def test_a_list_that_breaks_off_is_incomplete(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    page("Page")
    match = {"path": "/spaces/.*/pages$"}
    wiki.faults([{"kind": "cut-json", "times": 20, "match": match}])
    assert [type(e) for e in [e async for e in store.heads()]] == [Incomplete]


async def test_a_poll_names_what_was_modified_and_moves_its_cursor_at_the_end(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    page("Old")
    wiki.clock(advance="1h")
    (start,) = [p async for p in store.changes(None)]
    assert (start.changes, start.cursor is not None) == ((), True)
    wiki.clock(advance="1h")
    new = page("New")
    *hints, end = [p async for p in store.changes(start.cursor)]
    assert Change(ref=new) in [c for h in hints for c in h.changes]
    assert all(h.cursor is None for h in hints)
    assert end.cursor not in (None, start.cursor)
    *hints, again = [p async for p in store.changes(end.cursor)]
    assert [c for h in hints for c in h.changes] == [Change(ref=new)]
    assert again.cursor == end.cursor


async def test_labels_are_asked_for_by_page_where_the_site_has_more_of_them(
    page: Page, wiki: Running, opened: Opened
) -> None:
    ref = page("Page", labels=["kb", "other"])
    page("Elsewhere", space="HR", labels=[f"label-{n}" for n in range(20)])
    store = opened()
    await store.fetch(ref)
    aux = (await complete(store))[ref].aux
    calls = [c["path"] for c in wiki.calls()]
    assert not [path for path in calls if "/labels/" in path]
    assert (
        aux
        == (await store.fetch(ref)).aux
        == (await complete(opened(labels=["kb", "other"])))[ref].aux
    )
