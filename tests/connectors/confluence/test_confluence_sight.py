"""Who may read a page: restrictions, groups, and what cannot be learnt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from syncline.model import Ref, Status
from syncline.testing.contract.questions import complete
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Attach: TypeAlias = Callable[..., None]
Opened: TypeAlias = Callable[..., ConfluenceStore]


def bodies_read(wiki: Running, ref: Ref) -> int:
    """Return how often the body of a page was asked for."""
    calls = [c for c in wiki.calls() if c["path"].endswith(f"/pages/{ref.id}")]
    return sum("body-format" in str(call["query"]) for call in calls)


async def test_a_restriction_above_a_page_keeps_it_in(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    parent = page("Legal")
    below = page("Case", parent=page("Cases", parent=parent.id).id)
    wiki.act({"do": "restrict", "id": parent.id, "to": ["editors"]})
    heads = await complete(store)
    assert {heads[parent].status, heads[below].status} == {Status.RESTRICTED}
    assert heads[below].title == ""


async def test_a_restricted_folder_keeps_in_what_lies_in_it(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    folder = page("Drawer", type="folder")
    below = page("Inside", parent=folder.id)
    wiki.act({"do": "restrict", "id": folder.id, "to": ["editors"]})
    assert (await complete(store))[below].status is Status.RESTRICTED


async def test_the_body_of_a_restricted_page_is_never_asked_for(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Secret", "<p>secret</p>")
    wiki.act({"do": "restrict", "id": ref.id, "to": ["editors"]})
    record = await store.fetch(ref)
    assert (record.status, record.value) == (Status.RESTRICTED, None)
    assert bodies_read(wiki, ref) == 0


async def test_a_restriction_that_cannot_be_read_is_unknown(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page")
    other = page("Other")
    match = {"path": f"content/{ref.id}/restriction"}
    wiki.faults([{"kind": "status", "status": 403, "times": "always", "match": match}])
    heads = await complete(store)
    assert (heads[ref].status, heads[other].status) == (Status.UNKNOWN, Status.LIVE)
    assert (await store.fetch(ref)).status is Status.UNKNOWN
    assert bodies_read(wiki, ref) == 0


async def test_a_group_admits_what_all_of_it_may_read(
    page: Page, wiki: Running, opened: Opened
) -> None:
    for_all = page("For all")
    for_lawyers = page("For lawyers")
    wiki.act({"do": "restrict", "id": for_all.id, "to": ["confluence-users", "editors"]})
    wiki.act({"do": "restrict", "id": for_lawyers.id, "to": ["editors"]})
    path = f"/wiki/rest/api/content/{for_all.id}/restriction/byOperation/read"
    found = await opened()._api._get(path, {"expand": "restrictions.group"})
    groups = found["restrictions"]["group"]["results"]
    group = next(g["id"] for g in groups if g["name"] == "confluence-users")
    heads = await complete(opened(audience=f"group:{group}"))
    assert heads[for_all].status is Status.LIVE
    assert heads[for_lawyers].status is Status.RESTRICTED


async def test_a_file_of_a_restricted_page_is_not_shown_elsewhere(
    picture: Any, page: Page, attach: Attach, wiki: Running, store: ConfluenceStore
) -> None:
    secret = page("Secret")
    attach(secret)
    wiki.act({"do": "restrict", "id": secret.id, "to": ["editors"]})
    borrowed = (
        '<ac:image><ri:attachment ri:filename="a.png"><ri:page ri:content-title="Secret" />'
        "</ri:attachment></ac:image>"
    )
    ref = page("Open", f"<p>see {borrowed}</p>")
    await complete(store)
    value = (await store.fetch(ref)).value
    assert value is not None
    assert picture.sha256 not in value.body
    assert not [c for c in wiki.calls() if c["path"].endswith("/download")]
