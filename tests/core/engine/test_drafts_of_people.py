"""Drafts: those of people stay theirs, those of ours are published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from syncline.errors import Stale, Unavailable
from syncline.mapping import Mapping, Titles
from syncline.ports import Capability
from syncline.testing import EVERYTHING


@pytest.fixture
def pair(make_pair: Callable[..., Any]) -> Any:
    """A right side where writes are drafts first."""
    return make_pair(right={"capabilities": EVERYTHING | Capability.DRAFTS})


async def test_a_persons_draft_is_never_published(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    twin = pair.twin(ref)
    pair.right.start_draft(twin, body="<p>unfinished</p>")
    pair.left.edit(ref, body="<p>y</p>")
    report = await pair.sync()
    assert report.conflicts == 1
    assert pair.right.live()[twin].body == "<p>x</p>"
    (conflict,) = pair.session.conflicts()
    assert "draft" in conflict.record.reason.value
    pair.right.discard_draft(twin)
    await pair.session.resolve(conflict.record.id, "left")
    assert pair.right.live()[twin].body == "<p>y</p>"
    await pair.quiet()


async def test_a_draft_that_is_in_the_way_of_new_rules_is_one_conflict_until_it_is_gone(
    pair: Any,
) -> None:
    twin = pair.twin(await pair.paired("Hours", "<p>x</p>"))
    pair.right.start_draft(twin, body="<p>unfinished</p>")
    pair.session = attrs.evolve(pair.session, mapping=Mapping(titles=Titles(prefix="KB: ")))
    assert (await pair.sync()).conflicts == 1
    (first,) = pair.session.conflicts()
    for _ in range(3):
        await pair.sync()
        (later,) = pair.session.conflicts()
        assert later.record.id == first.record.id
    pair.right.discard_draft(twin)
    await pair.sync()
    assert not pair.session.conflicts()
    assert pair.right.live()[twin].title == "KB: Hours"
    await pair.quiet()


async def test_a_persons_draft_is_kept_before_its_article_is_withdrawn(pair: Any) -> None:
    ref = await pair.paired("Pay", "<p>x</p>")
    pair.right.start_draft(pair.twin(ref), body="<p>an hour of work</p>")
    pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 1
    assert not pair.right.live()
    kept = [view.right.body for view in pair.session.conflicts() if view.right is not None]
    assert "<p>an hour of work</p>" in kept


async def test_an_undo_leaves_an_article_alone_while_a_persons_draft_of_it_is_open(
    pair: Any,
) -> None:
    ref = await pair.paired("Pay", "<p>x</p>")
    pair.left.edit(ref, body="<p>y</p>")
    updated = (await pair.sync()).run
    pair.right.start_draft(pair.twin(ref), body="<p>an hour of work</p>")
    (kept,) = (await pair.session.undo(updated)).kept
    assert "draft" in kept.detail
    assert pair.right.live()[pair.twin(ref)].body == "<p>y</p>"
    pair.right.discard_draft(pair.twin(ref))
    await pair.session.undo(updated)
    assert pair.right.live()[pair.twin(ref)].body == "<p>x</p>"


async def test_what_was_created_stays_while_a_persons_draft_of_it_is_open(pair: Any) -> None:
    ref = pair.left.write("Pay", "<p>x</p>")
    run = (await pair.sync()).run
    twin = pair.twin(ref)
    pair.right.start_draft(twin, body="<p>an hour of work</p>")
    (kept,) = (await pair.session.undo(run)).kept
    assert "draft" in kept.detail
    assert twin in pair.right.live()


async def test_a_draft_that_is_begun_while_a_choice_is_carried_out_makes_the_choice_stale(
    pair: Any,
) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.left.edit(ref, body="<p>left</p>")
    pair.right.edit(pair.twin(ref), body="<p>right</p>")
    await pair.sync()
    (conflict,) = pair.session.conflicts()

    async def begins(op: str, _: object) -> None:
        if op == "reread":
            pair.right.meanwhile = None
            pair.right.start_draft(pair.twin(ref), body="<p>unfinished</p>")

    pair.right.meanwhile = begins
    with pytest.raises(Stale, match="draft"):
        await pair.session.resolve(conflict.record.id, "left")
    assert pair.right.live()[pair.twin(ref)].body == "<p>right</p>"
    pair.right.discard_draft(pair.twin(ref))
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "left")
    assert pair.right.live()[pair.twin(ref)].body == "<p>left</p>"


async def test_a_draft_that_a_lost_answer_left_behind_is_ours_and_gets_published(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>one</p>")
    pair.left.edit(ref, body="<p>two</p>")
    pair.right.fail("publish", Unavailable("the server went away"))
    await pair.sync()
    assert pair.right.live()[pair.twin(ref)].body == "<p>one</p>"
    pair.right.recover()
    for _ in range(3):
        await pair.clock.sleep(3600)
        await pair.sync()
    assert pair.right.live()[pair.twin(ref)].body == "<p>two</p>"
    assert not pair.session.conflicts()
    await pair.quiet()
