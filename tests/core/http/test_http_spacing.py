"""How far apart requests leave: the rate, bursts, clocks that wake late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from itertools import cycle, pairwise
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.http import Pace
from syncline.testing import FakeClock

Paced: TypeAlias = Callable[..., Pace]
Sent: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
FOR_EVER = float("inf")


async def test_requests_are_spaced_at_98_percent_of_the_rate(sent: Sent, paced: Paced) -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, 20, burst=0)
    await asyncio.gather(*(sent(pace, clock, times) for _ in range(99)))
    assert times[-1] == pytest.approx(98 / (20 * 0.98))


async def test_what_was_not_used_in_a_quiet_time_or_a_pause_is_not_made_up(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, 10, burst=8)
    clock.advance(3600)
    await asyncio.gather(*(sent(pace, clock, times) for _ in range(3)))
    async with pace.slot(1, FOR_EVER) as slot:
        pace.throttled(slot, {}, 60)
    await asyncio.gather(*(sent(pace, clock, times) for _ in range(3)))
    gaps = [b - a for a, b in pairwise(times)]
    assert [g > 0.1 for g in gaps] == [True] * 5


class LateClock(FakeClock):
    """A clock on a busy machine: every sleep lasts too long, by the given seconds in turn."""

    def __init__(self, late: list[float]) -> None:
        super().__init__()
        self._late = cycle(late)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + next(self._late))


async def test_late_wake_ups_are_made_up(sent: Sent, paced: Paced) -> None:
    clock, times = LateClock([0.004, 0.0, 0.018, 0.001]), list[float]()
    pace = paced(clock, 100, burst=10)
    await asyncio.gather(*(sent(pace, clock, times) for _ in range(1000)))
    strict = 1000 * (1 / 98 + 0.0054)
    assert times[-1] == pytest.approx(1000 / 98, rel=0.01)
    assert times[-1] < 0.7 * strict


@given(
    rate=st.floats(0.5, 200),
    burst=st.floats(1, 50),
    late=st.lists(st.floats(0, 3), min_size=1, max_size=20),
    jitter=st.lists(st.floats(0, 0.98), min_size=1, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_no_token_bucket_runs_empty_though_wake_ups_are_late_and_arrivals_bunch(
    sent: Sent, paced: Paced, rate: float, burst: float, late: list[float], jitter: list[float]
) -> None:
    """Late by up to 3 s; on the way by up to as much as the half of the burst that is left."""

    async def run() -> list[float]:
        clock, times = LateClock(late), list[float]()
        pace = paced(clock, rate, burst=burst)
        await asyncio.gather(*(sent(pace, clock, times) for _ in range(60)))
        return times

    spread = (burst - 1) / 2 / rate
    arrivals = sorted(
        at + spread * jitter[n % len(jitter)] for n, at in enumerate(asyncio.run(run()))
    )
    tokens, last = burst, 0.0
    for at in arrivals:
        tokens = min(burst, tokens + (at - last) * rate) - 1
        last = at
        assert tokens >= -1e-6


@given(st.sampled_from([5, 20, 100]), st.lists(st.floats(0, 0.3), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_no_second_sees_more_than_one_seconds_worth(
    sent: Sent, paced: Paced, rate: int, delays: list[float]
) -> None:
    """A server that counts in windows of a second, and wake-ups that are late."""

    async def run() -> list[float]:
        clock, times = LateClock(delays), list[float]()
        pace = paced(clock, rate, burst=rate)
        await asyncio.gather(*(sent(pace, clock, times) for _ in range(250)))
        return times

    times = asyncio.run(run())
    assert all(later - first >= 1.0 for first, later in zip(times, times[rate:], strict=False))
