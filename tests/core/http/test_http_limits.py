"""Limits that a server names in its answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import pytest

from syncline.http import Limits, Pace
from syncline.testing import FakeClock

Paced: TypeAlias = Callable[..., Pace]
Sent: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
FOR_EVER = float("inf")


def genesys(headers: Mapping[str, str], now: datetime) -> Limits | None:
    if "inin-ratelimit-allowed" not in headers:
        return None
    allowed, count = (int(headers[f"inin-ratelimit-{name}"]) for name in ("allowed", "count"))
    reset = float(headers["inin-ratelimit-reset"])
    return Limits(rate=allowed / 60, remaining=allowed - count, reset=reset)


def ratelimit(allowed: object, count: object, reset: object) -> dict[str, str]:
    values = {"allowed": allowed, "count": count, "reset": reset}
    return {f"inin-ratelimit-{name}": str(value) for name, value in values.items()}


async def told(pace: Pace, headers: Mapping[str, str]) -> None:
    async with pace.slot(1, FOR_EVER) as slot:
        pace.answered(slot, headers)


async def test_the_limit_that_the_server_names_replaces_the_assumed_one(paced: Paced) -> None:
    pace = paced(FakeClock(), 5, read_limits=genesys)
    await told(pace, ratelimit(180, 1, 60))
    assert pace.rate == pytest.approx(3 * 0.98 * 179 / 180)
    clock_free = paced(FakeClock(), None, read_limits=genesys)
    await told(clock_free, ratelimit(600, 0, 60))
    assert clock_free.rate == pytest.approx(9.8)


async def test_what_others_used_of_the_window_is_left_to_them(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock, 5, read_limits=genesys)
    await told(pace, ratelimit(300, 240, 30))
    assert pace.rate == pytest.approx(60 / 30 * 0.98)
    clock.advance(31)
    assert pace.rate == pytest.approx(5 * 0.98)


async def test_when_nothing_is_left_everybody_waits_for_the_next_window(
    sent: Sent, paced: Paced
) -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, 5, read_limits=genesys)
    await told(pace, ratelimit(300, 300, 42))
    await sent(pace, clock, times)
    assert times[0] >= 42


async def test_a_whole_window_at_the_servers_own_count_is_used_without_a_429(paced: Paced) -> None:
    """A fixed window of 300 a minute, its seconds rounded up, counted by the server."""
    clock = FakeClock()
    pace = paced(clock, 5, burst=10, read_limits=genesys)
    served: dict[int, int] = {}
    while clock.monotonic() < 300:
        async with pace.slot(1, FOR_EVER) as slot:
            window = int(clock.monotonic() // 60)
            served[window] = served.get(window, 0) + 1
            left = 60 - clock.monotonic() % 60
            pace.answered(slot, ratelimit(300, served[window], int(left) + 1))
    assert max(served.values()) <= 300
    assert min(list(served.values())[:5]) >= 0.95 * 300


def near(headers: Mapping[str, str], now: datetime) -> Limits | None:
    if headers.get("x-ratelimit-nearlimit") != "true":
        return None
    reset = datetime.fromisoformat(headers["x-ratelimit-reset"]) - now
    return Limits(near=True, reset=reset.total_seconds())


async def test_near_the_limit_the_pace_is_halved_until_the_reset(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock, 10, read_limits=near)
    header = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-01-05T09:02:00Z"}
    await told(pace, header)
    assert pace.rate == pytest.approx(4.9)
    clock.advance(121)
    assert pace.rate == pytest.approx(9.8)


async def test_near_a_limit_that_is_not_known_half_of_what_was_sent_is_sent(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock, None, read_limits=near)
    for _ in range(600):
        clock.advance(0.1)
        await told(pace, {})
    header = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-01-05T09:30:00Z"}
    await told(pace, header)
    assert pace.rate == pytest.approx(5 * 0.98, rel=0.1)


async def test_a_window_of_seconds_that_runs_out_slows_nothing_down(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock, 20, read_limits=near)
    header = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-01-05T09:00:00.200Z"}
    await told(pace, header)
    assert pace.rate == pytest.approx(19.6)


async def test_a_429_in_spite_of_the_pace_slows_it_a_little_for_a_while(paced: Paced) -> None:
    clock = FakeClock()
    pace = paced(clock, 100)
    rates = []
    for _ in range(5):
        async with pace.slot(1, FOR_EVER) as slot:
            pace.throttled(slot, {}, 1)
        clock.advance(1.2)
        await told(pace, {})
        rates.append(pace.rate)
    assert rates == pytest.approx([97, 96, 95.5, 95.5, 95.5], abs=0.1)
    clock.advance(300)
    assert pace.rate == pytest.approx(98)


@pytest.mark.parametrize("headers", [ratelimit("many", 1, 1), {"inin-ratelimit-allowed": "1"}])
async def test_headers_that_make_no_sense_change_nothing(
    paced: Paced, headers: dict[str, str]
) -> None:
    pace = paced(FakeClock(), 5, read_limits=genesys)
    await told(pace, headers)
    assert pace.rate == pytest.approx(4.9)
