"""Partitions that a rebalance left with nobody: members that came back take them again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.xdist_group("kafka-merge"), pytest.mark.long(120)]

KEYS = 60
Begin = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def begin(bus: Any) -> Iterator[Begin]:
    """Start a member that dies once it has to hand something over."""
    started: list[subprocess.Popen[str]] = []

    def start(instance: str) -> subprocess.Popen[str]:
        program = str(Path(__file__).with_name("half_moved.py"))
        command = [sys.executable, program, instance, bus.broker.bootstrap, bus.topic]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=60)


def _die_half_way(begin: Begin) -> None:
    """Let two members of the group die while partitions are on their way between them."""
    one = begin("one")
    assert one.stdout is not None
    assert int(one.stdout.readline()) > 0
    two = begin("two")
    assert one.wait(60) == 9
    two.kill()
    two.wait(60)


async def test_partitions_that_were_on_their_way_when_all_members_died_are_merged(
    bus: Any, merging: Any, begin: Begin, event: Any
) -> None:
    events = [event(f"c{key}", "communication.held", 1) for key in range(KEYS)]
    await asyncio.to_thread(bus.write, events)
    await asyncio.to_thread(_die_half_way, begin)
    async with merging("one"), merging("two"):
        found = await bus.wait(KEYS, 90)
    assert sorted(one["event_id"] for one in found) == sorted(one.id for one in events)
