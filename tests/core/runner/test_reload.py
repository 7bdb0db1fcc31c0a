"""A changed configuration is followed without dropping work; a faulty one changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from syncline.config import read
from syncline.errors import ConfigError, Forbidden
from syncline.logs import configure
from syncline.model import Change
from syncline.ports import Secret
from syncline.redaction import register
from syncline.runner.config_watcher import ConfigWatcher

NEVER = 'poll = "0s"'


async def test_only_jobs_that_changed_are_opened_anew(world: Any, at_work: Any) -> None:
    shared = "relay = true\n" + NEVER
    runner = world.runner(world.config(one=shared, two=shared))
    async with at_work(runner):
        assert world.opened == ["one", "two"]
        kept = runner.session("one")
        await runner.reload(world.config(one=shared, two=shared + "\nworkers = 3"))
        assert world.opened == ["one", "two", "two"]
        assert runner.session("one") is kept
        assert runner.session("two").limits.workers == 3
        assert world.told("reloaded") == [{}]


async def test_jobs_come_and_go(world: Any, at_work: Any, until: Any) -> None:
    shared = "relay = true\n" + NEVER
    runner = world.runner(world.config(one=shared))
    async with at_work(runner):
        await until(lambda: runner.jobs["one"].role == "active", "it works")
        await runner.reload(world.config(two=shared))
        assert list(runner.jobs) == ["two"]
        await until(lambda: runner.jobs["two"].role == "active", "the other works")
        assert world.state.acquire("runner/one", holder="another", ttl=1), "it was given back"


async def test_a_pass_that_is_under_way_is_finished_first(
    world: Any, at_work: Any, until: Any
) -> None:
    gate = asyncio.Event()

    async def wait(op: str, ref: object) -> None:
        if op == "create":
            await gate.wait()

    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    world.kb.meanwhile = wait
    runner = world.runner(world.config(NEVER))
    async with at_work(runner):
        await until(lambda: world.kb.calls["create"], "the pass is at it")
        reloading = asyncio.create_task(runner.reload(world.config(NEVER + "\nworkers = 3")))
        await asyncio.sleep(0.2)
        assert not reloading.done()
        gate.set()
        await reloading
        assert world.twin(page) is not None
        assert world.passes("full") == 1
        world.wiki.edit(page, body="<p>9 to 6</p>")
        runner.hint("wiki", [Change(ref=page)])
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "hints go on")


async def test_hints_are_worked_while_a_reload_waits_for_a_full_pass(
    world: Any, at_work: Any, until: Any
) -> None:
    gate = asyncio.Event()

    async def wait(op: str, ref: object) -> None:
        if op == "create":
            await gate.wait()

    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    runner = world.runner(world.config(NEVER))
    async with at_work(runner):
        await until(lambda: world.passes("full"), "the first pass")
        world.kb.meanwhile = wait
        world.wiki.write("Prices", "<p>1</p>")
        runner.jobs["articles"].want("full")
        await until(lambda: world.kb.calls["create"] == 2, "the pass is at it")
        reloading = asyncio.create_task(runner.reload(world.config(NEVER + "\nworkers = 3")))
        world.wiki.edit(page, body="<p>9 to 6</p>")
        runner.hint("wiki", [Change(ref=page)])
        await until(lambda: world.text(world.twin(page)) == "<p>9 to 6</p>", "hints go on")
        assert not reloading.done()
        gate.set()
        await reloading


@pytest.mark.parametrize("more", ["", "\nworkers = 3"])
async def test_what_was_put_off_after_a_failure_is_tried_at_once(
    world: Any, at_work: Any, until: Any, more: str
) -> None:
    denied = Forbidden("wiki: the token was withdrawn (401)")
    world.wiki.fail("heads", denied, times=10_000)
    page = world.wiki.write("Opening hours", "<p>9 to 5</p>")
    runner = world.runner(world.config(NEVER))
    async with at_work(runner):
        await until(lambda: world.told("job.failed"), "it is said")
        await asyncio.sleep(0.1)
        world.wiki.recover()
        await runner.reload(world.config(NEVER + more))
        await until(lambda: world.twin(page), "it is tried again", seconds=20)


async def test_another_state_needs_a_restart(world: Any, at_work: Any) -> None:
    import attrs

    config = world.config(NEVER)
    async with at_work(world.runner(config)) as runner:
        with pytest.raises(ConfigError, match="restart"):
            await runner.reload(attrs.evolve(config, state=Path("elsewhere.db")))
        assert runner.config is config


async def test_a_job_that_was_asked_for_may_not_vanish(world: Any, at_work: Any) -> None:
    shared = "relay = true\n" + NEVER
    async with at_work(world.runner(world.config(one=shared), jobs=["one"])) as runner:
        with pytest.raises(ConfigError, match="one"):
            await runner.reload(world.config(two=shared))
        assert list(runner.jobs) == ["one"]


FILE = """\
[connections.wiki]
connector = "files"
path = "wiki"
[connections.kb]
connector = "files"
path = "kb"
[jobs.articles]
kind = "documents"
left = "wiki"
right = "kb"
"""


async def test_the_file_is_followed_and_its_faults_are_told(
    world: Any, at_work: Any, until: Any
) -> None:
    path = world.folder / "syncline.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    told: list[str] = []
    async with at_work(world.runner(read(path))) as runner:
        before = runner.config
        follower = ConfigWatcher(
            runner=runner, path=path, read=lambda: read(path), tell=told.extend, look=0.05
        )
        task = asyncio.create_task(follower.follow())
        await asyncio.sleep(0.1)

        path.write_text(FILE + 'workers = "many"\ndeletes = "often"\n')
        await until(lambda: told, "the faults are told")
        assert "workers" in told[0]
        assert "deletes" in told[1]
        assert "goes on" in told[-1]
        assert runner.config is before

        told.clear()
        other = path.with_suffix(".new")
        other.write_text(FILE + "workers = 3\n")
        other.chmod(0o600)
        other.replace(path)
        await until(lambda: told, "it is read again")
        assert told == [f"{path}: read again"]
        assert runner.session("articles").limits.workers == 3

        told.clear()
        follower.ask()
        await until(lambda: told, "it is read again when asked to")
        path.unlink()
        await asyncio.sleep(0.3)
        assert len(told) == 1, "a file that is being replaced is waited for"
        task.cancel()


async def test_the_faults_of_a_changed_file_are_in_the_log_and_counted(
    world: Any, at_work: Any
) -> None:
    path = world.folder / "syncline.toml"
    path.write_text(FILE)
    register(Secret("hunter2-hunter2"))
    log = io.StringIO()
    handler = configure("json", stream=log)
    try:
        async with at_work(world.runner(read(path))) as runner:
            follower = ConfigWatcher(
                runner=runner, path=path, read=lambda: read(path), tell=lambda lines: None
            )
            path.write_text(FILE + 'workers = "many"\ndeletes = "hunter2-hunter2"\n')
            await follower.reload()
            path.unlink()
            await follower.reload()
    finally:
        logging.getLogger().removeHandler(handler)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    first, second = (line for line in lines if line["level"] == "ERROR")
    assert first["message"] == "the changed configuration was not taken over"
    assert first["file"] == str(path)
    assert ["workers" in first["faults"][0], "deletes" in first["faults"][1]] == [True, True]
    assert "hunter2" not in log.getvalue()
    assert len(second["faults"]) == 1
    assert world.told("reload.refused") == [{"faults": 2}, {"faults": 1}]


async def test_half_a_file_is_not_read(world: Any, at_work: Any, until: Any) -> None:
    path = world.folder / "syncline.toml"
    path.write_text(FILE)
    told: list[str] = []
    async with at_work(world.runner(read(path))) as runner:
        follower = ConfigWatcher(
            runner=runner, path=path, read=lambda: read(path), tell=told.extend, look=0.2
        )
        task = asyncio.create_task(follower.follow())
        await asyncio.sleep(0.1)
        for size in range(10, len(FILE), 10):
            path.write_text(FILE[:size])
            await asyncio.sleep(0.04)
        path.write_text(FILE + "workers = 3\n")
        await until(lambda: runner.session("articles").limits.workers == 3, "it is read")
        assert not [line for line in told if "goes on" in line]
        task.cancel()


async def test_a_rotated_secret_is_noticed(tmp_path: Path) -> None:
    from syncline.clock import SystemClock
    from syncline.runner.opening import access_to
    from syncline.state import SqliteState

    secret = tmp_path / "token"
    secret.write_text("first")
    secret.chmod(0o600)
    path = tmp_path / "syncline.toml"
    path.write_text(
        FILE.replace(
            'connector = "files"\npath = "wiki"',
            'connector = "confluence"\nsite = "https://x.example"\nuser = "u@x.example"\n'
            'space = "S"\ntoken = { file = "token" }',
            1,
        )
    )
    state, clock, config = SqliteState.memory(), SystemClock(), read(path)
    before = await access_to(config, config.connections["wiki"], state, clock)
    assert await access_to(config, config.connections["wiki"], state, clock) == before
    secret.write_text("second")
    assert await access_to(config, config.connections["wiki"], state, clock) != before
    assert "first" not in repr(before)
