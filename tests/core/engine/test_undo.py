"""Undo puts back what nobody has touched since."""

from __future__ import annotations

from typing import Any


async def test_an_undo_can_be_undone_and_says_what_is_as_it_was(pair: Any) -> None:
    one = await pair.paired("One", "<p>x</p>")
    pair.left.edit(one, body="<p>1</p>")
    run = (await pair.sync()).run
    undone = await pair.session.undo(run)
    assert [k.detail for k in (await pair.session.undo(run)).kept] == [
        "it is as it was before that run"
    ]
    await pair.session.undo(undone.run)
    assert pair.right.live()[pair.twin(one)].body == "<p>1</p>"
    await pair.sync()
    await pair.quiet()


async def test_undo_puts_back_what_nobody_touched_since(pair: Any) -> None:
    one = pair.left.write("One", "<p>x</p>")
    two = await pair.paired("Two", "<p>x</p>")
    pair.left.edit(one, body="<p>1</p>")
    pair.left.edit(two, body="<p>2</p>")
    run = (await pair.sync()).run
    pair.right.edit(pair.twin(two), body="<p>touched</p>")
    report = await pair.session.undo(run)
    assert pair.right.live()[pair.twin(one)].body == "<p>x</p>"
    assert pair.right.live()[pair.twin(two)].body == "<p>touched</p>"
    assert [k.title for k in report.kept] == ["Two"]
    await pair.sync()
    assert pair.right.live()[pair.twin(one)].body == "<p>x</p>"
    pair.session.release(one)
    await pair.sync()
    assert pair.right.live()[pair.twin(one)].body == "<p>1</p>"
