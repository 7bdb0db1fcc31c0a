"""What a write changes of a page, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline.errors import VersionMismatch
from syncline.model import Document, Ref
from syncline.testing.attempt import Attempt
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Opened: TypeAlias = Callable[..., ConfluenceStore]


async def test_a_new_article_is_marked_labelled_and_under_its_parent(
    page: Page, wiki: Running, opened: Opened
) -> None:
    parent = page("Inbox")
    store = opened(parent=parent.id)
    value = Document(title="New", body="<p>x</p>", labels=frozenset({"Two Words"}))
    record = await store.create(value, write=Attempt(Ref("kb", "1")).write)
    item = wiki.item(record.ref.id)
    assert item["parent"] == parent.id
    assert set(item["labels"]) == {"two-words", "syncline-review"}
    assert record.value is not None
    assert record.value.labels == frozenset({"two-words"})
    assert record.origin == Ref("kb", "1")
    assert record.review


async def test_a_title_that_is_taken_gets_a_number_and_reads_without_it(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    archived = page("Refunds")
    wiki.act({"do": "archive", "id": archived.id})
    record = await store.create(
        Document(title="Refunds", body="<p>x</p>"), write=Attempt(Ref("kb", "1")).write
    )
    assert wiki.item(record.ref.id)["title"] == "Refunds (2)"
    again = (await store.fetch(record.ref)).value
    assert again is not None
    assert again.title == "Refunds"
    updated = await store.update(
        record.ref,
        Document(title="Refunds", body="<p>y</p>"),
        expected=record.version,
        write=Attempt(Ref("kb", "1")).write,
    )
    assert wiki.item(updated.ref.id)["title"] == "Refunds (2)"


async def test_a_persons_page_of_the_same_title_is_never_adopted(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    theirs = page("Refunds", "<p>x</p>")
    record = await store.create(
        Document(title="Refunds", body="<p>x</p>"), write=Attempt(Ref("kb", "1")).write
    )
    assert record.ref != theirs
    assert wiki.item(theirs.id)["properties"] == {}


async def test_renaming_to_a_taken_title_gives_a_number_that_nobody_else_sees(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    page("Taken")
    record = await store.fetch(page("Page"))
    assert record.value is not None
    value = Document(title="Taken", body="<p>more</p>")
    mine = Attempt(Ref("kb", "1"), mark=False).write
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
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    macro = (
        '<ac:structured-macro ac:name="children" ac:schema-version="2" ac:macro-id="m-1">'
        '<ac:parameter ac:name="sort">creation</ac:parameter></ac:structured-macro>'
    )
    ref = page("Page", f"<p>one</p>{macro}<p>two</p>")
    before = wiki.item(ref.id)["body"]
    record = await store.fetch(ref)
    assert record.value is not None
    body = record.value.body.replace("two", "three")
    await store.update(
        ref,
        Document(title="Page", body=body),
        expected=record.version,
        write=Attempt(Ref("kb", "1"), mark=False).write,
    )
    assert wiki.item(ref.id)["body"] == before.replace("two", "three")


async def test_a_comment_made_since_the_page_was_read_keeps_its_anchor(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page", "<p>press the red button</p><p>wait</p>")
    record = await store.fetch(ref)
    wiki.act({"do": "comment", "id": ref.id, "text": "red button"})
    assert record.value is not None
    body = record.value.body.replace("wait", "wait a bit")
    await store.update(
        ref,
        Document(title="Page", body=body),
        expected=record.version,
        write=Attempt(Ref("kb", "1"), mark=False).write,
    )
    after = wiki.item(ref.id)["body"]
    assert "ac:inline-comment-marker" in after
    assert "wait a bit" in after


async def test_the_page_is_read_just_before_it_is_written(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.fetch(page("Page"))
    wiki.clear_calls()
    await store.update(
        record.ref,
        Document(title="Page", body="<p>new</p>"),
        expected=record.version,
        write=Attempt(Ref("kb", "1"), mark=False).write,
    )
    calls = wiki.calls()
    put = next(n for n, call in enumerate(calls) if call["method"] == "PUT")
    assert calls[put - 1]["method"] == "GET"
    assert calls[put - 1]["path"] == calls[put]["path"]


async def test_pictures_are_attached_before_the_page_shows_them(
    picture: Any, wiki: Running, store: ConfluenceStore
) -> None:
    body = f'<p>a <img alt="A" src="syncline:asset/{picture.sha256}"></p>'
    record = await store.create(
        Document(title="Page", body=body),
        write=Attempt(Ref("kb", "1"), files=(picture.content,)).write,
    )
    (file,) = wiki.item(record.ref.id)["attachments"]
    assert file["sha256"] == picture.sha256
    assert record.value is not None
    assert record.value.body == body


async def test_a_conflict_that_passes_is_tried_once_more(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.fetch(page("Page"))
    match = {"method": "PUT", "path": f"/pages/{record.ref.id}$"}
    wiki.faults([{"kind": "status", "status": 409, "times": 1, "match": match}])
    updated = await store.update(
        record.ref,
        Document(title="Page", body="<p>new</p>"),
        expected=record.version,
        write=Attempt(Ref("kb", "1"), mark=False).write,
    )
    assert updated.version == "2"


async def test_a_page_edited_in_between_is_never_overwritten(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.fetch(page("Page"))
    wiki.act({"do": "edit", "id": record.ref.id, "body": "<p>theirs</p>"})
    with pytest.raises(VersionMismatch, match="expected 1"):
        await store.update(
            record.ref,
            Document(title="Page", body="<p>ours</p>"),
            expected=record.version,
            write=Attempt(Ref("kb", "1"), mark=False).write,
        )
    assert "theirs" in wiki.item(record.ref.id)["body"]


async def test_a_mark_that_was_copied_with_a_page_is_distrusted(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    record = await store.create(
        Document(title="A", body="<p>x</p>"), write=Attempt(Ref("kb", "1")).write
    )
    mark = wiki.item(record.ref.id)["properties"]["syncline"]
    assert mark["page"] == record.ref.id
    other = page("Copy of A")
    property_ = {"key": "syncline", "value": mark}
    await store._api.set_property(other.id, "syncline", property_["value"], None, ref=other)
    assert (await store.fetch(other)).origin is None
