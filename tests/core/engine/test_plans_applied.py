"""Plans are done as they are, or told to be stale."""

from __future__ import annotations

from typing import Any


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
