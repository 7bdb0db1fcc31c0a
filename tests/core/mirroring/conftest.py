"""A mirror between a source and a sink that the test plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from attrs import define, field

from syncline.engine.mirroring import Mirror, OpenConversations
from syncline.events import Event
from syncline.events.dead_letters import DeadLetters
from syncline.events.spool import Position, Spool
from syncline.testing.clock import FakeClock
from syncline.testing.streams import ScriptedSink, ScriptedSource, settled_down


async def at_once(
    call: Callable[[Sequence[Sequence[Event]]], list[Position]],
    groups: Sequence[Sequence[Event]],
) -> list[Position]:
    """Call what waits for the disk in the same thread: histories repeat exactly."""
    return call(groups)


@define(eq=False)
class Stage:
    """A mirror at work in a folder."""

    folder: Path
    clock: FakeClock = field(factory=lambda: FakeClock(auto=False))
    source: ScriptedSource = field(factory=ScriptedSource)
    sink: ScriptedSink = field(factory=ScriptedSink)
    spool_bytes: int = 1 << 20
    segment: int = 4096
    mirror: Mirror = field(init=False)
    task: asyncio.Task[None] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.mirror = Mirror(
            source=self.source,
            sink=self.sink,
            spool=Spool.open(self.folder / "spool", self.spool_bytes, segment=self.segment),
            open_conversations=OpenConversations.open_at(self.folder / "known.db", self.clock),
            dead_letters=DeadLetters(self.folder / "dead-letters.jsonl"),
            clock=self.clock,
            random=lambda: 0.5,
            blocking=at_once,
        )

    async def start(self) -> None:
        self.task = asyncio.create_task(self.mirror.run())
        await settled_down()

    async def passes(self, seconds: float) -> None:
        """Let time go by."""
        for _ in range(round(seconds / 0.25)):
            self.clock.advance(0.25)
            await settled_down()

    async def end(self, within: float = 10.0) -> None:
        """End it cleanly, as a service does."""
        await self.mirror.stop(within)
        await settled_down()
        for _ in range(200):
            if self.task is None or self.task.done():
                break
            await self.passes(0.25)
        await self.close()

    async def close(self) -> None:
        """End whatever is still running, and close the files."""
        task, self.task = self.task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.mirror.spool.close()
            self.mirror.open_conversations.close()


Staged = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def staged(tmp_path: Path) -> AsyncIterator[Staged]:
    stages: list[Stage] = []

    async def make(**given: object) -> Stage:
        stage = Stage(tmp_path, **given)  # type: ignore[arg-type]  # whatever the test names
        stages.append(stage)
        await stage.start()
        return stage

    yield make
    for stage in stages:
        await stage.close()
