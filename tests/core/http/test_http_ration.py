"""A rate, and pauses, that are shared with other processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest

from syncline.http import Pace
from syncline.shared_rate import Block
from syncline.testing import FakeClock

Paced: TypeAlias = Callable[..., Pace]
Sent: TypeAlias = Callable[..., Coroutine[Any, Any, None]]


class Rationed:
    """A ration that hands out what it is given, and notes what it is told."""

    def __init__(self, *blocks: Block) -> None:
        self.blocks = iter(blocks)
        self.pauses: list[float] = []

    async def reserve(self) -> Block:
        return next(self.blocks)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


async def test_a_rate_that_is_shared_with_others_is_reserved_in_blocks(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    blocks = (Block(count=2, lasts=9), Block(count=1, wait=2, lasts=9), Block(count=1, wait=0.5))
    pace = paced(clock, None, ration=Rationed(*blocks))
    for _ in range(4):
        await sent(pace, clock, times)
    assert times == [0.0, 0.0, 2.0, 2.5]


async def test_what_is_left_of_a_block_when_its_time_is_over_is_lost(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, None, ration=Rationed(Block(count=5, lasts=1), Block(count=5, wait=3)))
    await sent(pace, clock, times)
    clock.advance(2)
    await sent(pace, clock, times)
    assert times == [0.0, 5.0]


async def test_a_block_goes_to_the_most_urgent_of_those_who_wait(paced: Paced) -> None:
    clock, order = FakeClock(), list[int]()
    pace = paced(clock, None, ration=Rationed(*(Block(count=1, wait=1, lasts=1) for _ in "123")))

    async def one(priority: int) -> None:
        async with pace.slot(priority, deadline=1e9):
            order.append(priority)

    await asyncio.gather(one(2), one(1), one(0))
    assert order == [0, 1, 2]


async def test_a_pause_that_another_process_was_told_of_holds_here_too(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    rationed = Rationed(Block(count=0, paused=30), Block(count=1, lasts=1))
    await sent(paced(clock, None, ration=rationed), clock, times)
    assert times == [30.0]
    assert rationed.pauses == [], "who knows it from the others need not tell them"


async def test_a_pause_that_was_asked_for_is_told_to_the_others_once(paced: Paced) -> None:
    clock = FakeClock()
    rationed = Rationed(Block(count=1, lasts=1))
    pace = paced(clock, None, ration=rationed)
    async with pace.slot(0, deadline=1e9) as slot:
        pace.throttled(slot, {}, 20)
        pace.failed(slot, "x")
    (told,) = rationed.pauses
    assert told == pytest.approx(pace.paused_for)
