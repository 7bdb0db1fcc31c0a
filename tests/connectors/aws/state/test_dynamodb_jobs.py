"""Jobs that remember in DynamoDB: two folders, and a configuration job of two processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import cast

import pytest

from syncline.config import read
from syncline.engine.opening.session import open_session
from syncline.errors import Refused
from syncline.state import StateStore
from syncline.testing.config_world import GROUP, JOB, TEAM, ConfigWorld
from syncline.testing.side_by_side import SideBySide
from syncline_aws.state import DynamoState

SEEDS = range(int(os.environ.get("SYNCLINE_DYNAMO_HISTORIES", "1")))


@pytest.fixture
def folder(configured: Path) -> Path:
    """The folder of a configuration; one side has four articles."""
    for n in range(4):
        (configured / "left" / f"article-{n}.md").write_text(f"# Article {n}\n\nAbout {n}.\n")
    return configured


async def writes(folder: Path) -> int:
    """Make a full pass as a process of its own; return how many writes it took."""
    async with open_session(read(folder / "syncline.toml"), "notes") as session:
        report = await session.sync()
        return int(report.counts["writes"])


def texts(folder: Path, side: str) -> list[str]:
    return sorted(file.read_text().splitlines()[-1] for file in (folder / side).glob("*.md"))


async def test_two_folders_are_kept_in_agreement_by_processes_that_come_and_go(
    folder: Path,
) -> None:
    assert await writes(folder) == 4
    assert texts(folder, "right") == texts(folder, "left")
    assert await writes(folder) == 0
    (copy,) = (folder / "right").glob("*article-2*")
    copy.write_text(copy.read_text().replace("About 2.", "All about 2."))
    assert await writes(folder) == 1
    assert "All about 2." in texts(folder, "left")
    next((folder / "left").glob("*article-3*")).unlink()
    await writes(folder)
    assert len(texts(folder, "right")) == 3
    async with open_session(read(folder / "syncline.toml"), "notes") as session:
        assert session.state.count_links("notes") == {"synced": 3}
        events = [entry.event for entry in session.history(limit=99)]
    assert events.count("created") == 4


def acts(world: ConfigWorld, rng: Random) -> list[Callable[[], Awaitable[object] | None]]:
    """Return what can happen, by one draw each."""
    name, verb = rng.choice(["one", "two"]), rng.choice(["sync", "poll", "work"])
    value = rng.randint(1, 9)
    return [
        lambda: world.scale(value),
        lambda: world.drift(value * 7),
        lambda: world.want(value),
        lambda: world.note(TEAM, f"n{value}"),
        lambda: world.hear([GROUP, TEAM, GROUP]),
        lambda: world.run(name, verb),
        lambda: world.run(name, verb),
        lambda: world.run(name, verb, dies_at=value * 3),
        lambda: world.both("work"),
        lambda: world.lose(applied=value > 4),
        lambda: world.later(seconds=61 * value),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_configuration_job_remembers_as_in_a_state_file(
    seed: int, open_dynamo: Callable[[], DynamoState]
) -> None:
    differences: list[str] = []

    def wrap(file: StateStore) -> StateStore:
        own = world.state.for_job(JOB)
        return cast(StateStore, SideBySide(own, open_dynamo(), differences))

    world, rng = ConfigWorld(wrap=wrap), Random(seed)

    async def live() -> None:
        for _ in range(10):
            happening = rng.choice(acts(world, rng))()
            if happening is not None:
                with suppress(Refused):  # the other process makes its full pass
                    await happening
            world.judge()
        await world.settle()

    asyncio.run(live())
    assert differences == []
    assert world.state.count_links(JOB) == open_dynamo().count_links(JOB) != {}
