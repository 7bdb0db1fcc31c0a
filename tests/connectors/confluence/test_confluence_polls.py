"""What polls find out about who may read what, against the simulator over real sockets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.errors import Unavailable
from syncline.model import Change, Cursor, Head, Ref, Status
from syncline.urgency import urgent
from syncline_confluence.rounds import round_of
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Opened = Callable[..., ConfluenceStore]
Page = Callable[..., Ref]
ASKED = re.compile(r"/content/(\d+)/restriction/byOperation/read$")


class Later(SystemClock):
    """An hour ahead: what was modified just now may be edited again within its second, and is
    therefore told twice."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=1)


@pytest.fixture
def clock() -> Later:
    return Later()


def restrict(wiki: Running, ref: Ref) -> None:
    wiki.act({"do": "restrict", "id": ref.id, "to": ["editors"]})


def reopen(wiki: Running, ref: Ref) -> None:
    wiki.act({"do": "unrestrict", "id": ref.id})


def asked(wiki: Running) -> Counter[str]:
    """Return how often the restriction of each item was asked for."""
    found = (ASKED.search(call["path"]) for call in wiki.calls())
    return Counter(match[1] for match in found if match)


class Poller:
    """A job that polls: what it is told, and the cursor that it keeps."""

    def __init__(self, store: ConfluenceStore) -> None:
        self.store = store
        self.cursor: Cursor | None = None

    async def poll(self) -> set[Ref]:
        told: set[Ref] = set()
        await self._into(told)
        return told

    async def follow(self) -> set[Ref]:
        """Poll until it breaks; return what was told by then."""
        told: set[Ref] = set()
        with pytest.raises(Unavailable, match=r"who may read 5 of 5 pages .* nothing is inferred"):
            await self._into(told)
        return told

    async def _into(self, told: set[Ref]) -> None:
        async for found in self.store.changes(self.cursor):
            told |= {change.ref for change in found.changes}
            assert all(change == Change(ref=change.ref) for change in found.changes)
            self.cursor = found.cursor or self.cursor


@pytest.fixture
async def settle(wiki: Running) -> Callable[[ConfluenceStore], Any]:
    """Return a job that has polled until nothing was new."""

    async def polled(store: ConfluenceStore) -> Poller:
        poller = Poller(store)
        await poller.poll()
        while await poller.poll():
            pass
        wiki.clear_calls()
        return poller

    return polled


# -- what is found


