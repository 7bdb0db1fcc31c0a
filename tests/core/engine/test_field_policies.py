"""Who wins in a single field, and what becomes of the edit that gives way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncline.decision import OnConflict, Policy
from syncline.mapping import Labelled, Mapping, ToCategory
from syncline.model import Ref

MakePair = Callable[..., Any]

LEFT, RIGHT = OnConflict.LEFT_WINS, OnConflict.RIGHT_WINS
NEWEST, MANUAL, MERGE = OnConflict.NEWEST_WINS, OnConflict.MANUAL, OnConflict.MERGE
BODY = "<p>One two three.</p><p>mid</p><p>end</p>"


async def edited_twice(pair: Any, *, apart: float = 0) -> Ref:
    """Return an article whose title and one word were edited on both sides."""
    ref: Ref = pair.left.write("Hours", BODY)
    await pair.sync()
    pair.left.edit(ref, title="Left", body=BODY.replace("two", "LEFT"))
    await pair.clock.sleep(apart)
    pair.right.edit(pair.twin(ref), title="Right", body=BODY.replace("two", "RIGHT"))
    return ref


def held(pair: Any, ref: Ref) -> tuple[str, str]:
    """Return the title and the disputed word, which both sides have to agree about."""
    left, right = pair.left.live()[ref], pair.right.live()[pair.twin(ref)]
    assert (left.title, left.body) == (right.title, right.body)
    return left.title, left.body.split()[1]


@pytest.mark.parametrize(
    ("job", "fields", "expected"),
    [
        (MERGE, {"title": LEFT, "body": RIGHT}, ("Left", "RIGHT")),
        (MERGE, {"title": RIGHT, "body": LEFT}, ("Right", "LEFT")),
        (LEFT, {"title": RIGHT}, ("Right", "LEFT")),
        (RIGHT, {"title": LEFT}, ("Left", "RIGHT")),
        (LEFT, {"body": NEWEST}, ("Left", "RIGHT")),
        (NEWEST, {"title": LEFT}, ("Left", "RIGHT")),
    ],
)
async def test_each_field_has_its_winner_and_the_losing_edit_is_kept_for_review(
    make_pair: MakePair, job: OnConflict, fields: dict[str, OnConflict], expected: tuple[str, str]
) -> None:
    pair = make_pair(policy=Policy(on_conflict=job, fields=fields))
    ref = await edited_twice(pair, apart=timedelta(hours=1).total_seconds())
    await pair.sync()
    assert held(pair, ref) == expected
    (kept,) = pair.session.conflicts()
    assert kept.record.review
    assert (kept.left.title, kept.right.title) == ("Left", "Right")
    await pair.quiet()


@pytest.mark.parametrize("body", [MANUAL, NEWEST])
async def test_a_body_that_is_not_to_be_merged_waits_for_a_person(
    make_pair: MakePair, body: OnConflict
) -> None:
    pair = make_pair(policy=Policy(fields={"body": body}))
    ref = pair.left.write("Hours", BODY)
    await pair.sync()
    pair.left.edit(ref, body=BODY.replace("One", "1"))
    pair.right.edit(pair.twin(ref), body=BODY.replace("end", "END"))
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    assert conflict.record.clashes == ("body: both sides edited it",)


async def test_labels_of_one_side_can_win_as_a_whole(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(fields={"labels": RIGHT}))
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset({"a"}))
    await pair.sync()
    pair.left.edit(ref, labels=frozenset({"a", "l"}))
    pair.right.edit(pair.twin(ref), labels=frozenset({"r"}))
    await pair.sync()
    assert pair.left.live()[ref].labels == pair.right.live()[pair.twin(ref)].labels == {"r"}
    assert [c.left.labels for c in pair.session.conflicts()] == [{"a", "l"}]


@pytest.mark.parametrize("wins", [RIGHT, None])
async def test_a_category_that_the_left_cannot_say_is_not_overwritten_unseen(
    make_pair: MakePair, wins: OnConflict | None
) -> None:
    rules = tuple(
        ToCategory(source=Labelled(label), category=(label.title(),))
        for label in ("bills", "posts")
    )
    fields = {"category": wins} if wins else {}
    pair = make_pair(
        mapping=Mapping(rules=rules),
        policy=Policy(fields=fields),
        left={"fields": frozenset({"title", "body", "labels"})},
    )
    ref = pair.left.write("Hours", "<p>x</p>", labels=frozenset({"bills"}), category=None)
    await pair.sync()
    twin = pair.twin(ref)
    assert pair.right.live()[twin].category == ("Bills",)
    pair.left.edit(ref, labels=frozenset({"posts"}))
    pair.right.edit(twin, category=("Elsewhere",))
    await pair.sync()
    assert pair.right.live()[twin].category == ("Elsewhere",)
    # Both edits are live where they were made: only without a policy is there anything to ask.
    assert pair.left.live()[ref].labels == {"posts"}
    assert len(pair.session.conflicts()) == (0 if wins else 1)
