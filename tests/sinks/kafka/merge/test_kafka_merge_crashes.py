"""Processes that merge are killed in the middle of it: nothing is lost, and nothing told twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

pytestmark = [pytest.mark.xdist_group("kafka-merge"), pytest.mark.long(120)]

KEYS = 150
ROUNDS = 8


def _promises_hold(found: list[dict[str, Any]], expected: set[str]) -> None:
    """Everything was told once, and in order for each conversation."""
    ids = Counter(one["event_id"] for one in found)
    assert ids.keys() == expected
    assert [one for one, count in ids.items() if count > 1] == []
    latest: dict[str, str] = {}
    for one in found:
        key = one["conversation_id"]
        assert one["occurred_at"] >= latest.get(key, "") or one.get("late")
        latest[key] = max(latest.get(key, ""), one["occurred_at"])


async def test_nothing_is_lost_or_told_twice_whoever_is_killed(
    bus: Any, spawn: Any, event: Any
) -> None:
    chance = random.Random(7)
    processes = {name: spawn(name) for name in ("one", "two")}
    expected: set[str] = set()
    for number in range(ROUNDS):
        part = [event(f"c{key}", "communication.held", number) for key in range(KEYS)]
        expected |= {one.id for one in part}
        # The listeners lag behind each other.
        await asyncio.to_thread(bus.write, part)
        await asyncio.sleep(chance.random() * 0.4)
        await asyncio.to_thread(bus.write, part)
        if number % 2:
            name = chance.choice(["one", "two"])
            os.kill(processes[name].pid, signal.SIGKILL)
            processes[name].wait(60)
            processes[name] = spawn(name)
        await asyncio.sleep(chance.random())
    await bus.wait(len(expected))
    await asyncio.sleep(1)
    _promises_hold(bus.clean(), expected)
    assert all(process.poll() is None for process in processes.values())


@pytest.mark.soak
async def test_one_that_is_killed_for_good_is_replaced_by_the_others(
    bus: Any, spawn: Any, event: Any
) -> None:
    quick = {"session.timeout.ms": 6000}
    staying, leaving = spawn("one", **quick), spawn("two", **quick)
    first = [event(f"c{key}", "communication.held", 1) for key in range(KEYS)]
    bus.write(first)
    await bus.wait(KEYS)
    second = [event(f"c{key}", "communication.held", 2) for key in range(KEYS)]
    bus.write(second)
    os.kill(leaving.pid, signal.SIGKILL)
    bus.write([*first, *second])
    await bus.wait(2 * KEYS)
    await asyncio.sleep(1)
    _promises_hold(bus.clean(), {one.id for one in [*first, *second]})
    assert staying.poll() is None


async def test_one_that_is_told_to_stop_commits_and_ends(bus: Any, spawn: Any, life: Any) -> None:
    process = spawn("one")
    bus.write(life("c1"))
    await bus.wait(7)
    process.terminate()
    assert await asyncio.to_thread(process.wait, 60) == 0


@pytest.mark.soak
@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_an_outage_of_the_brokers_is_waited_for(
    bus: Any, merging: Any, event: Any, end: str
) -> None:
    parts = [
        [event(f"c{key}", "communication.held", number) for key in range(KEYS)]
        for number in range(3)
    ]
    async with merging():
        await asyncio.to_thread(bus.write, [*parts[0], *parts[0]])
        await bus.wait(KEYS)
        await asyncio.to_thread(bus.write, [*parts[1], *parts[1]])
        # After an orderly end librdkafka's commit hangs as a rule, and after a crash now and then.
        await asyncio.to_thread(getattr(bus.broker, end))
        await asyncio.sleep(1)
        await asyncio.to_thread(bus.broker.start)
        await asyncio.to_thread(bus.write, [*parts[2], *parts[2], *parts[1]])
        await bus.wait(3 * KEYS)
    _promises_hold(bus.clean(), {one.id for part in parts for one in part})


@pytest.mark.soak
async def test_it_ends_while_the_brokers_are_away(bus: Any, merging: Any, life: Any) -> None:
    try:
        async with merging(close_timeout=timedelta(seconds=3)):
            bus.write(life("c1"))
            await bus.wait(7)
            await asyncio.to_thread(bus.broker.kill)
            began = time.monotonic()
        assert time.monotonic() - began < 20
    finally:
        await asyncio.to_thread(bus.broker.start)
