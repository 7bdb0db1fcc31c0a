"""A runner works configuration jobs: hints, queues, polls, and what it is told to hold back."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from syncline import cli
from syncline.clock import SystemClock
from syncline.config import Config, load
from syncline.config_items import item_ref
from syncline.config_store import Delivery
from syncline.connector import Connector, Context
from syncline.model import JSON, Change, Ref
from syncline.runner import Runner
from syncline.runner.intakes import interpret
from syncline.state import SqliteState
from syncline.testing.config_memory import MemoryConfigStore
from syncline.testing.config_vendor import KINDS

TEAM, GROUP = item_ref("cx", "limits", "ivr"), item_ref("cloud", "group", "ivr")
TEXT = """
state = "state.db"
[connections.cx]
connector = "cx"
[connections.cloud]
connector = "cloud"
[jobs.capacity]
kind = "config"
debounce = "1s"
poll = "0s"
schedule = "0 0 1 1 *"
[[jobs.capacity.rules]]
name = "machines"
from = { asg = "cloud:group/ivr" }
to = "cx:limits/ivr#call.maximum"
expression = "asg.in_service * 10"
"""


@attrs.frozen
class Nothing:
    """No settings."""


class Queue:
    """Messages that stay until they are acknowledged."""

    def __init__(self) -> None:
        self.waiting: list[Delivery] = []
        self.dead: list[tuple[Delivery, str]] = []

    def send(self, body: bytes, group: str = "") -> None:
        number = len(self.waiting) + len(self.dead)
        self.waiting.append(Delivery(id=str(number), body=body, group=group))

    async def receive(self) -> Sequence[Delivery]:
        await asyncio.sleep(0.01)
        return list(self.waiting[:10])

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        self.waiting = [one for one in self.waiting if one not in deliveries]

    async def failed(self, delivery: Delivery, why: str) -> None:
        self.waiting.remove(delivery)
        self.dead.append((delivery, why))

    async def aclose(self) -> None:
        """Do nothing."""


class Reader:
    """Understands `{"source": "cloud", "detail": {"group": …}}`."""

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Change] | None:
        detail = envelope.get("detail")
        if envelope.get("source") != "cloud" or not isinstance(detail, dict):
            return None
        return [Change(ref=item_ref("cloud", "group", str(detail["group"])))]


def event(group: str = "ivr") -> bytes:
    return json.dumps({"source": "cloud", "detail-type": "t", "detail": {"group": group}}).encode()


@attrs.define
class World:
    config: Config
    state: SqliteState
    cx: MemoryConfigStore
    cloud: MemoryConfigStore
    queue: Queue
    live: Queue
    asked: list[tuple[str, ...]]
    """The objects of which live news was asked for."""

    def runner(self) -> Runner:
        return Runner(self.config, state=self.state, holder="one-0")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runner]:
        async with self.runner() as runner:
            task = asyncio.create_task(runner.run())
            try:
                await runner.begun.wait()
                yield runner
            finally:
                await runner.stop()
                await task

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110 -- what is waited for is another task's work
                await asyncio.sleep(0.02)


@pytest.fixture
def world(tmp_path: Path) -> World:
    clock = SystemClock()
    stores = {name: MemoryConfigStore(name, clock) for name in ("cx", "cloud")}
    stores["cx"].put("limits", "ivr", {"call.maximum": 5})
    stores["cloud"].put("group", "ivr", {"in_service": 1})
    queue, live = Queue(), Queue()
    asked: list[tuple[str, ...]] = []

    def connector(name: str) -> Connector:
        def opened(_: object, context: Context) -> MemoryConfigStore:
            return stores[context.connection]

        def listening(_: object, context: Context, refs: Sequence[Ref]) -> Queue:
            asked.append(tuple(map(str, refs)))
            return live

        cloud = name == "cloud"
        return Connector(
            name=name,
            summary="In memory.",
            settings=Nothing,
            config=opened,
            kinds=lambda: KINDS,
            events=(lambda _, __: Reader()) if cloud else None,
            intake=(lambda _, __: queue) if cloud else None,
            live=listening if cloud else None,
        )

    config = load(TEXT.encode(), folder=tmp_path, connectors=connector)
    return World(config, SqliteState.memory(), stores["cx"], stores["cloud"], queue, live, asked)


async def test_a_runner_makes_a_first_pass_and_follows_hints(world: World) -> None:
    async with world.running() as runner:
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 10)
        world.cloud.edit(GROUP, "in_service", 7)
        runner.hint("cloud", [Change(ref=GROUP)])
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 70)
    assert not world.cx.writes[-1].foreign_changes


async def test_a_message_of_a_queue_is_acknowledged_once_it_is_stored(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 10)
        world.cloud.edit(GROUP, "in_service", 3)
        for _ in range(25):
            world.queue.send(event())
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 30)
        await world.until(lambda: not world.queue.waiting)
    assert len(world.cx.writes) == 2


async def test_what_rules_use_is_heard_of_live(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 10)
        world.cloud.edit(GROUP, "in_service", 4)
        world.live.send(event())
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 40)
    assert world.asked == [(str(GROUP),)]


async def test_a_message_that_makes_no_sense_goes_to_the_dead_letters(world: World) -> None:
    async with world.running():
        world.queue.send(b"{")
        world.queue.send(b"[]")
        world.queue.send(event())
        await world.until(lambda: not world.queue.waiting)
    assert [why for _, why in world.queue.dead] == [
        "a message of 1 bytes is no JSON",
        "a message is no object, as the envelope of an event is",
    ]


def test_after_a_message_that_makes_no_sense_the_rest_of_its_group_waits() -> None:
    deliveries = [
        Delivery(id="1", body=event("a"), group="g"),
        Delivery(id="2", body=b"?", group="g"),
        Delivery(id="3", body=event("b"), group="g"),
        Delivery(id="4", body=event("c"), group="h"),
    ]
    found = interpret(deliveries, {"cloud": Reader()})
    assert [delivery.id for delivery in found.done] == ["1", "4"]
    assert [delivery.id for delivery, _ in found.failed] == ["2"]
    assert [change.ref.id for _, changes in found.news for change in changes] == [
        "group/a",
        "group/c",
    ]


async def test_what_cools_down_is_written_when_its_time_has_come(
    world: World, tmp_path: Path
) -> None:
    text = TEXT + 'cooldown = "1s"\n'
    loaded = load(text.encode(), folder=tmp_path, connectors=_same(world))
    world.config = loaded
    async with world.running() as runner:
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 10)
        world.cloud.edit(GROUP, "in_service", 4)
        runner.hint("cloud", [Change(ref=GROUP)])
        await world.until(lambda: world.cx.value(TEAM, "call.maximum") == 40)
    first, second = world.cx.writes
    assert (second.at - first.at).total_seconds() >= 1


def _same(world: World) -> Callable[[str], Connector]:
    return lambda name: world.config.connections[name].connector


# -- the command line

Command = Callable[..., int]


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a verb on the world's configuration; its two connectors are installed as plugins."""
    folder = world.config.folder
    (folder / "syncline.toml").write_text(TEXT)
    info = folder / "acme_memory-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_memory\nVersion: 1\n")
    names = ("cx", "cloud")
    points = "".join(f"{name} = acme_memory_{name}\n" for name in names)
    (info / "entry_points.txt").write_text(f"[syncline]\n{points}")
    for name in names:
        module = ModuleType(f"acme_memory_{name}")
        vars(module)["connector"] = world.config.connections[name].connector
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.syspath_prepend(folder)

    def run(*arguments: str) -> int:
        return cli.main([*arguments, "--config", str(folder / "syncline.toml")])

    return run


def test_the_command_line_plans_syncs_and_tells(
    world: World, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("check", "--online") == 0
    assert command("plan") == 0
    out = capsys.readouterr().out
    assert "limits ivr: call.maximum 5 -> 10 (rule machines, because asg.in_service = 1)\n" in out
    assert command("sync") == 0
    assert world.cx.value(TEAM, "call.maximum") == 10
    for verb in ("status", "history", "conflicts", "quarantine"):
        assert command(verb) == 0
    assert command("explain", "cx:limits/ivr") == 0
    assert "holds 10" in capsys.readouterr().out
    assert command("losses") != 0
    assert command("approve", "capacity", "token") != 0


def test_the_command_line_undoes_a_run(
    world: World, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("sync")
    with_state = SqliteState.open(world.config.folder / "state.db")
    run = with_state.runs("capacity")[0].id
    with_state.close()
    assert command("undo", run) == 0
    assert world.cx.value(TEAM, "call.maximum") == 5
    assert command("release", "cx:limits/ivr#call.maximum") == 0
