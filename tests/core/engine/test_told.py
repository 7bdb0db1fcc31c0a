"""What passes and looks tell about single items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncline.errors import Rejected

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
    ref = pair.left.write("Salaries", "<p>x</p>")
    await pair.sync()
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
    ref = pair.left.write("Hours", "<p>eight</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>nine</p>")
    pair.right.edit(pair.twin(ref), body="<p>ten</p>")
    await pair.sync()
    (view,) = pair.session.conflicts()
    view = pair.session.conflict(view.record.id)
    assert view.right_base is not None
    assert view.right_base.category == view.right.category
