"""What a runner does by itself: hints at once, polls and full passes when they are due."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import attrs
import pytest

from syncline.errors import ConfigError, Forbidden, OutcomeUnknown, Unavailable
from syncline.model import Change, Side
from syncline.state.records import ClearDirty, NoteDelivery, Quarantined, SaveQuarantine
from syncline.testing import FakeClock

NEVER = 'poll = "0s"'
SHARED = f"{NEVER}\nrelay = true"


async def test_the_first_full_pass_is_made_at_once(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner()):
        await until(lambda: world.twin(page), "the page is copied")
    assert world.text(world.twin(page)) == "<p>9 to 5</p>"


async def test_a_hint_is_worked_at_once(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config(NEVER))) as runner:
        await until(lambda: world.passes("full"), "the first pass")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        assert runner.hint("wiki", [Change(ref=page)]) == 1
        assert world.state.backlog("articles").count == 1, "durable when it returns"
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")
        await until(lambda: runner.jobs["articles"].waiting == 0, "nothing waits")
    assert world.told("hints") == [{"job": "articles", "connection": "wiki", "count": 1}]


async def test_a_hint_of_another_process_is_found(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    stranger = world.runner(world.config(NEVER), holder="two-0")
    async with at_work(world.runner(world.config(NEVER))), stranger:
        await until(lambda: world.passes("full"), "the first pass")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        stranger.hint("wiki", [Change(ref=page)])
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")


async def test_a_poll_brings_what_no_webhook_told(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config('poll = "1s"'))) as runner:
        await until(lambda: world.passes("full"), "the first pass")
        assert runner.jobs["articles"].next_poll is not None
        await until(lambda: world.passes("hints"), "the first poll: it begins from now on")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")


async def test_hints_do_not_wait_for_a_poll_that_takes_long(
    world: Any, at_work: Any, until: Any
) -> None:
    gate, at_it = asyncio.Event(), asyncio.Event()

    async def wait(op: str, ref: object) -> None:
        if op == "changes":
            at_it.set()
            await gate.wait()

    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config('poll = "1s"'))) as runner:
        await until(lambda: world.passes("full"), "the first pass")
        world.wiki.meanwhile = wait
        await until(at_it.is_set, "a poll is at it")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        runner.hint("wiki", [Change(ref=page)])
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the hint")
        assert runner.jobs["articles"].doing == "poll"
        gate.set()


async def test_a_broken_poll_leaves_it_to_the_full_pass(
    world: Any, at_work: Any, until: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    world.wiki.fail("changes", Unavailable("wiki does not answer"), times=10_000)
    async with at_work(world.runner(world.config('poll = "1s"'))) as runner:
        await until(lambda: world.told("job.failed"), "the poll fails")
        await until(lambda: world.passes("full"), "the first pass")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        runner.jobs["articles"].want("full")
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")
        assert runner.jobs["articles"].last_error == "wiki does not answer"
        world.wiki.recover()


async def test_a_feed_that_began_anew_makes_a_full_pass_due(
    world: Any, at_work: Any, until: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config('poll = "1s"'))):
        await until(lambda: world.passes("full") and world.passes("hints"), "the first passes")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        world.wiki.forget_feed()
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")
        await until(lambda: world.passes("full") == 2, "the full pass ended")


async def test_what_was_edited_between_a_sync_and_the_first_poll_is_found(
    world: Any, at_work: Any, until: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with world.runner() as runner:
        await runner.sync("articles")
    world.wiki.edit(page, body="<p>9 to 6</p>")
    async with at_work(world.runner(world.config('poll = "1h"'))):
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")


async def test_a_reset_is_remembered_until_a_full_pass_has_ended(world: Any) -> None:
    async with world.runner() as runner:
        session = runner.session("articles")
        assert session.full_pass_due, "nothing has been listed yet"
        await session.poll()
        await runner.sync("articles")
        assert not session.full_pass_due
        world.wiki.write("Opening hours", "<p>9 to 5</p>")
        world.wiki.forget_feed()
        await session.poll()
        assert session.full_pass_due
    async with world.runner() as runner:
        assert runner.session("articles").full_pass_due, "a restart does not lose it"
        world.wiki.fail("heads", Unavailable("half a listing"))
        await runner.sync("articles")
        assert runner.session("articles").full_pass_due, "half a listing does not do"
        await runner.sync("articles")
        assert not runner.session("articles").full_pass_due


async def test_a_listing_that_broke_off_is_made_again_later(
    world: Any, at_work: Any, until: Any
) -> None:
    world.wiki.fail("heads", Unavailable("half a listing"))
    async with at_work(world.runner(world.config(NEVER))):
        await until(lambda: world.told("job.failed"), "it is said")
        await asyncio.sleep(1)
        assert world.wiki.calls["heads"] == 1, "not at once"
    assert "half a listing" in str(world.told("job.failed")[0]["error"])


async def test_a_withdrawn_credential_is_not_tried_in_a_loop(
    world: Any, at_work: Any, until: Any
) -> None:
    denied = Forbidden("wiki: the token was withdrawn (401)")
    world.wiki.fail("changes", denied, times=10_000)
    async with at_work(world.runner(world.config('poll = "1s"'))):
        await until(lambda: world.told("job.failed"), "it is said")
        await asyncio.sleep(2.5)
        assert world.wiki.calls["changes"] == 1
        world.wiki.recover()


async def test_a_defect_in_one_pass_ends_neither_the_runner_nor_the_job(
    world: Any, at_work: Any, until: Any, caplog: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    world.wiki.fail("changes", RuntimeError("a defect"))
    async with at_work(world.runner(world.config('poll = "1s"'))) as runner:
        await until(lambda: world.twin(page), "the full pass")
        await until(lambda: world.told("job.failed"), "it is said")
        await until(lambda: runner.jobs["articles"].last_error is None, "it polls again")


async def test_what_failed_is_tried_again_between_the_full_passes(
    world: Any, at_work: Any, until: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    runner = world.runner(world.config(NEVER))
    async with at_work(runner):
        await until(lambda: world.passes("full"), "the first pass")
        session = runner.session("articles")
        world.kb.fail("update", Unavailable("kb is away"), times=3)
        world.wiki.edit(page, body="<p>9 to 6</p>")
        runner.hint("wiki", [Change(ref=page)])
        await until(session.quarantine, "the item waits")
        world.kb.recover()
        held = session.quarantine()[0]
        past = attrs.evolve(held, next_at=held.first_at)
        world.state.commit([SaveQuarantine(past)], None)
        runner.jobs["articles"].retry()
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit")
        await until(lambda: not session.quarantine(), "nothing waits")


async def test_what_mended_itself_leaves_the_quarantine(
    world: Any, at_work: Any, until: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config(NEVER))) as runner:
        await until(lambda: world.passes("full"), "the first pass")
        session = runner.session("articles")
        now = world.clock.now()
        world.state.commit(
            [
                SaveQuarantine(
                    Quarantined(
                        job="articles", side=Side.LEFT, ref=page, reason="it was away",
                        failures=1, first_at=now, next_at=now,
                    )
                )
            ],
            None,
        )  # fmt: skip
        runner.jobs["articles"].retry()
        await until(lambda: not session.quarantine(), "nothing waits")


async def test_jobs_list_side_by_side_and_do_not_mix(world: Any, at_work: Any, until: Any) -> None:
    for number in range(20):
        world.wiki.write(f"Article {number}", f"<p>{number}</p>")
    config = world.config(one=f'include = {{ labels = ["a"] }}\n{SHARED}', two=SHARED)
    async with at_work(world.runner(config)) as runner:
        await until(lambda: world.passes("full") == 2, "both first passes")
        assert sum(world.state.count_links("two").values()) == 20
        assert runner.session("one").status().pairs == 0
        assert not world.state.conflicts("two")


async def test_a_listener_that_fails_disturbs_nobody(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    runner = world.runner()

    def broken(event: str, fields: object) -> None:
        raise ValueError(event)

    end = runner.subscribe(broken)
    async with at_work(runner):
        await until(lambda: world.twin(page), "the page is copied")
        await until(lambda: world.told("loop.lag"), "the loop is measured")
    end()
    started, ended = world.told("pass.started")[0], world.told("pass.ended")[0]
    assert {"job", "kind", "run"} <= started.keys()
    assert {"job", "kind", "run", "seconds", "counts", "error"} <= ended.keys()


async def test_hints_of_many_deliveries_are_one_commit(world: Any) -> None:
    refs = [world.wiki.write(f"Article {n}", "<p>x</p>") for n in range(3)]
    async with world.runner(world.config(one=SHARED, two=SHARED)) as runner:
        rows = runner.hint_many(
            [("wiki", [Change(ref=refs[0]), Change(ref=refs[1])]), ("wiki", [Change(ref=refs[2])])],
            also=[NoteDelivery("wiki", "d1", world.clock.now())],
        )
        assert rows == 6
        assert world.state.seen("wiki", "d1")
        assert [world.state.backlog(job).count for job in ("one", "two")] == [3, 3]
        assert runner.hint("kb", []) == 0
        assert runner.hint("elsewhere", [Change(ref=refs[0])]) == 0


async def test_the_lag_is_the_age_of_the_oldest_hint(world: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    clock = FakeClock(auto=False)
    async with world.runner(clock=clock) as runner:
        working = runner.jobs["articles"]
        assert working.lag == timedelta()
        runner.hint("wiki", [Change(ref=page)])
        clock.advance(60)
        row = world.state.dirty("articles")[0]
        runner.hint("wiki", [Change(ref=page)])
        clock.advance(30)
        assert (working.lag, working.waiting) == (timedelta(seconds=90), 1)
        world.state.commit([ClearDirty("articles", row.side, page, row.generation)], None)
        assert working.lag == timedelta(seconds=30), "the first was worked, the second was not"


async def test_a_wrong_job_is_refused_with_the_nearest_name(world: Any) -> None:
    with pytest.raises(ConfigError, match="articles"):
        async with world.runner(jobs=["artikles"]):
            raise AssertionError


async def test_what_a_pass_has_to_leave_is_not_tried_in_a_loop(
    world: Any, at_work: Any, until: Any
) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config(NEVER))) as runner:
        await until(lambda: world.passes("full"), "the first pass")
        other = world.wiki.write("Prices", "<p>1</p>")
        await runner.sync("articles")
        held = world.state.link("articles", page)
        # A write of unknown outcome stands in the way of this item.
        world.kb.fail("update", OutcomeUnknown("the answer was lost"))
        world.wiki.edit(page, body="<p>9 to 6</p>")
        runner.hint("wiki", [Change(ref=page)])
        await until(lambda: world.state.intents("articles"), "the outcome is open")
        runner.hint("wiki", [Change(ref=page)])
        before = world.passes("hints")
        await asyncio.sleep(2)
        assert world.passes("hints") - before < 5
        world.wiki.edit(other, body="<p>2</p>")
        runner.hint("wiki", [Change(ref=other)])
        await until(lambda: world.text(world.twin(other)) == "<p>2</p>", "others go on")
        assert held is not None
