"""The governor: spacing, priorities, shared pauses, storms, cool-downs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from itertools import cycle, pairwise
from random import Random
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline import errors
from syncline.http import Client, Limits, Pace, Retries, Timeouts
from syncline.http.budget import RetryBudget
from syncline.http.gate import Cause
from syncline.http.limits import retry_after
from syncline.http.pace import Paused
from syncline.rationing import Block
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, Received, reply

FOR_EVER = float("inf")


class Opener(Protocol):
    server: FaultyServer
    clock: FakeClock

    async def open(self, base_url: str | None = None, **settings: object) -> Client: ...


def paced(clock: FakeClock, rate: float | None = None, **settings: object) -> Pace:
    return Pace(rate, clock=clock, rng=Random(3), **settings)  # type: ignore[arg-type]  # kwargs


async def sent(pace: Pace, clock: FakeClock, times: list[float], priority: int = 1) -> None:
    async with pace.slot(priority, FOR_EVER):
        times.append(clock.monotonic())


async def test_requests_are_spaced_at_98_percent_of_the_rate() -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, 20, burst=0)
    await asyncio.gather(*(sent(pace, clock, times) for _ in range(99)))
    assert times[-1] == pytest.approx(98 / (20 * 0.98))


async def test_what_was_not_used_in_a_quiet_time_or_a_pause_is_not_made_up() -> None:
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


async def test_late_wake_ups_are_made_up() -> None:
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
    rate: float, burst: float, late: list[float], jitter: list[float]
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


async def test_the_lower_number_leaves_first_and_equal_ones_in_order() -> None:
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


async def test_no_more_than_ten_are_under_way() -> None:
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


async def test_cancelled_waiters_leave_the_line_and_lose_no_slot() -> None:
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


async def test_everybody_waits_for_the_one_pause_and_a_single_probe_goes_first() -> None:
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


async def test_429s_of_requests_that_left_together_are_one_strike() -> None:
    clock = FakeClock()
    pace = paced(clock)

    async def one(n: int) -> None:
        async with pace.slot(1, FOR_EVER) as slot:
            await asyncio.sleep(0)
            pace.throttled(slot, {}, 2)

    await asyncio.gather(*(one(n) for n in range(10)))
    assert 2 <= pace.paused_for <= 2.2


async def test_a_slot_that_was_granted_just_before_the_gate_closed_is_not_used() -> None:
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


async def test_a_waiter_that_is_cancelled_with_its_slot_in_hand_gives_it_back() -> None:
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


async def test_a_call_that_may_not_wait_for_the_pause_is_told_at_once() -> None:
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


async def test_a_pause_that_comes_while_the_line_sleeps_turns_the_impatient_away() -> None:
    clock = FakeClock(auto=False)
    pace = paced(clock, 0.1, burst=0)
    async with pace.slot(1, FOR_EVER) as slot:
        leader = asyncio.create_task(pace._enter(1, 60.0))
        for _ in range(5):
            await asyncio.sleep(0)
        pace.throttled(slot, {}, 120)
        with pytest.raises(Paused):
            await leader


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
    told: str | None,
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
async def test_nothing_is_sent_before_retry_after_is_over(told: str, least: float) -> None:
    clock = FakeClock()
    storm = Storm(clock, 0.1, told)
    async with (
        FaultyServer(storm) as server,
        Client(server.url, clock=clock, pace=paced(clock, 100)) as client,
    ):
        await asyncio.gather(*(client.request("GET", f"/{n}") for n in range(20)))
    assert min(at for at in storm.asked if at > 0.1) >= least


async def test_a_call_is_not_held_longer_than_its_deadline(clients: Opener) -> None:
    client = await clients.open(timeout=Timeouts(total=60))
    clients.server.always = "429-a-day"
    with pytest.raises(errors.RateLimited, match="pause of 3") as caught:
        await client.request("GET", "/pages/1")
    assert 300 <= caught.value.retry_after <= 305
    assert clients.clock.monotonic() == 0


async def test_503_with_retry_after_pauses_too(clients: Opener) -> None:
    client = await clients.open()
    clients.server.next("503-retry-after")
    await client.request("GET", "/pages/1")
    assert 2 <= clients.clock.monotonic() < 3


async def test_a_host_that_keeps_failing_is_left_alone_and_probed(clients: Opener) -> None:
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


async def test_one_poisoned_item_does_not_stop_the_others(clients: Opener) -> None:
    client = await clients.open(retries=Retries(attempts=4))
    for _ in range(3):
        clients.server.next(*["json-500"] * 4)
        with pytest.raises(errors.Unavailable):
            await client.request("GET", "/pages/poison")
    before = clients.clock.monotonic()
    assert (await client.request("GET", "/pages/well")).status == 200
    assert clients.clock.monotonic() == before


async def test_repetitions_are_at_most_a_tenth_of_a_minutes_requests_and_always_ten(
    clients: Opener,
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


async def test_the_limit_that_the_server_names_replaces_the_assumed_one() -> None:
    pace = paced(FakeClock(), 5, read_limits=genesys)
    await told(pace, ratelimit(180, 1, 60))
    assert pace.rate == pytest.approx(3 * 0.98 * 179 / 180)
    clock_free = paced(FakeClock(), None, read_limits=genesys)
    await told(clock_free, ratelimit(600, 0, 60))
    assert clock_free.rate == pytest.approx(9.8)


async def test_what_others_used_of_the_window_is_left_to_them() -> None:
    clock = FakeClock()
    pace = paced(clock, 5, read_limits=genesys)
    await told(pace, ratelimit(300, 240, 30))
    assert pace.rate == pytest.approx(60 / 30 * 0.98)
    clock.advance(31)
    assert pace.rate == pytest.approx(5 * 0.98)


async def test_when_nothing_is_left_everybody_waits_for_the_next_window() -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, 5, read_limits=genesys)
    await told(pace, ratelimit(300, 300, 42))
    await sent(pace, clock, times)
    assert times[0] >= 42


async def test_a_whole_window_at_the_servers_own_count_is_used_without_a_429() -> None:
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


async def test_near_the_limit_the_pace_is_halved_until_the_reset() -> None:
    clock = FakeClock()
    pace = paced(clock, 10, read_limits=near)
    header = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-01-05T09:02:00Z"}
    await told(pace, header)
    assert pace.rate == pytest.approx(4.9)
    clock.advance(121)
    assert pace.rate == pytest.approx(9.8)


async def test_near_a_limit_that_is_not_known_half_of_what_was_sent_is_sent() -> None:
    clock = FakeClock()
    pace = paced(clock, None, read_limits=near)
    for _ in range(600):
        clock.advance(0.1)
        await told(pace, {})
    header = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-01-05T09:30:00Z"}
    await told(pace, header)
    assert pace.rate == pytest.approx(5 * 0.98, rel=0.1)


async def test_a_window_of_seconds_that_runs_out_slows_nothing_down() -> None:
    clock = FakeClock()
    pace = paced(clock, 20, read_limits=near)
    header = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-01-05T09:00:00.200Z"}
    await told(pace, header)
    assert pace.rate == pytest.approx(19.6)


async def test_a_429_in_spite_of_the_pace_slows_it_a_little_for_a_while() -> None:
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


@given(st.sampled_from([5, 20, 100]), st.lists(st.floats(0, 0.3), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_no_second_sees_more_than_one_seconds_worth(rate: int, delays: list[float]) -> None:
    """A server that counts in windows of a second, and wake-ups that are late."""

    async def run() -> list[float]:
        clock, times = LateClock(delays), list[float]()
        pace = paced(clock, rate, burst=rate)
        await asyncio.gather(*(sent(pace, clock, times) for _ in range(250)))
        return times

    times = asyncio.run(run())
    assert all(later - first >= 1.0 for first, later in zip(times, times[rate:], strict=False))


@pytest.mark.parametrize("headers", [ratelimit("many", 1, 1), {"inin-ratelimit-allowed": "1"}])
async def test_headers_that_make_no_sense_change_nothing(headers: dict[str, str]) -> None:
    pace = paced(FakeClock(), 5, read_limits=genesys)
    await told(pace, headers)
    assert pace.rate == pytest.approx(4.9)


class Rationed:
    """A ration that hands out what it is given, and notes what it is told."""

    def __init__(self, *blocks: Block) -> None:
        self.blocks = iter(blocks)
        self.pauses: list[float] = []

    async def reserve(self) -> Block:
        return next(self.blocks)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


async def test_a_rate_that_is_shared_with_others_is_reserved_in_blocks() -> None:
    clock, times = FakeClock(), list[float]()
    blocks = (Block(count=2, lasts=9), Block(count=1, wait=2, lasts=9), Block(count=1, wait=0.5))
    pace = paced(clock, None, ration=Rationed(*blocks))
    for _ in range(4):
        await sent(pace, clock, times)
    assert times == [0.0, 0.0, 2.0, 2.5]


async def test_what_is_left_of_a_block_when_its_time_is_over_is_lost() -> None:
    clock, times = FakeClock(), list[float]()
    pace = paced(clock, None, ration=Rationed(Block(count=5, lasts=1), Block(count=5, wait=3)))
    await sent(pace, clock, times)
    clock.advance(2)
    await sent(pace, clock, times)
    assert times == [0.0, 5.0]


async def test_a_block_goes_to_the_most_urgent_of_those_who_wait() -> None:
    clock, order = FakeClock(), list[int]()
    pace = paced(clock, None, ration=Rationed(*(Block(count=1, wait=1, lasts=1) for _ in "123")))

    async def one(priority: int) -> None:
        async with pace.slot(priority, deadline=1e9):
            order.append(priority)

    await asyncio.gather(one(2), one(1), one(0))
    assert order == [0, 1, 2]


async def test_a_pause_that_another_process_was_told_of_holds_here_too() -> None:
    clock, times = FakeClock(), list[float]()
    rationed = Rationed(Block(count=0, paused=30), Block(count=1, lasts=1))
    await sent(paced(clock, None, ration=rationed), clock, times)
    assert times == [30.0]
    assert rationed.pauses == [], "who knows it from the others need not tell them"


async def test_a_pause_that_was_asked_for_is_told_to_the_others_once() -> None:
    clock = FakeClock()
    rationed = Rationed(Block(count=1, lasts=1))
    pace = paced(clock, None, ration=rationed)
    async with pace.slot(0, deadline=1e9) as slot:
        pace.throttled(slot, {}, 20)
        pace.failed(slot, "x")
    (told,) = rationed.pauses
    assert told == pytest.approx(pace.paused_for)


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


async def test_requests_of_a_storm_come_further_and_further_apart() -> None:
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
