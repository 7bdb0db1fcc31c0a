"""What passes and looks tell about single items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.errors import Rejected
from syncline.model import Ref
from syncline.ports import Capability
from syncline.testing.memory import EVERYTHING

MakePair = Callable[..., Any]


async def test_a_defect_in_reading_one_article_keeps_the_losses_of_the_others(pair: Any) -> None:
    bad = pair.left.write("Bad", "<p>x</p>")
    pair.left.write("Good", "<p>x</p>")
    pair.left.fail("fetch", AttributeError("no attribute"), times=-1, ref=bad)
    found = {item.ref: item async for item in pair.session.losses()}
    assert len(found) == 2
    assert "no attribute" in found[bad].losses[0]


async def test_a_plan_names_what_it_could_not_look_at(pair: Any) -> None:
    bad = pair.left.write("Bad", "<p>x</p>")
    pair.left.write("Good", "<p>x</p>")
    pair.left.fail("fetch", Rejected("no text"), times=-1, ref=bad)
    plan = await pair.session.plan()
    assert [item.title for item in plan.items] == ["Good"]
    assert plan.failed == (f"{bad}: no text",)
    assert type(plan).from_json(plan.to_json()) == plan


async def test_a_withdrawn_copy_is_explained_by_its_own_id(pair: Any) -> None:
    ref = await pair.paired("Salaries", "<p>x</p>")
    copy = pair.twin(ref)
    pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 1
    assert report.counts["skipped"] == 0
    (entry, *_) = pair.session.history(ref=copy)
    assert entry.event == "withdrawn"
    assert any("restricted" in sentence for sentence in await pair.session.explain(copy))


async def test_a_write_for_the_sake_of_a_link_says_so(pair: Any) -> None:
    target = pair.left.write("Target", "<p>x</p>")
    body = f'<p><a href="syncline:doc/{target.connection}:{target.id}">x</a></p>'
    pair.left.write("Linking", body)
    report = await pair.sync()
    updates = [item for item in report.items if item.event == "updated"]
    assert all("a link in it" in item.detail for item in updates)


async def test_a_conflict_shows_on_the_right_only_what_changed_there(make_pair: MakePair) -> None:
    fields = {"fields": frozenset({"title", "body"})}
    pair = make_pair(left=fields, right={})
    ref = await pair.paired("Hours", "<p>eight</p>")
    pair.left.edit(ref, body="<p>nine</p>")
    pair.right.edit(pair.twin(ref), body="<p>ten</p>")
    await pair.sync()
    (view,) = pair.session.conflicts()
    view = pair.session.conflict(view.record.id)
    assert view.right_base is not None
    assert view.right_base.category == view.right.category


BODY = "<p>It opens at one.</p><p>A break.</p><p>It closes at two.</p>"
DRAFTS = {"capabilities": EVERYTHING | Capability.DRAFTS}


@pytest.mark.parametrize("end", ["publish_draft", "discard_draft"])
async def test_a_pair_goes_on_when_the_draft_in_the_way_is_gone(
    make_pair: MakePair, end: str
) -> None:
    pair = make_pair(right=DRAFTS)
    ref = pair.left.write("Hours", BODY)
    await pair.sync()
    twin = pair.twin(ref)
    pair.right.start_draft(twin, body=BODY.replace("one", "six"))
    pair.left.edit(ref, body=BODY.replace("two", "ten"))
    assert (await pair.sync()).conflicts == 1
    assert (await pair.sync()).written == 0
    getattr(pair.right, end)(twin)
    await pair.sync()
    first = "six" if end == "publish_draft" else "one"
    body = BODY.replace("one", first).replace("two", "ten")
    assert pair.titles(pair.right) == {"Hours": body}
    assert pair.titles(pair.left) == pair.titles(pair.right)
    assert not pair.session.conflicts()
    await pair.quiet()


async def test_a_conflict_ends_when_both_people_take_their_edits_back(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>eight</p>")
    twin = pair.twin(ref)
    pair.left.edit(ref, body="<p>nine</p>")
    pair.right.edit(twin, body="<p>ten</p>")
    assert (await pair.sync()).conflicts == 1
    pair.left.edit(ref, body="<p>eight</p>")
    pair.right.edit(twin, body="<p>eight</p>")
    await pair.sync()
    assert not pair.session.conflicts()
    await pair.quiet()


async def test_an_id_that_never_was_is_told_as_never_seen(make_pair: MakePair) -> None:
    pair = make_pair(right={"remembers_purged": True})
    page = await pair.paired("Page", "<p>page</p>")
    (line,) = await pair.session.explain(Ref("kb", "no-such-id"))
    assert "was never seen" in line
    assert "may not see it" in line, "most vendors answer the same for what is hidden"
    pair.left.purge(page)
    told = " ".join(await pair.session.explain(page))
    assert "was never seen" not in told


async def test_an_archived_original_is_told_as_archived(pair: Any) -> None:
    _kept, page = (pair.left.write(title, "<p>page</p>") for title in ("Kept", "Page"))
    await pair.sync()
    await pair.sync()
    copy = pair.twin(page)
    pair.left.archive(page)
    assert (await pair.sync()).removed == 1
    (entry,) = (e for e in pair.session.history(ref=copy) if e.event == "removed")
    assert entry.reason == "the original was archived"
    assert pair.state.tombstone("job", page) == "the original was archived"
    pair.left.restore(page)
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Kept", "Page"}
