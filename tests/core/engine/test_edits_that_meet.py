"""Edits of both sides: merged, or kept for a person to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Limits, OnConflict, Otherwise, Policy
from syncline.errors import Stale

MakePair = Callable[..., Any]


async def test_edits_of_different_paragraphs_merge(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>one</p><p>two</p><p>three</p>")
    pair.left.edit(ref, body="<p>ONE</p><p>two</p><p>three</p>")
    pair.right.edit(pair.twin(ref), body="<p>one</p><p>two</p><p>THREE</p>")
    report = await pair.sync()
    merged = "<p>ONE</p><p>two</p><p>THREE</p>"
    assert [*pair.titles(pair.left).values(), *pair.titles(pair.right).values()] == [merged] * 2
    assert report.counts["merged"] == 1
    await pair.quiet()


async def test_edits_of_one_paragraph_wait_for_a_person_and_freeze_the_pair(pair: Any) -> None:
    ref = await pair.clashing()
    report = await pair.sync()
    assert report.conflicts == 1
    assert pair.titles(pair.left) == {"Hours": "<p>nine to six</p>"}
    assert pair.titles(pair.right) == {"Hours": "<p>nine to seven</p>"}
    await pair.quiet()
    (conflict,) = pair.session.conflicts()
    assert conflict.left.body == "<p>nine to six</p>"
    assert conflict.right.body == "<p>nine to seven</p>"
    pair.left.edit(ref, body="<p>nine to eight</p>")
    await pair.sync()
    (again,) = pair.session.conflicts()
    assert again.record.id == conflict.record.id
    assert again.left.body == "<p>nine to eight</p>"


@pytest.mark.parametrize(
    ("take", "expected"), [("left", "<p>nine to six</p>"), ("right", "<p>nine to seven</p>")]
)
async def test_a_person_takes_a_side(pair: Any, take: str, expected: str) -> None:
    await pair.clashing()
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, take)
    assert set(pair.titles(pair.left).values()) == {expected}
    assert set(pair.titles(pair.right).values()) == {expected}
    assert not pair.session.conflicts()
    await pair.quiet()


async def test_a_person_keeps_both_as_two_articles(pair: Any) -> None:
    await pair.clashing()
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "both")
    assert len(pair.left.live()) == len(pair.right.live()) == 2
    await pair.quiet()


async def test_a_choice_is_refused_when_a_side_has_moved_since(pair: Any) -> None:
    ref = await pair.clashing()
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    pair.right.edit(pair.twin(ref), body="<p>never</p>")
    with pytest.raises(Stale, match="edited since"):
        await pair.session.resolve(conflict.record.id, "left")
    assert pair.titles(pair.right) == {"Hours": "<p>never</p>"}


async def test_the_losing_edit_is_kept_for_review(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(on_conflict=OnConflict.LEFT_WINS))
    await pair.clashing()
    await pair.sync()
    assert pair.titles(pair.right) == {"Hours": "<p>nine to six</p>"}
    (review,) = pair.session.conflicts()
    assert review.record.review
    assert review.right.body == "<p>nine to seven</p>"
    await pair.session.resolve(review.record.id, "right")
    assert pair.titles(pair.left) == pair.titles(pair.right) == {"Hours": "<p>nine to seven</p>"}
    await pair.quiet()


async def test_an_unclean_merge_can_prefer_a_side(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(otherwise=Otherwise.LEFT))
    await pair.clashing()
    await pair.sync()
    assert pair.titles(pair.right) == {"Hours": "<p>nine to six</p>"}
    (review,) = pair.session.conflicts()
    assert review.record.review


async def test_a_pair_that_is_written_too_often_is_frozen(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(writes_per_hour=3))
    ref = await pair.paired("Hours", "<p>0</p>")
    for n in range(5):
        pair.left.edit(ref, body=f"<p>{n + 1}</p>")
        await pair.sync()
    (conflict,) = pair.session.conflicts()
    assert "too often" in conflict.record.reason.value
