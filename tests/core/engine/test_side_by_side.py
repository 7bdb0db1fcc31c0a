"""What people do reaches the other side while a pass goes on; nothing is worked twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from syncline.decision import Limits
from syncline.engine import Report
from syncline.errors import OutcomeUnknown, Refused, Stale, Unavailable
from syncline.model import Change, Ref, Side, Status
from syncline.ports import Capability
from syncline.state.listing import Listing
from syncline.testing import MemoryStore
from syncline.testing.abilities import BulkMemoryStore
from syncline.testing.accidents import Effect
from syncline.testing.memory import EVERYTHING

MakePair = Callable[..., Any]
Ended = Callable[[], Awaitable[Report]]


@asynccontextmanager
async def held_at(
    store: MemoryStore, op: str, work: Callable[[], Awaitable[Report]], *, ref: Ref | None = None
) -> AsyncIterator[Ended]:
    """Start `work` and keep it at its first call of a kind until it is let go."""
    there, go_on = asyncio.Event(), asyncio.Event()

    async def meanwhile(kind: str, item: Ref | None) -> None:
        if kind == op and item in (ref, item if ref is None else ref) and not there.is_set():
            there.set()
            await go_on.wait()

    store.meanwhile = meanwhile
    task = asyncio.ensure_future(work())

    async def ended() -> Report:
        go_on.set()
        return await task

    try:
        await asyncio.wait_for(there.wait(), 60)
        yield ended
    finally:
        go_on.set()
        store.meanwhile = None
        await asyncio.gather(task, return_exceptions=True)


async def agreed(pair: Any, *titles: str) -> list[Ref]:
    refs = [pair.left.write(title, f"<p>{title}</p>") for title in titles]
    await pair.sync()
    return refs


async def test_an_edit_that_is_hinted_at_does_not_wait_for_the_pass(pair: Any) -> None:
    slow, quick = await agreed(pair, "Slow", "Quick")
    pair.left.edit(slow, body="<p>slow 2</p>")
    async with held_at(pair.left, "fetch", pair.session.sync, ref=slow) as ended:
        pair.left.edit(quick, body="<p>quick 2</p>")
        pair.session.hint([Change(ref=quick)], side=Side.LEFT)
        await asyncio.wait_for(pair.session.work(), 60)
        assert pair.titles(pair.right) == {"Slow": "<p>Slow</p>", "Quick": "<p>quick 2</p>"}
        await ended()
    assert pair.titles(pair.right) == {"Slow": "<p>slow 2</p>", "Quick": "<p>quick 2</p>"}
    await pair.quiet()


async def test_a_choice_does_not_wait_for_the_pass(pair: Any) -> None:
    slow, torn = await agreed(pair, "Slow", "Torn")
    pair.left.edit(torn, body="<p>left</p>")
    pair.right.edit(pair.twin(torn), body="<p>right</p>")
    await pair.sync()
    (view,) = pair.session.conflicts()
    pair.left.edit(slow, body="<p>slow 2</p>")
    async with held_at(pair.left, "fetch", pair.session.sync, ref=slow) as ended:
        await asyncio.wait_for(pair.session.resolve(view.record.id, "left"), 60)
        assert pair.titles(pair.right)["Torn"] == "<p>left</p>"
        await ended()
    await pair.quiet()


async def test_a_choice_that_was_made_already_is_not_made_again(pair: Any) -> None:
    (torn,) = await agreed(pair, "Torn")
    pair.left.edit(torn, body="<p>left</p>")
    pair.right.edit(pair.twin(torn), body="<p>right</p>")
    await pair.sync()
    id_ = pair.session.conflicts()[0].record.id
    answers = await asyncio.gather(
        pair.session.resolve(id_, "left"),
        pair.session.resolve(id_, "right"),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Report, Stale]
    assert set(pair.titles(pair.right).values()) == {"<p>left</p>"}


async def test_an_item_that_the_pass_is_at_is_worked_after_it(pair: Any) -> None:
    (page,) = await agreed(pair, "Page")
    pair.left.edit(page, body="<p>two</p>")
    async with held_at(pair.right, "update", pair.session.sync) as ended:
        pair.left.edit(page, body="<p>three</p>")
        pair.session.hint([Change(ref=page)], side=Side.LEFT)
        working = asyncio.ensure_future(pair.session.work())
        for _ in range(50):
            await asyncio.sleep(0)
        assert not working.done()
        await ended()
        await working
    assert pair.titles(pair.right) == {"Page": "<p>three</p>"}
    assert [m.kind for m in pair.right.mutations] == ["create", "update", "update"]
    await pair.quiet()


async def test_a_write_that_is_under_way_is_not_taken_for_an_interrupted_one(pair: Any) -> None:
    (page,) = await agreed(pair, "Page")
    pair.left.edit(page, body="<p>two</p>")
    async with held_at(pair.right, "update", pair.session.sync) as ended:
        report = await pair.session.work()
        assert report.counts["recovered"] == 0
        assert len(pair.state.intents("job")) == 1
        assert (await ended()).counts["updated"] == 1
    assert not pair.state.intents("job")


async def test_only_another_process_is_refused(pair: Any, make_pair: MakePair) -> None:
    slow, _ = await agreed(pair, "Slow", "Quick")
    pair.left.edit(slow, body="<p>slow 2</p>")
    async with held_at(pair.left, "fetch", pair.session.sync, ref=slow) as ended:
        await pair.session.work()
        lease = pair.state.acquire("job/job", holder="another", ttl=30)
        assert lease is None, "the lease outlasts the run that ended first"
        await ended()
    other = pair.state.acquire("job/job", holder="another", ttl=30)
    assert other is not None, "the last run gives the lease back"
    with pytest.raises(Refused):
        await pair.session.work()


async def test_an_article_written_during_the_first_pass_follows_at_its_end(pair: Any) -> None:
    first = pair.left.write("First", "<p>first</p>")
    async with held_at(pair.left, "fetch", pair.session.sync, ref=first) as ended:
        late = pair.left.write("Late", "<p>late</p>")
        pair.session.hint([Change(ref=late)], side=Side.LEFT)
        await pair.session.work()
        await ended()
    assert pair.titles(pair.right) == {"First": "<p>first</p>", "Late": "<p>late</p>"}


@pytest.mark.parametrize("op", ["mark", "publish"])
async def test_our_own_copy_seen_before_its_create_was_answered_is_no_new_article(
    make_pair: MakePair, op: str
) -> None:
    drafts = Capability.DRAFTS if op == "publish" else Capability(0)
    pair = make_pair(right={"marks_late": True, "capabilities": EVERYTHING | drafts})
    await pair.sync()
    pair.left.write("Page", "<p>page</p>")
    async with held_at(pair.right, op, pair.session.sync) as ended:
        (copy,) = pair.right.articles
        pair.session.hint([Change(ref=copy)], side=Side.RIGHT)
        working = asyncio.ensure_future(pair.session.work())
        for _ in range(50):
            await asyncio.sleep(0)
        await ended()
        await working
    assert pair.titles(pair.left) == pair.titles(pair.right) == {"Page": "<p>page</p>"}
    assert not pair.left.mutations
    await pair.quiet()


async def test_our_own_copy_whose_answer_was_lost_is_no_new_article(make_pair: MakePair) -> None:
    pair = make_pair(right={"marks_late": True})
    await pair.sync()
    slow = pair.left.write("A slow one", "<p>slow</p>")
    page = pair.left.write("Page", "<p>page</p>")
    pair.right.fail("mark", OutcomeUnknown("no answer"), effect=Effect.NONE)
    async with held_at(pair.left, "fetch", pair.session.sync, ref=slow) as ended:
        pair.session.hint([Change(ref=page)], side=Side.LEFT)
        await pair.session.work()
        (copy,) = pair.right.articles
        pair.right.lag()  # the copy cannot be found yet, and is seen all the same
        pair.session.hint([Change(ref=copy)], side=Side.RIGHT)
        await pair.session.work()
        pair.right.catch_up()
        await ended()
    await pair.session.work()
    assert set(pair.titles(pair.left)) == {"A slow one", "Page"}
    assert not pair.left.mutations


async def test_removals_of_runs_side_by_side_share_one_limit(make_pair: MakePair) -> None:
    limits = Limits(delete_count=3, delete_share=0.0)
    pair = make_pair(limits=limits)
    refs = await agreed(pair, *"ABCDEFGHIJ")
    await pair.sync()
    for ref in refs[:3]:
        pair.left.trash(ref)
    async with held_at(pair.right, "delete", pair.session.sync) as ended:
        for ref in refs[3:6]:
            pair.left.trash(ref)
            pair.session.hint([Change(ref=ref)], side=Side.LEFT)
        report = await pair.session.work()
        assert report.refused is not None
        await ended()
    assert len(pair.right.live()) == 7


async def test_hints_do_not_spend_an_approval_that_is_for_another_list(
    make_pair: MakePair,
) -> None:
    pair = make_pair(limits=Limits(delete_count=1, delete_share=0.0))
    refs = await agreed(pair, *"ABCDEFGH")
    await pair.sync()
    for ref in refs[:4]:
        pair.left.trash(ref)
    refused = (await pair.sync()).refused
    pair.session.approve(refused.token)
    pair.left.edit(refs[7], body="<p>new</p>")
    pair.session.hint([Change(ref=refs[7])], side=Side.LEFT)
    await pair.session.work()
    assert (await pair.sync()).removed == 4


async def test_an_approval_that_is_given_while_the_pass_goes_on_counts(make_pair: MakePair) -> None:
    pair = make_pair(limits=Limits(delete_count=1, delete_share=0.0))
    refs = await agreed(pair, *"ABCDEFGH")
    await pair.sync()
    for ref in refs[:4]:
        pair.left.trash(ref)
    token = (await pair.sync()).refused.token
    pair.left.edit(refs[7], body="<p>new</p>")
    async with held_at(pair.left, "fetch", pair.session.sync, ref=refs[7]) as ended:
        pair.session.approve(token)
        assert (await ended()).removed == 4


async def test_what_was_restricted_while_it_waited_for_a_bulk_job_is_not_sent(
    make_pair: MakePair,
) -> None:
    pair = make_pair()
    pair.session.right = pair.right = BulkMemoryStore("kb", pair.clock)
    pair.session.__attrs_post_init__()
    await pair.sync()
    refs = [pair.left.write(f"Page {n}", f"<p>{n}</p>") for n in range(60)]
    async with held_at(pair.left, "fetch", pair.session.sync, ref=refs[-1]) as ended:
        pair.left.restrict(refs[0])
        pair.session.hint([Change(ref=refs[0])], side=Side.LEFT)
        await pair.session.work()
        await ended()
    assert "Page 0" not in pair.titles(pair.right)
    assert len(pair.right.live()) == 59


async def test_what_was_taken_out_of_the_way_is_looked_at_again_by_the_pass(pair: Any) -> None:
    """The listing is old news: the article was opened, edited and restricted since."""
    page, slow = await agreed(pair, "Page", "Slow")
    pair.left.edit(page, body="<p>two</p>")
    pair.left.edit(slow, body="<p>two</p>")
    async with held_at(pair.right, "heads", pair.session.sync) as ended:
        pair.left.restrict(page)
        pair.session.hint([Change(ref=page)], side=Side.LEFT)
        assert (await pair.session.work()).withdrawn == 1
        await ended()
    assert pair.titles(pair.right) == {"Slow": "<p>two</p>"}
    assert [m.kind for m in pair.right.mutations].count("delete") == 1
    assert pair.left.status(pair.left.articles[page]) is Status.RESTRICTED


async def test_a_pair_is_not_released_while_a_pass_is_at_it(pair: Any) -> None:
    (page,) = await agreed(pair, "Page")
    pair.left.edit(page, body="<p>two</p>")
    run = (await pair.sync()).run
    await pair.session.undo(run)
    pair.left.edit(page, body="<p>three</p>")
    async with held_at(pair.left, "fetch", pair.session.sync, ref=page) as ended:
        with pytest.raises(Refused, match="at this moment"):
            pair.session.release(page)
        await ended()


async def test_what_a_hint_finds_outside_is_left_to_a_pass_that_knows_the_scope(pair: Any) -> None:
    (page,) = await agreed(pair, "Page")
    pair.left.leave_scope(page)
    pair.left.scope = "another filter"
    pair.session.hint([Change(ref=page)], side=Side.LEFT)
    await pair.session.work()
    assert pair.titles(pair.right) == {"Page": "<p>Page</p>"}
    assert (await pair.sync()).counts["detached"] == 1
    assert pair.titles(pair.right) == {"Page": "<p>Page</p>"}


async def test_what_lies_below_a_restricted_page_is_withdrawn_while_a_pass_lists(pair: Any) -> None:
    top, child = await agreed(pair, "Top", "Child")
    pair.left.move(child, top)
    await pair.sync()
    async with held_at(pair.left, "heads", pair.session.sync) as ended:
        pair.left.restrict(top)
        pair.session.hint([Change(ref=top, subtree=True)], side=Side.LEFT)
        assert (await pair.session.work()).withdrawn == 2
        await ended()
    assert pair.titles(pair.right) == {}


async def test_what_lies_below_is_learnt_in_a_process_that_has_listed_nothing(pair: Any) -> None:
    top, child = await agreed(pair, "Top", "Child")
    pair.left.move(child, top)
    await pair.sync()
    pair.state._listing = Listing(pair.state._db, "another process")
    pair.left.restrict(top)
    pair.session.hint([Change(ref=top, subtree=True)], side=Side.LEFT)
    pair.left.fail("heads", Unavailable("503"))
    assert (await pair.session.work()).withdrawn == 1
    assert (await pair.session.work()).withdrawn == 1, "the hint stays until that is learnt"
    assert pair.titles(pair.right) == {}
    assert not pair.state.dirty("job")


async def test_a_defect_in_reading_one_hinted_article_stops_no_other(pair: Any) -> None:
    await pair.sync()
    bad, good = (pair.left.write(title, "<p>text</p>") for title in ("Bad", "Good"))
    pair.left.fail("fetch", ValueError("a defect"), ref=bad, times=-1)
    pair.session.hint([Change(ref=bad), Change(ref=good)], side=Side.LEFT)
    report = await pair.session.work()
    assert set(pair.titles(pair.right)) == {"Good"}
    assert report.failed == 1
    assert not pair.state.dirty("job")


async def test_a_defect_in_reading_one_of_two_namesakes_stops_no_pass(pair: Any) -> None:
    bad = pair.left.write("Same", "<p>text</p>")
    pair.right.write("Same", "<p>text</p>")
    pair.left.write("Good", "<p>text</p>")
    pair.left.fail("fetch", ValueError("a defect"), ref=bad, times=-1)
    report = await pair.sync()
    assert "Good" in pair.titles(pair.right)
    assert report.failed >= 1
