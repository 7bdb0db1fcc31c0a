"""The clocks."""

from __future__ import annotations

import asyncio
from datetime import timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.clock import SystemClock
from syncline.ports import Clock
from syncline.testing import FakeClock


async def test_the_system_clock_is_aware_and_goes_forward() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-1)
    await clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now().tzinfo is timezone.utc


async def test_sleeping_costs_no_time_and_moves_both_clocks() -> None:
    clock: Clock = FakeClock()
    start = clock.now()
    await clock.sleep(3600)
    assert clock.monotonic() == 3600
    assert clock.now() - start == timedelta(hours=1)


@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=5), min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_concurrent_sleepers_wake_in_order_and_on_time(plans: list[list[float]]) -> None:
    async def run() -> list[tuple[float, float]]:
        clock, woken = FakeClock(), list[tuple[float, float]]()

        async def sleeper(naps: list[float]) -> None:
            due = 0.0
            for nap in naps:
                due += nap
                await clock.sleep(nap)
                woken.append((clock.monotonic(), due))

        await asyncio.gather(*(sleeper(naps) for naps in plans))
        return woken

    woken = asyncio.run(run())
    assert [at for at, _ in woken] == sorted(at for at, _ in woken)
    assert all(abs(at - due) < 1e-6 for at, due in woken)


async def test_time_waits_for_tasks_that_can_run() -> None:
    clock = FakeClock()
    seen: list[float] = []

    async def busy() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
            seen.append(clock.monotonic())

    await asyncio.gather(clock.sleep(10), busy())
    assert seen == [0.0] * 5


async def test_a_cancelled_sleeper_holds_nobody_up() -> None:
    clock = FakeClock()
    first = asyncio.create_task(clock.sleep(1))
    second = asyncio.create_task(clock.sleep(50))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert clock.monotonic() == 50


async def test_only_the_test_moves_a_clock_that_is_not_automatic() -> None:
    clock = FakeClock(auto=False)
    task = asyncio.create_task(clock.sleep(10))
    for _ in range(50):
        await asyncio.sleep(0)
    clock.advance(9)
    await asyncio.sleep(0)
    assert not task.done()
    clock.advance(1)
    await task


async def test_a_jump_of_the_wall_clock_is_no_passage_of_time() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.jump(timedelta(days=-400))
    assert clock.now() == before - timedelta(days=400)
    assert clock.monotonic() == 0