async def test_a_poll_tells_of_a_page_that_was_restricted_and_of_one_that_was_opened(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    first, second = page("First"), page("Second")
    restrict(wiki, second)
    job = await settle(opened())
    restrict(wiki, first)
    reopen(wiki, second)
    assert await job.poll() == {first, second}
    assert await job.poll() == set()
    reopen(wiki, first)
    assert await job.poll() == {first}


@pytest.mark.parametrize("kind", ["page", "folder"])
async def test_what_is_above_counts_for_everything_below(
    page: Page, wiki: Running, opened: Opened, settle: Any, kind: str
) -> None:
    top = page("Top", type=kind)
    middle = page("Middle", parent=top.id)
    leaf = page("Leaf", parent=middle.id)
    page("Beside")
    job = await settle(opened())
    below = {middle, leaf} | ({top} if kind == "page" else set())
    restrict(wiki, top)
    assert await job.poll() == below
    restrict(wiki, leaf)
    assert await job.poll() == set(), "it was not to be read before, either"
    reopen(wiki, top)
    assert await job.poll() == below - {leaf}


async def test_a_page_that_is_moved_below_a_restricted_one_is_told(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    closed, area = page("Closed"), page("Area")
    leaf = page("Leaf", parent=area.id)
    restrict(wiki, closed)
    store = opened()
    job = await settle(store)
    assert (await store.fetch(leaf)).status is Status.LIVE
    wiki.act({"do": "move", "id": area.id, "parent": closed.id})
    assert await job.poll() >= {area, leaf}
    assert (await store.fetch(leaf)).status is Status.RESTRICTED


async def test_a_folder_that_is_moved_below_a_restricted_page_takes_its_pages_along(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    closed, folder = page("Closed"), page("Folder", type="folder")
    leaf = page("Leaf", parent=folder.id)
    restrict(wiki, closed)
    job = await settle(opened())
    wiki.act({"do": "move", "id": folder.id, "parent": closed.id})
    assert await job.poll() == {leaf}


async def test_what_changes_without_a_version_is_told_in_a_small_scope(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    folder = page("Folder", type="folder")
    leaf, labelled, pictured, _ = (
        page("Leaf", parent=folder.id),
        page("Labelled"),
        page("Pictured"),
        page("Other"),
    )
    job = await settle(opened())
    for act in (
        {"do": "label", "id": labelled.id, "labels": ["urgent"]},
        {
            "do": "attach",
            "id": pictured.id,
            "filename": "a.png",
            "content": "aGk=",
            "media_type": "image/png",
        },
        {"do": "rename", "id": folder.id, "title": "Renamed"},
    ):
        wiki.act(act)
    assert await job.poll() == {leaf, labelled, pictured}
    assert await job.poll() == set()


async def test_labels_are_asked_for_as_far_as_a_poll_may_look_up(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    refs = [page(f"Page {n}") for n in range(4)]
    for n, ref in enumerate(refs):
        wiki.act({"do": "label", "id": ref.id, "labels": [f"label-{n}", "kb"]})
    dear, cheap = opened(restrictions_per_poll=3), opened(restrictions_per_poll=3, labels=["kb"])
    one, other = await settle(dear), await settle(cheap)
    wiki.act({"do": "label", "id": refs[0].id, "labels": ["label-0"]})
    for _ in range(3):
        assert await one.poll() == set()
    assert {ref for _ in range(3) for ref in await other.poll()} == {refs[0]}


async def test_pages_that_went_away_or_left_the_tree_are_told(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    root = page("Root")
    trashed, archived, moved = (page(t, parent=root.id) for t in ("A", "B", "C"))
    store = opened(root=root.id)
    job = await settle(store)
    wiki.act({"do": "delete", "id": trashed.id})
    wiki.act({"do": "archive", "id": archived.id})
    wiki.act({"do": "move", "id": moved.id, "parent": page("Elsewhere").id})
    assert await job.poll() >= {trashed, archived, moved}
    assert not (await store.fetch(moved)).in_scope


async def test_a_restriction_that_cannot_be_read_is_told_once_and_so_is_its_end(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    ref = page("Page")
    for n in range(3):
        page(f"Other {n}")
    job = await settle(opened())
    match = {"path": f"content/{ref.id}/restriction"}
    wiki.faults([{"kind": "status", "status": 403, "times": "always", "match": match}])
    assert await job.poll() == {ref}
    assert await job.poll() == set()
    wiki.clear_faults()
    assert await job.poll() == {ref}


async def test_when_hardly_any_restriction_can_be_read_nothing_is_inferred(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    pages = [page(f"Page {n}") for n in range(4)]
    job = await settle(opened())
    before = round_of(job.cursor)
    wiki.act({"do": "edit", "id": pages[0].id, "body": "<p>edited</p>"})
    match = {"path": "/restriction/"}
    wiki.faults([{"kind": "status", "status": 403, "times": "always", "match": match}])
    told = await job.follow()
    assert told == {pages[0]}, "what was modified is told all the same"
    assert round_of(job.cursor) == before
    wiki.clear_faults()
    restrict(wiki, pages[1])
    assert await job.poll() >= {pages[1]}


async def test_a_whole_group_is_asked_about_page_by_page(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    parent = page("Parent")
    leaf = page("Leaf", parent=parent.id)
    wiki.act({"do": "restrict", "id": leaf.id, "to": ["confluence-users", "editors"]})
    path = f"/wiki/rest/api/content/{leaf.id}/restriction/byOperation/read"
    found = await opened()._api._get(path, {"expand": "restrictions.group"})
    groups = found["restrictions"]["group"]["results"]
    group = next(g["id"] for g in groups if g["name"] == "confluence-users")
    job = await settle(opened(audience=f"group:{group}"))
    restrict(wiki, parent)
    assert await job.poll() == {parent, leaf}
    reopen(wiki, parent)
    assert await job.poll() == {parent, leaf}


# -- since when


async def test_what_was_restricted_opened_or_removed_before_the_first_poll_is_told(
    page: Page, wiki: Running, opened: Opened
) -> None:
    first, second, third = (page(title) for title in ("First", "Second", "Third"))
    restrict(wiki, second)
    store = opened()
    _ = [entry async for entry in store.heads()]
    restrict(wiki, first)
    reopen(wiki, second)
    wiki.act({"do": "delete", "id": third.id})
    assert await Poller(store).poll() == {first, second, third}


async def test_a_process_that_begins_anew_still_knows_what_was_seen_last(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    first, second = page("First"), page("Second")
    restrict(wiki, second)
    job = await settle(opened())
    restrict(wiki, first)
    reopen(wiki, second)
    job.store = opened()
    assert await job.poll() == {first, second}


async def test_a_cursor_from_before_there_were_rounds_goes_on(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    ref = page("Page")
    job = await settle(opened(restrictions_per_poll=0))
    assert round_of(job.cursor) is None
    restrict(wiki, ref)
    assert await job.poll() == set()
    job.store = opened()
    assert await job.poll() == {ref}


async def test_a_changed_scope_makes_no_page_one_that_went_away(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    root, outside = page("Root"), page("Outside")
    inside = page("Inside", parent=root.id)
    job = await settle(opened())
    job.store = opened(root=root.id)
    assert await job.poll() == set()
    restrict(wiki, root)
    restrict(wiki, outside)
    assert await job.poll() == {root, inside}


async def test_a_folder_that_cannot_be_read_just_now_is_no_news_of_its_pages(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    folder = page("Folder", type="folder")
    page("Inside", parent=folder.id)
    job = await settle(opened())
    match = {"path": f"/folders/{folder.id}$"}
    wiki.faults([{"kind": "html", "status": 200, "times": "always", "match": match}])
    before = round_of(job.cursor)
    with pytest.raises(Unavailable):
        await job.poll()
    assert round_of(job.cursor) == before
    wiki.clear_faults()
    assert await job.poll() == set()


async def test_two_jobs_on_one_connection_are_both_told(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    ref = page("Page")
    store = opened()
    one, other = await settle(store), await settle(store)
    restrict(wiki, ref)
    assert [await one.poll(), await other.poll()] == [{ref}, {ref}]


async def test_a_page_read_for_a_hint_is_asked_about_anew(
    page: Page, wiki: Running, opened: Opened
) -> None:
    ref, store = page("Page"), opened()
    with urgent():
        assert (await store.fetch(ref)).status is Status.LIVE
        restrict(wiki, ref)
        assert (await store.fetch(ref)).status is Status.RESTRICTED
        reopen(wiki, ref)
        assert (await store.fetch(ref)).status is Status.LIVE


# -- what it costs


async def test_each_page_and_each_thing_above_it_is_asked_for_once(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    folder = page("Folder", type="folder")
    parent = page("Parent", parent=folder.id)
    for n in range(20):
        page(f"Page {n}", parent=parent.id)
    job = await settle(opened())
    await job.poll()
    assert set(asked(wiki).values()) == {1}
    assert len(asked(wiki)) == 23, "20 pages, what is above them, and the homepage"
    assert len(wiki.calls()) == 23 + 5, "the feed, the lists of pages, labels, files; the folder"


async def test_only_what_the_connection_covers_is_asked_for(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    root = page("Root")
    inside = page("Inside", parent=root.id, labels=["kb"])
    for n in range(5):
        page(f"Outside {n}")
    job = await settle(opened(root=root.id, label="kb"))
    await job.poll()
    home = next(id for id in asked(wiki) if id not in (root.id, inside.id))
    assert asked(wiki) == Counter([inside.id, root.id, home])
    restrict(wiki, root)
    assert await job.poll() == {inside}


async def test_a_large_scope_is_covered_in_as_many_polls_as_it_takes(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    pages = [page(f"Page {n}") for n in range(24)]
    store = opened(restrictions_per_poll=10)
    job = await settle(store)
    while (known := round_of(job.cursor)) is not None and known.after:
        await job.poll()
    wiki.clear_calls()
    for _ in range(3):
        await job.poll()
        assert max(asked(wiki).values()) == 1
    assert len(asked(wiki)) == 25
    lists = [c for c in wiki.calls() if c["path"].endswith("/pages")]
    assert len(lists) == 3 + 1, "three feeds, and one list for the round"
    restrict(wiki, pages[3])
    restrict(wiki, pages[20])
    told = [await job.poll() for _ in range(3)]
    assert [len(one) for one in told].count(0) == 1
    assert set().union(*told) == {pages[3], pages[20]}


async def test_a_round_goes_on_where_it_stood_when_a_process_begins_anew(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    for n in range(24):
        page(f"Page {n}")
    job = await settle(opened(restrictions_per_poll=10))
    while (known := round_of(job.cursor)) is not None and known.after:
        await job.poll()
    wiki.clear_calls()
    for _ in range(3):
        job.store = opened(restrictions_per_poll=10)
        await job.poll()
    assert len(asked(wiki)) == 25
    assert set(asked(wiki).values()) == {1}


async def test_a_poll_may_be_told_to_leave_restrictions_alone(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    ref = page("Page")
    job = await settle(opened(restrictions_per_poll=0))
    restrict(wiki, ref)
    assert await job.poll() == set()
    assert len(wiki.calls()) == 1
    with pytest.raises(ValueError, match="restrictions_per_poll is -1"):
        opened(restrictions_per_poll=-1)


async def test_what_the_rounds_say_is_what_a_listing_says(
    page: Page, wiki: Running, opened: Opened, settle: Any
) -> None:
    folder = page("Folder", type="folder")
    tops = [page(f"Top {n}") for n in range(3)]
    for n, above in enumerate([folder, *tops, tops[0]]):
        page(f"Leaf {n}", parent=above.id)
    store = opened(restrictions_per_poll=4)
    job = await settle(store)
    for ref in (folder, tops[0]):
        restrict(wiki, ref)
    for _ in range(8):
        await job.poll()
    found = [e async for e in store.heads() if isinstance(e, Head)]
    listed = {h.ref.id: h.status.value for h in found if h.status is not Status.LIVE}
    known = round_of(job.cursor)
    assert known is not None
    assert listed == known.kept
    assert len(listed) == 4
