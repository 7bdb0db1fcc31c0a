"""What the store does beyond the contract, against the simulator over real sockets."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from syncline.errors import (
    Forbidden,
    NotFound,
    Rejected,
    VersionMismatch,
)
from syncline.model import Change, Complete, Document, Head, Incomplete, Ref, Status, Version
from syncline.ports import Secret
from syncline.testing.attempt import Attempt
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

PICTURE = b"\x89PNG\r\n\x1a\n picture"
SHA = hashlib.sha256(PICTURE).hexdigest()
IMAGE = '<ac:image><ri:attachment ri:filename="a.png" /></ac:image>'

Opened = Callable[..., ConfluenceStore]


@pytest.fixture
def store(opened: Opened) -> ConfluenceStore:
    return opened()


def page(wiki: Running, title: str, body: str = "<p>text</p>", **more: Any) -> Ref:
    """Write a page as a person."""
    if more.get("type") != "folder":
        more["body"] = body
    made = wiki.act({"do": "create", "title": title, **more})
    return Ref("wiki", made["id"])


def attach(wiki: Running, ref: Ref, name: str = "a.png", content: bytes = PICTURE) -> None:
    encoded = base64.b64encode(content).decode()
    wiki.act({"do": "attach", "id": ref.id, "filename": name, "content": encoded})


def bodies_read(wiki: Running, ref: Ref) -> int:
    """Return how often the body of a page was asked for."""
    calls = [c for c in wiki.calls() if c["path"].endswith(f"/pages/{ref.id}")]
    return sum("body-format" in str(call["query"]) for call in calls)


async def listed(store: ConfluenceStore) -> dict[Ref, Head]:
    heads: dict[Ref, Head] = {}
    async for entry in store.heads():
        assert not isinstance(entry, Incomplete), entry
        if isinstance(entry, Head):
            heads[entry.ref] = entry
        elif isinstance(entry, Complete):
            assert entry.count == len(heads)
    return heads


def copying(title: str, **more: Any) -> Attempt:
    return Attempt(Ref("kb", title), **more)


# -- who may read a page


async def test_a_restriction_above_a_page_keeps_it_in(
    wiki: Running, store: ConfluenceStore
) -> None:
    parent = page(wiki, "Legal")
    below = page(wiki, "Case", parent=page(wiki, "Cases", parent=parent.id).id)
    wiki.act({"do": "restrict", "id": parent.id, "to": ["editors"]})
    heads = await listed(store)
    assert {heads[parent].status, heads[below].status} == {Status.RESTRICTED}
    assert heads[below].title == ""


async def test_a_restricted_folder_keeps_in_what_lies_in_it(
    wiki: Running, store: ConfluenceStore
) -> None:
    folder = page(wiki, "Drawer", type="folder")
    below = page(wiki, "Inside", parent=folder.id)
    wiki.act({"do": "restrict", "id": folder.id, "to": ["editors"]})
    assert (await listed(store))[below].status is Status.RESTRICTED


async def test_the_body_of_a_restricted_page_is_never_asked_for(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Secret", "<p>secret</p>")
    wiki.act({"do": "restrict", "id": ref.id, "to": ["editors"]})
    record = await store.fetch(ref)
    assert (record.status, record.value) == (Status.RESTRICTED, None)
    assert bodies_read(wiki, ref) == 0


async def test_a_restriction_that_cannot_be_read_is_unknown(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page")
    other = page(wiki, "Other")
    match = {"path": f"content/{ref.id}/restriction"}
    wiki.faults([{"kind": "status", "status": 403, "times": "always", "match": match}])
    heads = await listed(store)
    assert (heads[ref].status, heads[other].status) == (Status.UNKNOWN, Status.LIVE)
    assert (await store.fetch(ref)).status is Status.UNKNOWN
    assert bodies_read(wiki, ref) == 0


async def test_a_group_admits_what_all_of_it_may_read(wiki: Running, opened: Opened) -> None:
    for_all = page(wiki, "For all")
    for_lawyers = page(wiki, "For lawyers")
    wiki.act({"do": "restrict", "id": for_all.id, "to": ["confluence-users", "editors"]})
    wiki.act({"do": "restrict", "id": for_lawyers.id, "to": ["editors"]})
    path = f"/wiki/rest/api/content/{for_all.id}/restriction/byOperation/read"
    found = await opened()._api._get(path, {"expand": "restrictions.group"})
    groups = found["restrictions"]["group"]["results"]
    group = next(g["id"] for g in groups if g["name"] == "confluence-users")
    heads = await listed(opened(audience=f"group:{group}"))
    assert heads[for_all].status is Status.LIVE
    assert heads[for_lawyers].status is Status.RESTRICTED


async def test_a_file_of_a_restricted_page_is_not_shown_elsewhere(
    wiki: Running, store: ConfluenceStore
) -> None:
    secret = page(wiki, "Secret")
    attach(wiki, secret)
    wiki.act({"do": "restrict", "id": secret.id, "to": ["editors"]})
    borrowed = (
        '<ac:image><ri:attachment ri:filename="a.png"><ri:page ri:content-title="Secret" />'
        "</ri:attachment></ac:image>"
    )
    ref = page(wiki, "Open", f"<p>see {borrowed}</p>")
    await listed(store)
    value = (await store.fetch(ref)).value
    assert value is not None
    assert SHA not in value.body
    assert not [c for c in wiki.calls() if c["path"].endswith("/download")]


# -- what a listing covers


async def test_a_tree_a_label_and_a_space_limit_the_scope(wiki: Running, opened: Opened) -> None:
    root = page(wiki, "Root")
    below = page(wiki, "Below", parent=root.id, labels=["kb"])
    beside = page(wiki, "Beside", labels=["kb"])
    page(wiki, "Elsewhere", space="HR", labels=["kb"])
    assert set(await listed(opened(root=root.id))) == {root, below}
    assert set(await listed(opened(label="kb"))) == {below, beside}


async def test_archived_trashed_and_purged_pages_are_told_apart(
    wiki: Running, store: ConfluenceStore
) -> None:
    archived, trashed, purged = (page(wiki, t) for t in ("Archived", "Trashed", "Purged"))
    wiki.act({"do": "archive", "id": archived.id})
    wiki.act({"do": "delete", "id": trashed.id})
    wiki.act({"do": "delete", "id": purged.id})
    wiki.act({"do": "purge", "id": purged.id})
    assert not {archived, trashed, purged} & set(await listed(store))
    assert (await store.fetch(archived)).status is Status.ARCHIVED
    assert (await store.fetch(trashed)).status is Status.TRASHED
    with pytest.raises(NotFound):
        await store.fetch(purged)


async def test_a_page_that_moved_out_of_the_tree_is_out_of_scope(
    wiki: Running, opened: Opened
) -> None:
    root, ref = page(wiki, "Root"), page(wiki, "Moving")
    store = opened(root=root.id)
    record = await store.fetch(ref)
    assert (record.status, record.in_scope) == (Status.LIVE, False)
    wiki.act({"do": "move", "id": ref.id, "parent": root.id})
    assert ref in await listed(store)


async def test_labels_and_files_change_what_a_listing_says_without_a_new_version(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page", f"<p>a {IMAGE}</p>")
    attach(wiki, ref)
    first = (await listed(store))[ref]
    wiki.act({"do": "label", "id": ref.id, "labels": ["new"]})
    second = (await listed(store))[ref]
    attach(wiki, ref, content=PICTURE + b"2")
    third = (await listed(store))[ref]
    assert first.version == second.version == third.version
    assert len({first.aux, second.aux, third.aux}) == 3
    assert (await store.fetch(ref)).aux == third.aux


async def test_more_pages_than_fit_one_page_of_a_list_are_all_listed(
    wiki: Running, store: ConfluenceStore
) -> None:
    for n in range(260):
        page(wiki, f"Page {n}")
    assert len(await listed(store)) == 261
    lists = [c for c in wiki.calls() if c["path"].endswith("/pages") and "spaces" in c["path"]]
    assert len(lists) == 2


async def test_the_end_of_a_list_may_be_an_empty_page(
    wiki: Running, store: ConfluenceStore
) -> None:
    page(wiki, "Page")
    match = {"path": "/spaces/.*/pages$"}
    wiki.faults([{"kind": "empty-last-page", "times": 1, "match": match}])
    assert len(await listed(store)) == 2


async def test_a_list_that_breaks_off_is_incomplete(wiki: Running, store: ConfluenceStore) -> None:
    page(wiki, "Page")
    match = {"path": "/spaces/.*/pages$"}
    wiki.faults([{"kind": "cut-json", "times": 20, "match": match}])
    assert [type(e) for e in [e async for e in store.heads()]] == [Incomplete]


async def test_a_poll_names_what_was_modified_and_moves_its_cursor_at_the_end(
    wiki: Running, store: ConfluenceStore
) -> None:
    page(wiki, "Old")
    wiki.clock(advance="1h")
    (start,) = [p async for p in store.changes(None)]
    assert (start.changes, start.cursor is not None) == ((), True)
    wiki.clock(advance="1h")
    new = page(wiki, "New")
    *hints, end = [p async for p in store.changes(start.cursor)]
    assert Change(ref=new) in [c for h in hints for c in h.changes]
    assert all(h.cursor is None for h in hints)
    assert end.cursor not in (None, start.cursor)
    *hints, again = [p async for p in store.changes(end.cursor)]
    assert [c for h in hints for c in h.changes] == [Change(ref=new)]
    assert again.cursor == end.cursor


# -- what a page says


async def test_links_between_pages_are_by_id_and_pictures_by_content(
    wiki: Running, store: ConfluenceStore
) -> None:
    target = page(wiki, "Target & more")
    body = (
        '<p>See <ac:link><ri:page ri:content-title="Target &amp; more" /></ac:link> '
        f"and {IMAGE}</p>"
    )
    ref = page(wiki, "Page", body)
    attach(wiki, ref)
    value = (await store.fetch(ref)).value
    assert value is not None
    assert f'href="syncline:doc/wiki:{target.id}"' in value.body
    assert f'src="syncline:asset/{SHA}"' in value.body
    assert await store.asset(ref, SHA) == PICTURE
    assert value.url is not None
    assert value.url.startswith(f"{wiki.url}/wiki/spaces/KB/pages/{ref.id}")


async def test_a_file_is_downloaded_once_for_each_version(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page", f"<p>a {IMAGE}</p>")
    attach(wiki, ref)
    await store.fetch(ref)
    await store.fetch(ref)
    assert len([c for c in wiki.calls() if c["path"].endswith("/download")]) == 1


async def test_a_page_that_is_not_well_formed_is_rejected_with_its_place(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page")
    body = {"representation": "storage", "value": "<p>broken"}
    values = {"body": {"storage": body}}
    match = {"path": f"/pages/{ref.id}$"}
    wiki.faults([{"kind": "extra", "values": values, "times": "always", "match": match}])
    with pytest.raises(Rejected, match=rf"wiki:{ref.id}: .*line 1, column"):
        await store.fetch(ref)


async def test_earlier_versions_are_told_and_read(wiki: Running, store: ConfluenceStore) -> None:
    ref = page(wiki, "Page", "<p>one</p>")
    wiki.act({"do": "edit", "id": ref.id, "body": "<p>two</p>"})
    assert [v.version for v in await store.versions(ref)] == ["2", "1"]
    old = await store.fetch_version(ref, Version("1"))
    assert old.value is not None
    assert (old.version, old.value.body) == ("1", "<p>one</p>")


# -- writing


async def test_a_new_article_is_marked_labelled_and_under_its_parent(
    wiki: Running, opened: Opened
) -> None:
    parent = page(wiki, "Inbox")
    store = opened(parent=parent.id)
    value = Document(title="New", body="<p>x</p>", labels=frozenset({"Two Words"}))
    record = await store.create(value, write=copying("1").write)
    item = wiki.item(record.ref.id)
    assert item["parent"] == parent.id
    assert set(item["labels"]) == {"two-words", "syncline-review"}
    assert record.value is not None
    assert record.value.labels == frozenset({"two-words"})
    assert record.origin == Ref("kb", "1")
    assert record.review


async def test_a_title_that_is_taken_gets_a_number_and_reads_without_it(
    wiki: Running, store: ConfluenceStore
) -> None:
    archived = page(wiki, "Refunds")
    wiki.act({"do": "archive", "id": archived.id})
    record = await store.create(
        Document(title="Refunds", body="<p>x</p>"), write=copying("1").write
    )
    assert wiki.item(record.ref.id)["title"] == "Refunds (2)"
    again = (await store.fetch(record.ref)).value
    assert again is not None
    assert again.title == "Refunds"
    updated = await store.update(
        record.ref,
        Document(title="Refunds", body="<p>y</p>"),
        expected=record.version,
        write=copying("1").write,
    )
    assert wiki.item(updated.ref.id)["title"] == "Refunds (2)"


async def test_a_persons_page_of_the_same_title_is_never_adopted(
    wiki: Running, store: ConfluenceStore
) -> None:
    theirs = page(wiki, "Refunds", "<p>x</p>")
    record = await store.create(
        Document(title="Refunds", body="<p>x</p>"), write=copying("1").write
    )
    assert record.ref != theirs
    assert wiki.item(theirs.id)["properties"] == {}


async def test_renaming_to_a_taken_title_gives_a_number_that_nobody_else_sees(
    wiki: Running, store: ConfluenceStore
) -> None:
    page(wiki, "Taken")
    record = await store.fetch(page(wiki, "Page"))
    assert record.value is not None
    value = Document(title="Taken", body="<p>more</p>")
    mine = copying("1", mark=False).write
    renamed = await store.update(record.ref, value, expected=record.version, write=mine)
    assert wiki.item(record.ref.id)["title"] == "Taken (2)"
    again = await store.fetch(record.ref)
    assert renamed.value is not None
    assert again.value is not None
    assert (renamed.value.title, again.value.title) == ("Taken", "Taken")
    assert again.origin is None
    other = await store.update(
        record.ref, Document(title="Free", body="<p>more</p>"), expected=again.version, write=mine
    )
    assert other.value is not None
    assert (other.value.title, wiki.item(record.ref.id)["title"]) == ("Free", "Free")


async def test_an_edit_is_put_byte_for_byte_around_what_changed(
    wiki: Running, store: ConfluenceStore
) -> None:
    macro = (
        '<ac:structured-macro ac:name="children" ac:schema-version="2" ac:macro-id="m-1">'
        '<ac:parameter ac:name="sort">creation</ac:parameter></ac:structured-macro>'
    )
    ref = page(wiki, "Page", f"<p>one</p>{macro}<p>two</p>")
    before = wiki.item(ref.id)["body"]
    record = await store.fetch(ref)
    assert record.value is not None
    body = record.value.body.replace("two", "three")
    await store.update(
        ref,
        Document(title="Page", body=body),
        expected=record.version,
        write=copying("1", mark=False).write,
    )
    assert wiki.item(ref.id)["body"] == before.replace("two", "three")


async def test_a_comment_made_since_the_page_was_read_keeps_its_anchor(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page", "<p>press the red button</p><p>wait</p>")
    record = await store.fetch(ref)
    wiki.act({"do": "comment", "id": ref.id, "text": "red button"})
    assert record.value is not None
    body = record.value.body.replace("wait", "wait a bit")
    await store.update(
        ref,
        Document(title="Page", body=body),
        expected=record.version,
        write=copying("1", mark=False).write,
    )
    after = wiki.item(ref.id)["body"]
    assert "ac:inline-comment-marker" in after
    assert "wait a bit" in after


async def test_the_page_is_read_just_before_it_is_written(
    wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.fetch(page(wiki, "Page"))
    wiki.clear_calls()
    await store.update(
        record.ref,
        Document(title="Page", body="<p>new</p>"),
        expected=record.version,
        write=copying("1", mark=False).write,
    )
    calls = wiki.calls()
    put = next(n for n, call in enumerate(calls) if call["method"] == "PUT")
    assert calls[put - 1]["method"] == "GET"
    assert calls[put - 1]["path"] == calls[put]["path"]


async def test_labels_are_changed_by_what_differs(wiki: Running, opened: Opened) -> None:
    store = opened(labels=frozenset({"kb", "old", "new"}))
    ref = page(wiki, "Page", labels=["kb", "old", "private-to-wiki"])
    record = await store.fetch(ref)
    assert record.value is not None
    assert record.value.labels == frozenset({"kb", "old"})
    await store.update(
        ref,
        Document(title="Page", body=record.value.body, labels=frozenset({"kb", "new"})),
        expected=record.version,
        write=copying("1", mark=False).write,
    )
    item = wiki.item(ref.id)
    assert set(item["labels"]) == {"kb", "new", "private-to-wiki"}
    assert item["version"] == 1


async def test_a_label_that_came_since_the_page_was_read_is_not_taken_away(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page", labels=["kb", "old"])
    record = await store.fetch(ref)
    assert record.value is not None
    wiki.act({"do": "label", "id": ref.id, "labels": ["kb", "old", "late"]})
    write = evolve(copying("1", mark=False).write, before=record.value)
    wanted = evolve(record.value, body="<p>new</p>", labels=frozenset({"kb"}))
    with pytest.raises(VersionMismatch, match="its labels were changed"):
        await store.update(ref, wanted, expected=record.version, write=write)
    item = wiki.item(ref.id)
    assert (set(item["labels"]), item["version"]) == ({"kb", "old", "late"}, 1)


async def test_a_label_that_comes_while_the_page_is_written_stays_and_is_told(
    wiki: Running, store: ConfluenceStore
) -> None:
    ref = page(wiki, "Page", labels=["kb", "old"])
    record = await store.fetch(ref)
    assert record.value is not None

    def note(step: str, detail: str) -> None:
        if step == "update":
            wiki.act({"do": "label", "id": ref.id, "labels": ["kb", "late"]})

    write = evolve(copying("1", mark=False).write, before=record.value, note=note)
    wanted = evolve(record.value, body="<p>new</p>", labels=frozenset({"kb"}))
    with pytest.raises(VersionMismatch, match="it got the label 'late'"):
        await store.update(ref, wanted, expected=record.version, write=write)
    assert set(wiki.item(ref.id)["labels"]) == {"kb", "late"}


async def test_pictures_are_attached_before_the_page_shows_them(
    wiki: Running, store: ConfluenceStore
) -> None:
    body = f'<p>a <img alt="A" src="syncline:asset/{SHA}"></p>'
    record = await store.create(
        Document(title="Page", body=body), write=copying("1", files=(PICTURE,)).write
    )
    (file,) = wiki.item(record.ref.id)["attachments"]
    assert file["sha256"] == SHA
    assert record.value is not None
    assert record.value.body == body


async def test_a_conflict_that_passes_is_tried_once_more(
    wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.fetch(page(wiki, "Page"))
    match = {"method": "PUT", "path": f"/pages/{record.ref.id}$"}
    wiki.faults([{"kind": "status", "status": 409, "times": 1, "match": match}])
    updated = await store.update(
        record.ref,
        Document(title="Page", body="<p>new</p>"),
        expected=record.version,
        write=copying("1", mark=False).write,
    )
    assert updated.version == "2"


async def test_a_page_edited_in_between_is_never_overwritten(
    wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.fetch(page(wiki, "Page"))
    wiki.act({"do": "edit", "id": record.ref.id, "body": "<p>theirs</p>"})
    with pytest.raises(VersionMismatch, match="expected 1"):
        await store.update(
            record.ref,
            Document(title="Page", body="<p>ours</p>"),
            expected=record.version,
            write=copying("1", mark=False).write,
        )
    assert "theirs" in wiki.item(record.ref.id)["body"]


async def test_a_mark_that_was_copied_with_a_page_is_distrusted(
    wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.create(Document(title="A", body="<p>x</p>"), write=copying("1").write)
    mark = wiki.item(record.ref.id)["properties"]["syncline"]
    assert mark["page"] == record.ref.id
    other = page(wiki, "Copy of A")
    property_ = {"key": "syncline", "value": mark}
    await store._api.set_property(other.id, "syncline", property_["value"], None, ref=other)
    assert (await store.fetch(other)).origin is None


# -- signing in


async def test_a_scoped_token_works_through_the_gateway(wiki: Running, opened: Opened) -> None:
    store = opened(
        token=Secret(wiki.env["CONFLUENCE_SCOPED_TOKEN"]),
        cloud_id=wiki.env["CONFLUENCE_CLOUD_ID"],
    )
    ref = page(wiki, "Page", f"<p>{IMAGE}</p>")
    attach(wiki, ref)
    for n in range(251):
        page(wiki, f"Page {n}")
    assert len(await listed(store)) == 253
    assert await store.asset(ref, SHA) == PICTURE


async def test_oauth_keeps_its_rotating_refresh_token(
    wiki: Running, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    first = wiki.env["CONFLUENCE_REFRESH_TOKEN"]
    file.write_text(json.dumps({"refresh_token": first}), encoding="utf-8")
    file.chmod(0o600)
    store = opened(
        user="",
        token=None,
        cloud_id=wiki.env["CONFLUENCE_CLOUD_ID"],
        client_id=wiki.env["CONFLUENCE_CLIENT_ID"],
        client_secret=Secret(wiki.env["CONFLUENCE_CLIENT_SECRET"]),
        refresh_token_file=file,
    )
    page(wiki, "Page")
    assert len(await listed(store)) == 2
    assert json.loads(file.read_text(encoding="utf-8"))["refresh_token"] not in ("", first)
    assert file.stat().st_mode & 0o077 == 0


async def test_a_token_that_was_revoked_says_what_to_do(
    wiki: Running, store: ConfluenceStore
) -> None:
    wiki.act({"do": "revoke"})
    with pytest.raises(Forbidden, match="credentials"):
        await store.fetch(Ref("wiki", "1"))


async def test_a_space_that_is_not_there_says_what_to_check(opened: Opened) -> None:
    with pytest.raises(Forbidden, match=r"space NOPE .* check the key"):
        await opened(space="NOPE").fetch(Ref("wiki", "1"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user": ""}, "how to sign in"),
        ({"audience": "everybody"}, "group"),
        ({"space": " "}, "space is empty"),
        ({"requests_per_second": 0.0}, "more than 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    opened: Opened, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        opened(**wrong)


async def test_what_is_above_a_page_is_named_whatever_was_listed_before(
    wiki: Running, opened: Opened
) -> None:
    area = page(wiki, "Area")
    folder = page(wiki, "Folder", type="folder", parent=area.id)
    ref = page(wiki, "Deep", parent=folder.id)
    fresh = await opened().fetch(ref)
    assert fresh.value is not None
    assert fresh.value.path == ("Area", "Folder")
    listing = opened()
    _ = [head async for head in listing.heads()]
    assert (await listing.fetch(ref)).value == fresh.value


async def test_a_page_whose_place_cannot_be_read_is_not_taken_for_one_without(
    wiki: Running, opened: Opened
) -> None:
    folder = page(wiki, "Folder", type="folder")
    ref = page(wiki, "Deep", parent=folder.id)
    match = {"path": f"/folders/{folder.id}$"}
    wiki.faults([{"kind": "status", "status": 404, "match": match, "times": "always"}])
    record = await opened().fetch(ref)
    assert record.status is Status.UNKNOWN
    assert folder.id in record.reason


async def test_a_move_or_a_rename_above_shows_in_the_listing_and_nothing_else_does(
    wiki: Running, opened: Opened
) -> None:
    first, second = page(wiki, "First"), page(wiki, "Second")
    ref = page(wiki, "Moved", parent=first.id)

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


async def test_a_renamed_folder_shows_in_the_listing(wiki: Running, opened: Opened) -> None:
    outer = page(wiki, "Outer", type="folder")
    folder = page(wiki, "Folder", type="folder", parent=outer.id)
    ref = page(wiki, "Deep", parent=folder.id)
    store = opened()
    before = (await listed(store))[ref].aux
    record = await store.fetch(ref)
    assert record.value is not None
    assert (record.aux, record.value.path) == (before, ("Outer", "Folder"))
    wiki.act({"do": "rename", "id": outer.id, "title": "Renamed"})
    assert (await listed(store))[ref].aux != before
    again = await store.fetch(ref)
    assert again.value is not None
    assert again.value.path == ("Renamed", "Folder")


async def test_a_root_that_is_not_there_is_no_empty_tree(wiki: Running, opened: Opened) -> None:
    folder = page(wiki, "Folder", type="folder")
    inside, root = page(wiki, "Inside", parent=folder.id), page(wiki, "Root")
    assert set(await listed(opened(root=folder.id))) == {inside}
    wiki.act({"do": "delete", "id": root.id})
    for id_ in (root.id, "424242"):
        (answer,) = [entry async for entry in opened(root=id_).heads()]
        assert isinstance(answer, Incomplete)
        assert f"root {id_} is no live page or folder of space KB" in answer.reason


async def test_a_new_article_stays_in_the_scope_that_it_is_made_for(
    wiki: Running, opened: Opened
) -> None:
    root, beside = page(wiki, "Root"), page(wiki, "Beside")
    value = Document(title="New", body="<p>x</p>")
    record = await opened(root=root.id, label="kb").create(value, write=copying("1").write)
    item = wiki.item(record.ref.id)
    assert (item["parent"], set(item["labels"])) == (root.id, {"kb", "syncline-review"})
    assert record.in_scope
    wrong = (
        (opened(root=root.id, parent=beside.id), "does not lie below root"),
        (opened(parent="424242"), "cannot be found"),
    )
    for store, reason in wrong:
        with pytest.raises(Rejected, match=reason):
            await store.create(evolve(value, title="Other"), write=copying("2").write)


async def test_labels_are_asked_for_by_page_where_the_site_has_more_of_them(
    wiki: Running, opened: Opened
) -> None:
    ref = page(wiki, "Page", labels=["kb", "other"])
    page(wiki, "Elsewhere", space="HR", labels=[f"label-{n}" for n in range(20)])
    store = opened()
    await store.fetch(ref)
    aux = (await listed(store))[ref].aux
    calls = [c["path"] for c in wiki.calls()]
    assert not [path for path in calls if "/labels/" in path]
    assert (
        aux
        == (await store.fetch(ref)).aux
        == (await listed(opened(labels=["kb", "other"])))[ref].aux
    )
