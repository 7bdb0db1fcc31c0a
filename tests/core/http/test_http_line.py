"""Who leaves first, how many are under way, and what becomes of those who give up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from syncline.http import Pace
from syncline.testing import FakeClock

Paced: TypeAlias = Callable[..., Pace]
Sent: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
FOR_EVER = float("inf")


async def test_the_lower_number_leaves_first_and_equal_ones_in_order(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock, 10, burst=0)
    order: list[str] = []

    async def one(name: str, priority: int) -> None:
        async with pace.slot(priority, FOR_EVER):
            order.append(name)

    async with asyncio.TaskGroup() as group:
        for n in range(3):
            group.create_task(one(f"backfill {n}", 5))
        await asyncio.sleep(0)
        for n in range(2):
            group.create_task(one(f"webhook {n}", 0))
    assert order == ["backfill 0", "webhook 0", "webhook 1", "backfill 1", "backfill 2"]


async def test_no_more_than_ten_are_under_way(paced: Paced) -> None:
    pace = paced(FakeClock())
    now = most = 0

    async def one() -> None:
        nonlocal now, most
        async with pace.slot(1, FOR_EVER):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(one() for _ in range(200)))
    assert most == 10


async def test_cancelled_waiters_leave_the_line_and_lose_no_slot(sent: Sent, paced: Paced) -> None:
    clock, times = FakeClock(auto=False), list[float]()
    pace = paced(clock, 1, burst=0)
    await sent(pace, clock, times)
    waiting = [asyncio.create_task(sent(pace, clock, times)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in (waiting[0], waiting[2]):  # the first one was serving the line
        task.cancel()
    for _ in range(20):
        clock.advance(0.5)
        for _ in range(20):
            await asyncio.sleep(0)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(r, asyncio.CancelledError) for r in results] == [
        True, False, True, False, False,
    ]  # fmt: skip
    assert len(times) == 4


async def test_a_slot_that_was_granted_just_before_the_gate_closed_is_not_used(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, max_in_flight=2)
    async with pace.slot(1, FOR_EVER) as slot:
        async with pace.slot(1, FOR_EVER):
            waiting = [asyncio.create_task(sent(pace, clock, times)) for _ in range(3)]
            await asyncio.sleep(0)
        # A slot is free now; whoever serves the line is woken, grants it, and then this comes.
        pace._serve()
        pace.throttled(slot, {}, 30)
    await asyncio.gather(*waiting)
    assert min(times) >= 30
    assert pace._in_flight == 0


async def test_a_waiter_that_is_cancelled_with_its_slot_in_hand_gives_it_back(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, max_in_flight=1)
    async with pace.slot(1, FOR_EVER):
        leader, follower = (asyncio.create_task(sent(pace, clock, times)) for _ in range(2))
        await asyncio.sleep(0)
        pace._serve()
        pace._serve()
        for task in (leader, follower):
            task.cancel()
    await asyncio.gather(leader, follower, return_exceptions=True)
    assert pace._in_flight == 0
    await sent(pace, clock, times)
