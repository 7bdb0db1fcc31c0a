"""What is deleted on one side, and what a short listing is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncline.decision import Deletes, Limits, Policy
from syncline.errors import Unavailable
from syncline.model import Side

MakePair = Callable[..., Any]


async def test_the_deletion_of_an_original_travels(pair: Any) -> None:
    ref = pair.left.write("Hours", "<p>x</p>")
    pair.left.write("Other", "<p>y</p>")
    await pair.sync()
    pair.left.trash(ref)
    report = await pair.sync()
    assert report.removed == 1
    assert set(pair.titles(pair.right)) == {"Other"}
    await pair.quiet()
    pair.left.restore(ref)
    await pair.sync()
    assert set(pair.titles(pair.right)) == {"Other", "Hours"}
    await pair.quiet()


async def test_the_deletion_of_a_copy_asks(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.right.trash(pair.twin(ref))
    report = await pair.sync()
    assert report.conflicts == 1
    await pair.quiet()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "left")
    assert pair.titles(pair.right) == {"Hours": "<p>x</p>"}
    await pair.quiet()


async def test_retiring_the_original_of_a_deleted_copy(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.right.trash(pair.twin(ref))
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    await pair.session.resolve(conflict.record.id, "right")
    assert not pair.left.live()
    await pair.quiet()


async def test_an_edit_beats_a_deletion_and_is_flagged(pair: Any) -> None:
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.right.edit(pair.twin(ref), body="<p>better</p>")
    pair.left.trash(ref)
    await pair.sync()
    assert pair.titles(pair.left) == pair.titles(pair.right) == {"Hours": "<p>better</p>"}
    assert pair.session.conflicts()[0].record.review
    await pair.quiet()


async def test_many_deletions_need_an_approval_and_edits_go_through(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=2))
    refs = [pair.left.write(f"Page {n}", "<p>x</p>") for n in range(10)]
    await pair.sync()
    for ref in refs[:5]:
        pair.left.trash(ref)
    pair.left.edit(refs[9], body="<p>new</p>")
    report = await pair.sync()
    assert report.refused is not None
    assert len(pair.right.live()) == 10
    assert pair.titles(pair.right)["Page 9"] == "<p>new</p>"
    refused = await pair.sync(approve="wrong")
    assert refused.refused is not None
    report = await pair.sync(approve=report.refused.token)
    assert report.removed == 5
    assert len(pair.right.live()) == 5


async def test_what_went_in_the_last_day_counts_against_the_limit(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=2))
    refs = [pair.left.write(f"Page {n}", "<p>x</p>") for n in range(12)]
    await pair.sync()
    for ref in refs[:2]:
        pair.left.trash(ref)
    assert (await pair.sync()).removed == 2
    pair.left.trash(refs[2])
    report = await pair.sync()
    assert report.refused is not None
    assert "2 went in the last 24 hours" in report.refused.why
    assert len(pair.right.live()) == 10
    pair.clock.advance(25 * 3600)
    assert (await pair.sync()).removed == 1


async def test_half_of_all_pairs_never_goes_without_an_approval(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=100))
    refs = [pair.left.write(f"Page {n}", "<p>x</p>") for n in range(6)]
    await pair.sync()
    for ref in refs[:4]:
        pair.left.trash(ref)
    report = await pair.sync()
    assert report.refused is not None
    assert (report.refused.limit, report.refused.pairs) == (3, 6)
    assert len(pair.right.live()) == 6


async def test_an_approval_is_for_one_list_and_is_used_up_by_it(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=1))
    refs = [pair.left.write(f"Page {n}", "<p>x</p>") for n in range(10)]
    await pair.sync()
    for ref in refs[:3]:
        pair.left.trash(ref)
    first = (await pair.sync()).refused
    assert first is not None
    pair.left.trash(refs[3])
    longer = await pair.sync(approve=first.token)
    assert longer.refused is not None, "it has grown since somebody looked at it"
    assert (await pair.sync(approve=longer.refused.token)).removed == 4
    for ref in refs[4:7]:
        pair.left.trash(ref)
    again = await pair.sync(approve=longer.refused.token)
    assert again.refused is not None
    assert again.refused.token != longer.refused.token
    assert len(pair.right.live()) == 6


async def test_a_short_listing_that_says_so_removes_nothing(pair: Any) -> None:
    for n in range(6):
        pair.left.write(f"Page {n}", "<p>x</p>")
    await pair.sync()
    pair.left.fail("heads", Unavailable("the connection broke"), skip=2)
    report = await pair.sync()
    assert Side.LEFT in report.incomplete
    assert len(pair.right.live()) == 6


async def test_a_short_listing_that_claims_to_be_complete_removes_nothing(pair: Any) -> None:
    for n in range(6):
        pair.left.write(f"Page {n}", "<p>x</p>")
    await pair.sync()
    pair.left.short_listing = 1
    await pair.sync()
    pair.left.short_listing = 0
    report = await pair.sync()
    assert len(pair.right.live()) == 6
    assert report.alarms


async def test_a_deletion_can_be_held(make_pair: MakePair) -> None:
    pair = make_pair(policy=Policy(deletes=Deletes.HOLD))
    ref = await pair.paired("Hours", "<p>x</p>")
    pair.left.trash(ref)
    report = await pair.sync()
    assert report.conflicts == 1
    assert len(pair.right.live()) == 1
    await pair.quiet()
