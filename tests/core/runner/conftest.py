"""Runners over stores in memory, and over folders in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.clock import SystemClock
from syncline.config import Config, load
from syncline.engine import Session
from syncline.model import Ref
from syncline.ports import Clock
from syncline.runner import Runner
from syncline.state import SqliteState
from syncline.state.port import StateStore
from syncline.testing import MemoryStore

TABLES = """\
state = "state.db"
[connections.wiki]
connector = "files"
path = "wiki"
[connections.kb]
connector = "files"
path = "kb"
"""
SELDOM = 'schedule = "0 0 1 1 *"\n'
"""No pass but those that a test wants, at whatever time of day it runs."""
JOB = """\
[jobs.{name}]
kind = "documents"
left = "wiki"
right = "{right}"
{more}
"""


@attrs.define
class World:
    """Stores in memory, and the configuration of jobs between them."""

    folder: Path
    wiki: MemoryStore
    kb: MemoryStore
    state: SqliteState
    clock: Clock
    events: list[tuple[str, Mapping[str, object]]]
    opened: list[str]
    """The jobs in the order in which they were opened."""
    schedule: str = SELDOM
    """The line of jobs that say nothing of their full passes."""

    def _whenever(self, lines: str) -> str:
        return lines if "schedule" in lines else f"{self.schedule}{lines}"

    def config(self, more: str = "", **jobs: str) -> Config:
        """One job called `articles`, unless others are named with their further settings."""
        named = jobs or {"articles": more}
        text = TABLES + "".join(
            JOB.format(name=name, right="kb", more=self._whenever(lines))
            for name, lines in named.items()
        )
        return load(text.encode(), folder=self.folder)

    @asynccontextmanager
    async def open(
        self,
        config: Config,
        job: str,
        *,
        state: StateStore,
        clock: Clock,
        progress: Callable[..., None],
    ) -> AsyncIterator[Session]:
        """What a runner opens instead of connections."""
        self.opened.append(job)
        settings = config.documents_job(job)
        yield Session(
            job=job, left=self.wiki, right=self.kb, left_name="wiki", right_name="kb", state=state,
            clock=clock, mapping=settings.lens(), policy=settings.policy(),
            limits=settings.limits(), progress=progress,
        )  # fmt: skip

    def runner(self, config: Config | None = None, **more: Any) -> Runner:
        arguments: dict[str, Any] = {
            "state": self.state, "clock": self.clock, "sessions": self.open, "holder": "one-0",
        }  # fmt: skip
        runner = Runner(config or self.config(), **{**arguments, **more})
        runner.subscribe(lambda event, fields: self.events.append((event, fields)))
        return runner

    def told(self, event: str) -> list[Mapping[str, object]]:
        """The fields of every event of one name, so far."""
        return [fields for name, fields in self.events if name == event]

    def passes(self, kind: str) -> int:
        """How many passes of one kind have ended well."""
        return sum(f["kind"] == kind and not f["error"] for f in self.told("pass.ended"))

    def twin(self, ref: Ref, job: str = "articles") -> Ref | None:
        """The counterpart of an item of the wiki."""
        link = self.state.link(job, ref)
        return link.right.ref if link else None

    def text(self, ref: Ref | None) -> str:
        """What the knowledge base holds of an article."""
        return self.kb.live()[ref].body if ref in self.kb.live() else ""


@pytest.fixture
def world(tmp_path: Path) -> World:
    clock = SystemClock()
    for name in ("wiki", "kb"):
        (tmp_path / name).mkdir()
    return World(
        tmp_path, MemoryStore("wiki", clock), MemoryStore("kb", clock), SqliteState.memory(), clock,
        [], [],
    )  # fmt: skip


async def until(true: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait for something that other tasks bring about."""
    try:
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 -- a condition that nothing announces
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until


@asynccontextmanager
async def at_work(runner: Runner) -> AsyncIterator[Runner]:
    """Let a runner run beside a test."""
    async with runner:
        task = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            await runner.stop()
            await task


@pytest.fixture(name="at_work")
def at_work_fixture() -> Callable[..., Any]:
    return at_work
