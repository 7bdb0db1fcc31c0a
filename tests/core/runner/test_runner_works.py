"""What a runner does by itself: hints at once, polls and full passes when they are due."""

from __future__ import annotations

from typing import Any

from syncline.model import Change

NEVER = 'poll = "0s"'


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
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit", 2)
        await until(lambda: runner.jobs["articles"].waiting == 0, "nothing waits")
    assert world.told("hints") == [{"job": "articles", "connection": "wiki", "count": 1}]


async def test_a_hint_of_another_process_is_found(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    stranger = world.runner(world.config(NEVER), holder="two-0")
    async with at_work(world.runner(world.config(NEVER))), stranger:
        await until(lambda: world.passes("full"), "the first pass")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        stranger.hint("wiki", [Change(ref=page)])
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit", 3)


async def test_a_poll_brings_what_no_webhook_told(world: Any, at_work: Any, until: Any) -> None:
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    async with at_work(world.runner(world.config('poll = "1s"'))) as runner:
        await until(lambda: world.passes("full"), "the first pass")
        assert runner.jobs["articles"].next_poll is not None
        await until(lambda: world.passes("hints"), "the first poll: it begins from now on")
        world.wiki.edit(page, body="<p>9 to 6</p>")
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "the edit", 5)
