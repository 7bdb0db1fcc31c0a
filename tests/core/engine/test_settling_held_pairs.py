"""A person settles a losing edit of a pair that an undo has left different on its two sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Otherwise, Policy

MakePair = Callable[..., Any]


async def held(pair: Any) -> str:
    """Let the left win over the right, and undo that; return the edit that was kept."""
    ref = pair.left.write("A", "<p>one</p><p>same</p>", labels=frozenset({"a"}))
    await pair.sync()
    pair.left.edit(ref, body="<p>left</p><p>same</p>")
    pair.right.edit(pair.twin(ref), body="<p>right</p><p>same</p>")
    report = await pair.sync()
    (view,) = pair.session.conflicts()
    assert view.record.review
    await pair.session.undo(report.run)
    assert bodies(pair) == ("left", "right")
    record: str = view.record.id
    return record


def bodies(pair: Any) -> tuple[str, ...]:
    """Return the first word of each side's only article."""
    found = []
    for store in (pair.left, pair.right):
        (body,) = pair.titles(store).values()
        found.append(body.partition("</p>")[0].removeprefix("<p>"))
    return tuple(found)


@pytest.mark.parametrize("settled_late", [False, True])
async def test_the_side_that_is_taken_is_what_both_sides_say(
    make_pair: MakePair, settled_late: bool
) -> None:
    pair = make_pair(policy=Policy(otherwise=Otherwise.LEFT))
    kept = await held(pair)
    if settled_late:
        await pair.sync()
    await pair.session.resolve(kept, "right")
    assert bodies(pair) == ("right", "right")
    await pair.quiet()
    assert bodies(pair) == ("right", "right")


async def test_a_decision_that_was_undone_can_be_made_once_more(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(otherwise=Otherwise.LEFT))
    kept = await held(pair)
    await pair.session.resolve(kept, "left")
    assert bodies(pair) == ("left", "left")
    await pair.quiet()
