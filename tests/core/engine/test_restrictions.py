"""Restricted pages: withdrawn, never copied, and not guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from syncline.decision import Limits

MakePair = Callable[..., Any]


async def test_a_restricted_page_is_withdrawn_and_comes_back_when_it_is_opened(pair: Any) -> None:
    ref = await pair.paired("Pay", "<p>secret</p>")
    pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 1
    assert not pair.right.live()
    await pair.quiet()
    pair.left.open_(ref)
    await pair.sync()
    assert pair.titles(pair.right) == {"Pay": "<p>secret</p>"}
    await pair.quiet()


async def test_an_original_that_is_restricted_while_it_is_written_is_withdrawn(pair: Any) -> None:
    original = pair.right.write("Pay", "<p>secret</p>")
    await pair.sync()
    copy = pair.twin(original)
    pair.left.edit(copy, body="<p>more</p>")

    async def restricts(op: str, _: object) -> None:
        if op == "update":
            pair.right.meanwhile = None
            pair.right.restrict(original)

    pair.right.meanwhile = restricts
    await pair.sync()
    report = await pair.sync()
    assert report.withdrawn == 1
    assert not pair.left.live()
    pair.right.open_(original)
    await pair.sync()
    assert pair.titles(pair.left) == {"Pay": "<p>more</p>"}
    await pair.quiet()


async def test_restriction_goes_around_caps_and_keeps_the_copys_edit(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=0, delete_share=0.0))
    refs = [pair.left.write(f"Pay {n}", "<p>secret</p>") for n in range(5)]
    await pair.sync()
    pair.right.edit(pair.twin(refs[0]), body="<p>edited</p>")
    for ref in refs:
        pair.left.restrict(ref)
    report = await pair.sync()
    assert report.withdrawn == 5
    assert not pair.right.live()
    (kept,) = pair.session.conflicts()
    assert kept.right.body == "<p>edited</p>"


async def test_a_restricted_page_is_never_copied_in_the_first_place(pair: Any) -> None:
    ref = pair.left.write("Pay", "<p>secret</p>")
    pair.left.restrict(ref)
    await pair.sync()
    assert not pair.right.live()
    assert "restricted" in " ".join(await pair.session.explain(ref))
    await pair.quiet()


async def test_an_unknown_visibility_blocks_writes_and_withdraws_only_after_a_while(
    make_pair: MakePair,
) -> None:
    pair = make_pair(limits=Limits(withdraw_after=timedelta(hours=1)))
    ref = pair.left.write("Pay", "<p>one</p>")
    for n in range(9):
        pair.left.write(f"Other {n}", "<p>open</p>")
    await pair.sync()
    pair.left.edit(ref, body="<p>two</p>")
    pair.left.obscure(ref)
    await pair.sync()
    assert pair.titles(pair.right)["Pay"] == "<p>one</p>"
    await pair.clock.sleep(3700)
    await pair.sync()
    assert "Pay" not in pair.titles(pair.right)


async def test_a_systemic_failure_of_the_look_up_withdraws_nothing(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(withdraw_after=timedelta(hours=1)))
    refs = [pair.left.write(f"Page {n}", "<p>open</p>") for n in range(5)]
    await pair.sync()
    for ref in refs:
        pair.left.obscure(ref)
    await pair.sync()
    await pair.clock.sleep(7200)
    report = await pair.sync()
    assert len(pair.right.live()) == 5
    assert report.alarms
