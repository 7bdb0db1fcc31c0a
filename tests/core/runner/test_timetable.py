"""When passes are due by the clock, and what was missed while nobody was there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import attrs
import pytest

from syncline.runner.cron import next_time
from syncline.state.records import SaveRun

NEVER = 'poll = "0s"'


async def test_a_job_without_settings_is_swept_at_night_and_polled(
    world: Any, at_work: Any
) -> None:
    world.schedule = ""
    async with at_work(world.runner()) as runner:
        await runner.begun.wait()
        working, now = runner.jobs["articles"], world.clock.now()
        night = next_time("0 2 * * *", now)
        assert night is not None
        assert night <= working.next_full <= night + timedelta(minutes=10)
        assert now < working.next_poll <= now + timedelta(minutes=5)


async def test_jobs_are_not_polled_where_nobody_tells_what_changed(
    world: Any, at_work: Any
) -> None:
    async with at_work(world.runner(world.config(NEVER))) as runner:
        await runner.begun.wait()
        assert runner.jobs["articles"].next_poll is None


async def test_a_full_pass_that_was_missed_is_made_at_the_start(
    world: Any, at_work: Any, until: Any
) -> None:
    async with world.runner() as runner:
        await runner.sync("articles")
    last = world.state.last_run("articles", "full")
    old = attrs.evolve(last, started_at=last.started_at - timedelta(days=2))
    world.state.commit([SaveRun(old)], None)
    async with at_work(world.runner(world.config('schedule = "0 2 * * *"\n' + NEVER))):
        await until(lambda: world.passes("full") == 2, "it is made up for")


async def test_a_full_pass_that_was_not_missed_is_not_made_again(world: Any, at_work: Any) -> None:
    async with world.runner() as runner:
        await runner.sync("articles")
    async with at_work(world.runner(world.config(NEVER))) as runner:
        await runner.begun.wait()
        await asyncio.sleep(0.5)
        assert world.passes("full") == 1


async def test_a_standby_lets_the_clock_pass(world: Any, at_work: Any) -> None:
    config = world.config('poll = "1s"')
    second = world.runner(config, holder="two-0")
    async with at_work(world.runner(config)), at_work(second):
        await asyncio.sleep(1.2)
        assert second.jobs["articles"].role == "standby"
        assert second.jobs["articles"].next_poll is not None


async def test_a_runner_can_run_again(world: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with world.runner(world.config('poll = "1s"')) as runner:
        for text in ("<p>9 to 6</p>", "<p>9 to 7</p>"):
            world.wiki.edit(page, body=text)
            task = asyncio.create_task(runner.run())
            await until(lambda text=text: world.text(world.twin(page)) == text, "it works")
            await runner.stop()
            await task


async def test_cancelling_drains_as_well(world: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    gate = asyncio.Event()

    async def wait(op: str, ref: object) -> None:
        if op == "create":
            await gate.wait()

    world.kb.meanwhile = wait
    async with world.runner(world.config(NEVER)) as runner:
        task = asyncio.create_task(runner.run())
        await until(lambda: world.kb.calls["create"], "the write is under way")
        task.cancel()
        await asyncio.sleep(0.2)
        assert not task.done(), "the item at hand is finished first"
        gate.set()
        await asyncio.wait({task})
        assert task.cancelled()
        assert not world.state.intents("articles")
        assert world.text(world.twin(page)) == "<p>9 to 5</p>"


async def test_draining_has_an_end(
    world: Any, until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.wiki.write("Opening hours", "<p>9 to 5</p>")

    async def hang(op: str, ref: object) -> None:
        if op == "create":
            await asyncio.Event().wait()

    world.kb.meanwhile = hang
    async with world.runner(world.config(NEVER), drain=0.2) as runner:
        task = asyncio.create_task(runner.run())
        await until(lambda: world.kb.calls["create"], "the write is under way")
        await runner.stop()
        async with asyncio.timeout(60):
            await task
        assert world.state.intents("articles"), "it is looked for at the next start"
    (late,) = [each for each in caplog.records if "did not end in time" in each.message]
    assert (late.__dict__["job"], late.__dict__["seconds"]) == ("articles", 0.2)
    assert late.message.startswith("a write did not end")
