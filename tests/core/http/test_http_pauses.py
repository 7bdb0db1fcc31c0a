"""Pauses that a server asks for, and that everybody keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline import errors
from syncline.http import Pace, Timeouts
from syncline.http.gate import Cause
from syncline.http.limits import retry_after
from syncline.http.pace import Paused
from syncline.testing import FakeClock

Paced: TypeAlias = Callable[..., Pace]
FOR_EVER = float("inf")


async def test_everybody_waits_for_the_one_pause_and_a_single_probe_goes_first(
    paced: Paced,
) -> None:
    clock = FakeClock()
    pace = paced(clock)
    async with pace.slot(1, FOR_EVER) as slot:
        pace.throttled(slot, {}, 30)
    under_way, most_before_answer, answered = 0, 0, False

    async def one() -> None:
        nonlocal under_way, most_before_answer, answered
        async with pace.slot(1, FOR_EVER) as slot:
            assert clock.monotonic() >= 30
            under_way += 1
            if not answered:
                most_before_answer = max(most_before_answer, under_way)
            for _ in range(5):
                await asyncio.sleep(0)
            answered = True
            pace.answered(slot, {})
            under_way -= 1

    await asyncio.gather(*(one() for _ in range(20)))
    assert most_before_answer == 1
    assert clock.monotonic() < 34


async def test_429s_of_requests_that_left_together_are_one_strike(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock)

    async def one(n: int) -> None:
        async with pace.slot(1, FOR_EVER) as slot:
            await asyncio.sleep(0)
            pace.throttled(slot, {}, 2)

    await asyncio.gather(*(one(n) for n in range(10)))
    assert 2 <= pace.paused_for <= 2.2


async def test_a_call_that_may_not_wait_for_the_pause_is_told_at_once(paced: Paced) -> None:
    clock = FakeClock(auto=False)
    pace = paced(clock)
    waiting = []
    async with pace.slot(1, FOR_EVER) as slot:
        for _ in range(9):
            await pace._enter(1, FOR_EVER)
        waiting = [asyncio.create_task(pace._enter(1, 60.0)) for _ in range(3)]
        await asyncio.sleep(0)
        pace.throttled(slot, {}, 120)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(r) for r in results] == [Paused] * 3
    with pytest.raises(Paused) as caught:
        async with pace.slot(1, 60.0):
            pass
    assert (caught.value.cause, caught.value.seconds >= 120) == (Cause.LIMIT, True)


async def test_a_pause_that_comes_while_the_line_sleeps_turns_the_impatient_away(
    paced: Paced,
) -> None:
    clock = FakeClock(auto=False)
    pace = paced(clock, 0.1, burst=0)
    async with pace.slot(1, FOR_EVER) as slot:
        leader = asyncio.create_task(pace._enter(1, 60.0))
        for _ in range(5):
            await asyncio.sleep(0)
        pace.throttled(slot, {}, 120)
        with pytest.raises(Paused):
            await leader


async def test_a_call_is_not_held_longer_than_its_deadline(clients: Any) -> None:
    client = await clients.open(timeout=Timeouts(total=60))
    clients.server.always = "429-a-day"
    with pytest.raises(errors.RateLimited, match="pause of 3") as caught:
        await client.request("GET", "/pages/1")
    assert 300 <= caught.value.retry_after <= 305
    assert clients.clock.monotonic() == 0


async def test_503_with_retry_after_pauses_too(clients: Any) -> None:
    client = await clients.open()
    clients.server.next("503-retry-after")
    await client.request("GET", "/pages/1")
    assert 2 <= clients.clock.monotonic() < 3


NOW = FakeClock().now()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "42"}, 42.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "2, 4"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "Mon, 05 Jan 2026 09:00:10 GMT"}, 10.0),
        ({"retry-after": "Mon, 05 Jan 2026 09:00:10 -0000"}, 10.0),
        ({"retry-after": "Mon, 05 Jan 2026 08:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 99 Jan 2026 08:00:00 GMT"}, None),
        (
            {
                "retry-after": "Tue, 06 Jan 2026 12:00:30 GMT",
                "date": "Tue, 06 Jan 2026 12:00:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds
