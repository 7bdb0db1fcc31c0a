"""What a connection covers: spaces, trees and labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from attrs import evolve

from syncline.errors import Rejected
from syncline.model import Document, Incomplete, Ref
from syncline.testing.attempt import Attempt
from syncline.testing.contract.questions import complete
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Opened: TypeAlias = Callable[..., ConfluenceStore]


async def test_a_tree_a_label_and_a_space_limit_the_scope(page: Page, opened: Opened) -> None:
    root = page("Root")
    below = page("Below", parent=root.id, labels=["kb"])
    beside = page("Beside", labels=["kb"])
    page("Elsewhere", space="HR", labels=["kb"])
    assert set(await complete(opened(root=root.id))) == {root, below}
    assert set(await complete(opened(label="kb"))) == {below, beside}


async def test_a_root_that_is_not_there_is_no_empty_tree(
    page: Page, wiki: Running, opened: Opened
) -> None:
    folder = page("Folder", type="folder")
    inside, root = page("Inside", parent=folder.id), page("Root")
    assert set(await complete(opened(root=folder.id))) == {inside}
    wiki.act({"do": "delete", "id": root.id})
    for id_ in (root.id, "424242"):
        (answer,) = [entry async for entry in opened(root=id_).heads()]
        assert isinstance(answer, Incomplete)
        assert f"root {id_} is no live page or folder of space KB" in answer.reason


async def test_a_new_article_stays_in_the_scope_that_it_is_made_for(
    page: Page, wiki: Running, opened: Opened
) -> None:
    root, beside = page("Root"), page("Beside")
    value = Document(title="New", body="<p>x</p>")
    record = await opened(root=root.id, label="kb").create(
        value, write=Attempt(Ref("kb", "1")).write
    )
    item = wiki.item(record.ref.id)
    assert (item["parent"], set(item["labels"])) == (root.id, {"kb", "syncline-review"})
    assert record.in_scope
    wrong = (
        (opened(root=root.id, parent=beside.id), "does not lie below root"),
        (opened(parent="424242"), "cannot be found"),
    )
    for store, reason in wrong:
        with pytest.raises(Rejected, match=reason):
            await store.create(evolve(value, title="Other"), write=Attempt(Ref("kb", "2")).write)
