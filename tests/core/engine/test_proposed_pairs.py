"""Items of one title are proposed as a pair, and left alone until somebody says."""

from __future__ import annotations

from typing import Any


async def test_items_of_one_title_are_proposed_and_left_alone(pair: Any) -> None:
    left = pair.left.write("Hours", "<p>same</p>")
    right = pair.right.write("Hours", "<p>same</p>")
    pair.left.write("Only left", "<p>x</p>")
    await pair.sync()
    assert len(pair.left.live()) == 2
    assert len(pair.right.live()) == 2
    (proposal,) = await pair.session.proposals()
    assert (proposal.left, proposal.right, proposal.score) == (left, right, 1.0)
    pair.session.accept([(left, right)])
    await pair.sync()
    assert pair.twin(left) == right
    assert not await pair.session.proposals()
    await pair.quiet()


async def test_a_rejected_proposal_makes_two_articles(pair: Any) -> None:
    left = pair.left.write("Hours", "<p>shop</p>")
    right = pair.right.write("Hours", "<p>office</p>")
    await pair.sync()
    pair.session.reject([(left, right)])
    await pair.sync()
    assert len(pair.left.live()) == len(pair.right.live()) == 2
    await pair.quiet()
