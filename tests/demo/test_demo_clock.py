"""The clock of the demonstration: hours of it take no time."""

from __future__ import annotations

import asyncio

from syncline_demo.capacity.clock import MovedClock


async def test_a_sleep_ends_when_the_clock_was_moved_past_it() -> None:
    clock = MovedClock()
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3601)
    await asyncio.wait_for(sleeper, 60)


async def test_a_sleep_goes_on_when_the_clock_was_moved_too_little() -> None:
    clock = MovedClock()
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3000)
    done, _ = await asyncio.wait([sleeper], timeout=0.05)
    assert not done
    clock.advance(600)
    await asyncio.wait_for(sleeper, 60)


async def test_a_sleep_ends_by_itself() -> None:
    clock = MovedClock()
    before = clock.monotonic()
    await clock.sleep(0.02)
    assert clock.monotonic() - before >= 0.02
