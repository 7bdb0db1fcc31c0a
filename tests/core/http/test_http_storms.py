"""A host that keeps refusing or failing is asked less and less, and loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeAlias

import pytest

from syncline import errors
from syncline.http import Client, Pace, Retries, Timeouts
from syncline.http.budget import RetryBudget
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, Received, reply

Paced: TypeAlias = Callable[..., Pace]


class Storm:
    """A server that answers 429 until a time, and records when it was asked."""

    def __init__(self, clock: FakeClock, until: float, told: str | None) -> None:
        self.clock, self.until, self.told = clock, until, told
        self.asked: list[float] = []

    def __call__(self, request: Received) -> bytes:
        self.asked.append(self.clock.monotonic())
        if self.clock.monotonic() >= self.until:
            return reply(200, b"{}")
        return reply(429, b"{}", *([f"Retry-After: {self.told}"] if self.told else []))


@pytest.mark.parametrize(
    "told", [None, "0", "1", "20", "soon", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
async def test_ten_minutes_of_429_see_at_most_four_requests_a_minute_and_lose_nothing(
    paced: Paced, told: str | None
) -> None:
    clock = FakeClock()
    storm = Storm(clock, 600, told)
    pace = paced(clock, 20)
    timeouts = Timeouts(total=3600)
    async with (
        FaultyServer(storm) as server,
        Client(server.url, clock=clock, pace=pace, timeout=timeouts) as client,
    ):
        await client.request("GET", "/ok", ok={200, 429})
        await asyncio.gather(*(client.request("POST", f"/pages/{n}") for n in range(30)))
    stormy = [at for at in storm.asked if at < 600]
    assert max(sum(start <= at < start + 60 for at in stormy) for start in stormy) <= 4
    assert len(storm.asked) == len(stormy) + 30


@pytest.mark.parametrize(("told", "least"), [("30", 30.0), ("2", 2.0), ("999999", 300.0)])
async def test_nothing_is_sent_before_retry_after_is_over(
    paced: Paced, told: str, least: float
) -> None:
    clock = FakeClock()
    storm = Storm(clock, 0.1, told)
    async with (
        FaultyServer(storm) as server,
        Client(server.url, clock=clock, pace=paced(clock, 100)) as client,
    ):
        await asyncio.gather(*(client.request("GET", f"/{n}") for n in range(20)))
    assert min(at for at in storm.asked if at > 0.1) >= least


async def test_a_host_that_keeps_failing_is_left_alone_and_probed(clients: Any) -> None:
    client = await clients.open(retries=Retries(attempts=1))
    clients.server.always = "json-500"
    for n in range(5):
        with pytest.raises(errors.Unavailable):
            await client.request("GET", f"/pages/{n}")
    for _ in range(3):  # probes at 5 s and 10 s after that; then the cool-down is too long to wait
        with pytest.raises(errors.Unavailable):
            await client.request("GET", "/pages/6")
    seen = len(clients.server.requests)
    assert seen == 7
    with pytest.raises(errors.Unavailable, match=r"was not sent: .* left alone for 2"):
        await client.request("POST", "/pages")
    assert len(clients.server.requests) == seen
    clients.server.always = None
    clients.clock.advance(60)
    assert (await client.request("GET", "/pages/7")).status == 200


async def test_one_poisoned_item_does_not_stop_the_others(clients: Any) -> None:
    client = await clients.open(retries=Retries(attempts=4))
    for _ in range(3):
        clients.server.next(*["json-500"] * 4)
        with pytest.raises(errors.Unavailable):
            await client.request("GET", "/pages/poison")
    before = clients.clock.monotonic()
    assert (await client.request("GET", "/pages/well")).status == 200
    assert clients.clock.monotonic() == before


async def test_repetitions_are_at_most_a_tenth_of_a_minutes_requests_and_always_ten(
    clients: Any,
) -> None:
    flaky = FlakyEverySecond()
    async with FaultyServer(flaky) as server:
        client = await clients.open(server.url, retries=Retries(attempts=2, first=0.001))
        done = failed = 0
        for n in range(200):
            try:
                await client.request("GET", f"/{n}")
                done += 1
            except errors.Unavailable:
                failed += 1
        repeated = len(server.requests) - 200
    assert (done + failed, failed > 50) == (200, True)
    assert 10 <= repeated <= 22


class FlakyEverySecond:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, request: Received) -> bytes:
        self.count += 1
        return reply(500 if self.count % 2 else 200, b"{}")


def test_the_retry_budget_forgets_after_a_minute() -> None:
    budget = RetryBudget()
    assert sum(budget.allows(0.0) for _ in range(30)) == 10
    assert not budget.allows(50.0)
    assert budget.allows(66.0)
    for _ in range(1000):
        budget.sent(70.0)
    assert sum(budget.allows(71.0) for _ in range(500)) == 99
    assert budget.rate(71.0) == pytest.approx(1000 / 60)


async def test_requests_of_a_storm_come_further_and_further_apart(paced: Paced) -> None:
    clock = FakeClock()
    storm = Storm(clock, 1500, "1")
    async with (
        FaultyServer(storm) as server,
        Client(server.url, clock=clock, pace=paced(clock), timeout=Timeouts(total=9999)) as client,
    ):
        await client.request("GET", "/")
    gaps = [round(b - a) // 15 * 15 for a, b in pairwise(storm.asked)]
    assert gaps[:6] == [0, 15, 30, 60, 120, 240]
    assert set(gaps[6:]) == {300}
