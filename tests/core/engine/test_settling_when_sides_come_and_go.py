"""A person settles a conflict about a side that is gone, while sides come back or do not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Direction, OnConflict, Policy, Reason
from syncline.errors import Refused, Stale, Unavailable
from syncline.model import Ref

MakePair = Callable[..., Any]


async def lost(pair: Any) -> tuple[Ref, str]:
    """Let the original vanish from sight while its copy is edited; return both names."""
    ref = await pair.paired("A", "<p>one</p>")
    twin = pair.twin(ref)
    pair.left.hide(ref)
    await pair.sync()
    pair.right.edit(twin, body="<p>edited</p>")
    pair.clock.advance(3600)
    await pair.sync()
    (view,) = pair.session.conflicts()
    assert view.record.reason is Reason.LOST_SIGHT
    return ref, view.record.id


async def test_an_original_that_is_in_sight_again_is_not_removed(pair: Any) -> None:
    # The page said that the original is gone, and the person chose to keep the copy.
    ref, conflict = await lost(pair)
    pair.left.hide(ref, hidden=False)
    with pytest.raises(Stale, match="both sides are there"):
        await pair.session.resolve(conflict, "right")
    assert ref in pair.left.live()
    assert len(pair.right.live()) == 1


@pytest.mark.parametrize(("take", "left"), [("left", 0), ("both", 1)])
async def test_no_choice_makes_an_original_on_a_side_that_is_only_read(
    make_pair: MakePair, take: str, left: int
) -> None:
    pair = make_pair(policy=Policy(direction=Direction.LEFT_TO_RIGHT))
    _, conflict = await lost(pair)
    with pytest.raises(Refused, match="never writes the left; take the left, or `both`"):
        await pair.session.resolve(conflict, "right")
    assert not pair.left.mutations
    assert len(pair.right.live()) == 1
    await pair.session.resolve(conflict, take)
    assert not pair.left.mutations
    assert len(pair.right.live()) == left


async def test_a_store_that_does_not_answer_does_not_end_a_pair(pair: Any) -> None:
    ref = await pair.paired("A", "<p>one</p>")
    pair.right.trash(pair.twin(ref))
    await pair.sync()
    (view,) = pair.session.conflicts()
    assert view.record.reason is Reason.COPY_DELETED
    for take in ("left", "right", "both"):
        pair.left.fail("fetch", Unavailable("no answer"))
        with pytest.raises(Unavailable):
            await pair.session.resolve(view.record.id, take)
    assert pair.state.link("job", ref) is not None
    assert ref in pair.left.live()
    assert [v.record.id for v in pair.session.conflicts()] == [view.record.id]


async def test_what_was_decided_can_be_left_without_asking_the_stores(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(on_conflict=OnConflict.LEFT_WINS))
    ref = await pair.paired("A", "<p>one</p>")
    pair.left.edit(ref, body="<p>two</p>")
    pair.right.edit(pair.twin(ref), body="<p>three</p>")
    await pair.sync()
    (view,) = pair.session.conflicts()
    pair.left.fail("fetch", Unavailable("no answer"), times=9)
    await pair.session.resolve(view.record.id, "left")
    assert pair.session.conflicts() == []
