"""Where a page lies: what is above it, moves and names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from syncline.model import Head, Ref, Status
from syncline.testing.contract.questions import complete
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Opened: TypeAlias = Callable[..., ConfluenceStore]


async def test_a_page_that_moved_out_of_the_tree_is_out_of_scope(
    page: Page, wiki: Running, opened: Opened
) -> None:
    root, ref = page("Root"), page("Moving")
    store = opened(root=root.id)
    record = await store.fetch(ref)
    assert (record.status, record.in_scope) == (Status.LIVE, False)
    wiki.act({"do": "move", "id": ref.id, "parent": root.id})
    assert ref in await complete(store)


async def test_what_is_above_a_page_is_named_whatever_was_listed_before(
    page: Page, opened: Opened
) -> None:
    area = page("Area")
    folder = page("Folder", type="folder", parent=area.id)
    ref = page("Deep", parent=folder.id)
    fresh = await opened().fetch(ref)
    assert fresh.value is not None
    assert fresh.value.path == ("Area", "Folder")
    listing = opened()
    _ = [head async for head in listing.heads()]
    assert (await listing.fetch(ref)).value == fresh.value


async def test_a_page_whose_place_cannot_be_read_is_not_taken_for_one_without(
    page: Page, wiki: Running, opened: Opened
) -> None:
    folder = page("Folder", type="folder")
    ref = page("Deep", parent=folder.id)
    match = {"path": f"/folders/{folder.id}$"}
    wiki.faults([{"kind": "status", "status": 404, "match": match, "times": "always"}])
    record = await opened().fetch(ref)
    assert record.status is Status.UNKNOWN
    assert folder.id in record.reason


async def test_a_move_or_a_rename_above_shows_in_the_listing_and_nothing_else_does(
    page: Page, wiki: Running, opened: Opened
) -> None:
    first, second = page("First"), page("Second")
    ref = page("Moved", parent=first.id)

    async def listed() -> str:
        return {h.ref: h.aux async for h in opened().heads() if isinstance(h, Head)}[ref]

    before = await listed()
    assert await listed() == before == (await opened().fetch(ref)).aux
    wiki.act({"do": "move", "id": ref.id, "parent": second.id})
    moved = await listed()
    assert moved != before
    wiki.act({"do": "rename", "id": second.id, "title": "Other"})
    assert await listed() not in (before, moved)
    assert await listed() == (await opened().fetch(ref)).aux


async def test_a_renamed_folder_shows_in_the_listing(
    page: Page, wiki: Running, opened: Opened
) -> None:
    outer = page("Outer", type="folder")
    folder = page("Folder", type="folder", parent=outer.id)
    ref = page("Deep", parent=folder.id)
    store = opened()
    before = (await complete(store))[ref].aux
    record = await store.fetch(ref)
    assert record.value is not None
    assert (record.aux, record.value.path) == (before, ("Outer", "Folder"))
    wiki.act({"do": "rename", "id": outer.id, "title": "Renamed"})
    assert (await complete(store))[ref].aux != before
    again = await store.fetch(ref)
    assert again.value is not None
    assert again.value.path == ("Renamed", "Folder")
