"""A runner works mirrors and merge jobs: leases, restarts, clean ends, other configurations."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import Config, load
from syncline.connector import Connector, Context, setting
from syncline.engine.mirroring.status import stream_statuses
from syncline.errors import (
    ConfigError,
    Forbidden,
    PluginError,
    StateError,
    SynclineError,
    Unavailable,
)
from syncline.events import EventSink, EventSource, MergeJob, Subscription
from syncline.events.lines import Lines, LinesSettings
from syncline.events.lines import connector as lines
from syncline.ports import Secret
from syncline.runner import Runner
from syncline.state import SqliteState
from syncline.testing.streams import ScriptedSource, happening

_SECONDS = 60.0


@attrs.frozen(kw_only=True)
class _ListenerSettings:
    token: Secret = setting("What opens it.")


@attrs.frozen(kw_only=True)
class _Settings:
    listeners: Mapping[str, _ListenerSettings] = setting("Of each.", factory=dict)


def _raw_sink(settings: LinesSettings, context: Context) -> EventSink:
    return Lines(settings=settings)


class _Stage:
    def __init__(self, told: MergeJob) -> None:
        self.told = told
        self.ended = asyncio.Event()

    async def run(self) -> None:
        await self.ended.wait()

    async def aclose(self) -> None:
        self.ended.set()


@attrs.define(eq=False)
class Vendor:
    """What the connectors of this test open, and what it refuses."""

    sources: list[ScriptedSource] = attrs.field(factory=list)
    wanted: list[Subscription] = attrs.field(factory=list)
    stages: list[_Stage] = attrs.field(factory=list)
    refuses: SynclineError | None = None
    make: type[ScriptedSource] = ScriptedSource

    def source(self, settings: Any, context: Context, wanted: Subscription) -> EventSource:
        if self.refuses is not None:
            raise self.refuses
        self.wanted.append(wanted)
        self.sources.append(self.make())
        return self.sources[-1]

    def merge(self, settings: Any, context: Context, told: MergeJob) -> _Stage:
        self.stages.append(_Stage(told))
        return self.stages[-1]

    def load(self, name: str) -> Connector:
        teller = Connector(name="teller", summary="T.", settings=_Settings, source=self.source)
        taker = attrs.evolve(lines, name="taker", raw_sink=_raw_sink, merge=self.merge)
        known = {"teller": teller, "taker": taker, "lines": lines}
        if name not in known:
            raise PluginError(f"no connector {name!r} is installed")
        return known[name]


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


FILE = """
[connections.cx]
connector = "teller"
[connections.out]
connector = "taker"
file = "out.jsonl"
[jobs.mirror]
kind = "events"
source = "cx"
sink = "out"
topics = ["t"]
dedupe = "{dedupe}"
listener = "{listener}"
{more}
"""

Made = Callable[..., Config]


@pytest.fixture
def config(tmp_path: Path, vendor: Vendor) -> Made:
    def made(
        dedupe: str = "consumer", listener: str = "a", more: str = "", top: str = ""
    ) -> Config:
        text = top + FILE.format(dedupe=dedupe, listener=listener, more=more)
        return load(text.encode(), folder=tmp_path, connectors=vendor.load)

    return made


@asynccontextmanager
async def running(config: Config, **given: Any) -> AsyncIterator[Runner]:
    async with Runner(config, drain=2.0, **given) as runner:
        task = asyncio.create_task(runner.run())
        await asyncio.wait_for(runner.begun.wait(), _SECONDS)
        try:
            yield runner
        finally:
            runner.end()
            await asyncio.wait_for(task, _SECONDS)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not true():  # noqa: ASYNC110 -- what is waited for announces nothing
            await asyncio.sleep(0.02)


def role(runner: Runner) -> str:
    return runner.streams["mirror"].role


def arrived(folder: Path) -> list[str]:
    path = folder / "out.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line)["id"] for line in lines]


async def test_a_mirror_is_worked_beside_nothing_else(
    tmp_path: Path, config: Made, vendor: Vendor
) -> None:
    async with running(config()) as runner:
        await until(lambda: vendor.sources)
        vendor.sources[0].tell(happening(1), happening(2))
        await until(lambda: arrived(tmp_path) == ["e1", "e2"])
        stream = runner.streams["mirror"]
        assert (stream.role, stream.last_error, runner.jobs) == ("active", None, {})
        await until(lambda: vendor.sources[0].settled == ["e1", "e2"])
        vendor.sources[0].tell(happening(3))
    assert arrived(tmp_path) == ["e1", "e2", "e3"]
    assert vendor.sources[0].settled == ["e1", "e2", "e3"]


async def test_the_source_is_told_what_the_job_says(config: Made, vendor: Vendor) -> None:
    async with running(config(more='privacy = { texts = "keep" }').listening_as("b")):
        await until(lambda: vendor.wanted)
    (wanted,) = vendor.wanted
    assert (wanted.job, wanted.topics, wanted.listener) == ("mirror", ("t",), "b")
    assert wanted.privacy.texts == "keep"


async def test_two_listeners_work_at_once_where_somebody_else_drops_repeats(
    tmp_path: Path, config: Made, vendor: Vendor
) -> None:
    async with running(config(), holder="one"), running(config(listener="b"), holder="two"):
        await until(lambda: len(vendor.sources) == 2)
        for source in vendor.sources:
            source.tell(happening(1))
        await until(lambda: arrived(tmp_path) == ["e1", "e1"])


async def test_one_listener_works_and_another_takes_over_where_the_job_drops_repeats(
    tmp_path: Path, config: Made, vendor: Vendor
) -> None:
    first = running(config("state"), holder="one")
    await first.__aenter__()
    await until(lambda: vendor.sources)
    vendor.sources[0].tell(happening(1), happening(1), happening(2))
    async with running(config("state", "b"), holder="two") as second:
        assert role(second) == "standby"
        await until(lambda: arrived(tmp_path) == ["e1", "e2"])
        await first.__aexit__(None, None, None)
        await until(lambda: len(vendor.sources) == 2)
        assert role(second) == "active"
        vendor.sources[1].tell(happening(2), happening(3))
        await until(lambda: arrived(tmp_path) == ["e1", "e2", "e3"])
        assert second.streams["mirror"].metrics.repeats == 1


async def test_a_source_that_fails_is_begun_again(config: Made, vendor: Vendor) -> None:
    async with running(config(), random=lambda: 0.0) as runner:
        await until(lambda: vendor.sources)
        vendor.sources[0].fail(Unavailable("the vendor is away"))
        await until(lambda: runner.streams["mirror"].last_error == "the vendor is away")
        await until(lambda: len(vendor.sources) == 2)
        await until(lambda: runner.streams["mirror"].last_error is None)


async def test_a_credential_that_is_refused_is_told(
    config: Made, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.refuses = Forbidden("cx: the client may not have channels (403)")
    told: list[Mapping[str, object]] = []
    async with Runner(config(), drain=1.0) as runner:
        runner.subscribe(lambda event, fields: told.append({"event": event, **fields}))
        task = asyncio.create_task(runner.run())
        await until(lambda: runner.streams["mirror"].failures)
        assert "somebody has to mend that" in runner.streams["mirror"].health.unfit
        await until(lambda: next(iter(stream_statuses(runner.config, "mirror"))).error)
        (status,) = stream_statuses(runner.config, "mirror")
        assert "  the reason: cx: the client may not have channels (403)" in [*status.lines()]
        runner.end()
        await task
        assert runner.streams["mirror"].last_error == "cx: the client may not have channels (403)"
    assert {"event": "job.failed", "job": "mirror", "error": "cx: the client may not have channels (403)"} in told  # fmt: skip  # noqa: E501
    assert "a stream waits for somebody to mend what is wrong" in caplog.text


async def test_how_a_stream_fares_is_told_once_the_state_can_be_written(
    config: Made, vendor: Vendor
) -> None:
    class Full(SqliteState):
        """Takes nothing down at first."""

        refused = 0

        def cache(self, connection: str, key: str, value: str) -> None:
            if self.refused < 3:
                self.refused += 1
                raise StateError("the disk is full")
            super().cache(connection, key, value)

    vendor.refuses = Forbidden("cx: the client may not have channels (403)")
    made = config()
    assert isinstance(made.state, Path)
    with closing(Full.open(made.state)) as state:
        async with running(made, state=state):
            await until(lambda: next(iter(stream_statuses(made, "mirror"))).error)
        assert state.refused == 3


async def test_a_stream_that_does_not_end_in_time_is_named(
    config: Made, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    class Slow(ScriptedSource):
        async def aclose(self) -> None:
            await asyncio.sleep(1.0)

    vendor.make = Slow
    async with Runner(config(), drain=0.3) as runner:
        task = asyncio.create_task(runner.run())
        await until(lambda: vendor.sources and runner.streams["mirror"].since)
        runner.end()
        await asyncio.wait_for(task, _SECONDS)
    (late,) = [each for each in caplog.records if "did not end in time" in each.message]
    assert late.message.startswith("streams did not end in time; what their sinks")
    assert late.__dict__["job"] == "mirror"


async def test_a_merge_job_is_told_its_instance_and_its_thresholds(
    config: Made, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_INSTANCE", "second")
    clean = '[jobs.clean]\nkind = "merge"\nof = "mirror"\nzombies = { after = { voice = "1h" } }\n'
    async with running(config("merge", more=clean)) as runner:
        await until(lambda: vendor.stages and vendor.sources)
        assert {each.role for each in runner.streams.values()} == {"active"}
        told = vendor.stages[0].told
        (status,) = stream_statuses(runner.config, "clean")
        assert status.worked_by == runner.holder
    assert (told.job, told.instance) == ("clean", "second")
    assert told.zombies.after["voice"].total_seconds() == 3600
    assert told.zombies.lookup is None
    assert vendor.stages[0].ended.is_set()


async def test_a_key_of_hashes_that_can_be_guessed_is_refused(
    config: Made, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRROR_KEY", "hunter2")
    made = config(more='privacy = { key = { env = "MIRROR_KEY" } }')
    with pytest.raises(ConfigError, match=r"jobs\.mirror\.privacy\.key: .*16 characters") as caught:
        await Runner(made).__aenter__()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("MIRROR_KEY", "5e1f8a93c07b46d2")
    async with running(made):
        await until(lambda: vendor.sources)


async def test_a_host_needs_the_secrets_of_its_own_listener_alone(
    config: Made, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUN5_A", "opens a")
    tokens = "".join(
        f'[connections.cx.listeners.{name}]\ntoken = {{ env = "RUN5_{name.upper()}" }}\n'
        for name in "ab"
    )
    async with running(config(more=tokens)):
        await until(lambda: vendor.sources)
    with pytest.raises(ConfigError, match=r"connections\.cx\.listeners\.b\.token.*RUN5_B"):
        await Runner(config(listener="b", more=tokens)).__aenter__()


async def test_another_configuration_begins_the_stream_anew_and_the_same_does_not(
    config: Made, vendor: Vendor
) -> None:
    async with running(config()) as runner:
        await until(lambda: vendor.sources)
        await runner.reload(config())
        await asyncio.sleep(0.1)
        assert len(vendor.sources) == 1
        await runner.reload(config(more='privacy = { names = "keep" }'))
        await until(lambda: len(vendor.sources) == 2)
        assert vendor.wanted[1].privacy.names == "keep"


async def test_what_waits_is_shown_to_whoever_asks_for_the_status(
    tmp_path: Path, config: Made, vendor: Vendor
) -> None:
    made = config()
    (tmp_path / "out.jsonl").mkdir()  # nothing can be written there
    async with running(made) as runner:
        await until(lambda: vendor.sources)
        vendor.sources[0].tell(
            happening(1, type="conversation.started"),
            complete_until=happening(5).occurred_at,
        )
        await until(lambda: runner.streams["mirror"].metrics.spool_bytes)
        await until(lambda: vendor.sources[0].settled)
        assert "cannot be written" in (runner.streams["mirror"].last_error or "")
        (status,) = stream_statuses(made, "mirror")
        assert status.worked_by == runner.holder
    (status,) = stream_statuses(made, "mirror")
    assert (status.listener, status.open, status.dead_letters) == ("a", 1, 0)
    assert status.waiting_bytes > 0
    text = "\n".join(status.lines())
    assert "bytes wait on disk" in text
    assert "complete until 2026-03-01 09:00:05 UTC; 1 conversations were open" in text
    (tmp_path / "out.jsonl").rmdir()
    async with running(made):
        await until(lambda: arrived(tmp_path) == ["e1"])
    (status,) = stream_statuses(made, "mirror")
    assert status.waiting_bytes == 0


async def test_two_processes_cannot_use_one_folder(
    config: Made, vendor: Vendor, tmp_path: Path
) -> None:
    """Two states, one folder: a lease cannot see it, a lock can."""
    spool = 'spool = { folder = "shared" }'
    async with running(config(more=spool)):
        await until(lambda: vendor.sources)
        other = config(more=spool, top='state = "other.db"\n')
        async with running(other) as second:
            await until(lambda: second.streams["mirror"].failures)
            assert "another process uses it" in str(second.streams["mirror"].last_error)


async def test_other_jobs_tell_nothing_to_the_sink_of_a_mirror(config: Made) -> None:
    from syncline.clock import SystemClock
    from syncline.runner.publisher import open_sinks

    state = SqliteState.memory()
    assert await open_sinks(config(), state, SystemClock()) == {}
    state.close()


def test_what_is_kept_is_only_for_its_owner(tmp_path: Path, config: Made, vendor: Vendor) -> None:
    before = os.umask(0)
    try:
        made = config()

        async def once() -> None:
            async with running(made):
                await until(lambda: vendor.sources)

        asyncio.run(once())
    finally:
        os.umask(before)
    folder = tmp_path / "syncline-state-mirror" / "a"
    kept = [folder.parent, folder, *folder.rglob("*")]
    assert folder / "known.db" in kept
    assert not [path for path in kept if path.stat().st_mode & 0o077 and path.name != "lock"]
