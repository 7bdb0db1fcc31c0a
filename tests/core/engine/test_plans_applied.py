"""Plans are done as they are, or told to be stale."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from syncline.engine.content.links import href_of


async def test_a_plan_changes_nothing_and_apply_does_exactly_that(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.left.edit(ref, body="<p>y</p>")
    pair.left.write("New", "<p>n</p>")
    before = len(pair.right.mutations)
    plan = await pair.session.plan()
    assert len(pair.right.mutations) == before
    assert sorted(i.title for i in plan.items) == ["Hours", "New"]
    again = type(plan).from_json(plan.to_json())
    assert again == plan
    report = await pair.session.apply(again)
    assert report.written == 2
    assert pair.titles(pair.left) == pair.titles(pair.right)
    await pair.quiet()


async def test_a_plan_is_refused_as_stale_item_by_item(pair: Any) -> None:
    one = pair.left.write("One", "<p>x</p>")
    two = await pair.paired("Two", "<p>x</p>")
    pair.left.edit(one, body="<p>1</p>")
    pair.left.edit(two, body="<p>2</p>")
    plan = await pair.session.plan()
    pair.left.edit(two, body="<p>3</p>")
    report = await pair.session.apply(plan)
    assert report.counts["stale"] == 1
    assert pair.titles(pair.right) == {"One": "<p>1</p>", "Two": "<p>x</p>"}


async def test_articles_that_link_to_each_other_are_created_as_planned(pair: Any) -> None:
    first = pair.left.write("First", "<p>one</p>")
    second = pair.left.write("Second", f'<p>see <a href="{href_of(first)}">one</a></p>')
    pair.left.edit(first, body=f'<p>see <a href="{href_of(second)}">two</a></p>')
    plan = await pair.session.plan()
    report = await pair.session.apply(plan)
    assert report.counts["stale"] == 0
    assert report.written == 2


async def test_an_article_that_moved_is_told_without_its_digest(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.left.edit(ref, body="<p>y</p>")
    plan = await pair.session.plan()
    [item] = plan.items
    report = await pair.session.apply(evolve(plan, items=(evolve(item, values=("sha256:0",)),)))
    [told] = report.items
    assert told.event == "stale"
    assert "sha256" not in told.detail
    assert "what would be written is no longer what the plan shows; plan again" in told.detail
