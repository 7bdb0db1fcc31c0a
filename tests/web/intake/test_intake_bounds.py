"""Sources and their rates: bounded in number, and right about who sends."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_web.intake.rates import Rates
from syncline_web.intake.room import SLOW, Full, Room
from syncline_web.intake.sources import LOCAL, Sources


def scope(peer: str | None, *chains: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", chain.encode()) for chain in chains]
    return {"client": (peer, 1) if peer is not None else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "chains", "source"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        (None, [], LOCAL),
        ("", [], LOCAL),
    ],
)
def test_the_source_is_the_last_address_that_nobody_else_wrote(
    peer: str | None, chains: list[str], source: str
) -> None:
    assert Sources(["10.0.0.0/8"]).of(scope(peer, *chains)) == source


@given(st.lists(st.text(max_size=12), max_size=5))
@settings(max_examples=100, deadline=None)
def test_no_chain_however_odd_is_an_error(parts: list[str]) -> None:
    chain = ",".join(parts).encode("latin-1", "replace").decode("latin-1")
    found = Sources(["10.0.0.0/8"]).of(
        {"client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", chain.encode("latin-1"))]}
    )
    assert found


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_again_at_its_rate() -> None:
    clock = Time()
    rates = Rates(2.0, 3, 10, clock)
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert [rates.wait("a"), rates.wait("b")] == [0, 0]
    assert rates.wait("a") == 0.5
    clock.now = 100.0
    assert [bool(rates.wait("a")) for _ in range(4)] == [False, False, False, True]


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_source_gets_more_than_its_share_and_few_are_remembered(
    events: list[tuple[int, float]],
) -> None:
    clock = Time()
    rates = Rates(1.0, 5, 50, clock)
    passed = 0
    for number, pause in events:
        clock.now += pause
        assert rates.wait(f"other {number}") >= 0
        passed += not rates.wait("flood")
        assert len(rates) <= 50
    assert passed <= 5 + clock.now + 1e-6


async def _hold(room: Room, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds) as deadline:
            with room.place(deadline):
                await asyncio.sleep(100)
    except TimeoutError:
        return "sent away"
    return "stayed"


async def test_the_oldest_makes_room_once_it_is_slow() -> None:
    room = Room(2, 1000)
    first, second = (asyncio.create_task(_hold(room, 60)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(Full):
        room.make(0, 1)
    await asyncio.sleep(SLOW + 0.02)
    room.make(0, 1)
    assert await asyncio.wait_for(first, 60) == "sent away"
    assert not second.done()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert (len(room), room.bytes) == (0, 0)


async def test_a_body_whose_time_has_just_run_out_makes_room_like_any_other() -> None:
    """Its deadline has fired, and its own task has not heard of that yet."""
    room = Room(1, 1000)
    slow = asyncio.create_task(_hold(room, SLOW + 0.05))
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    made: asyncio.Future[str] = loop.create_future()

    def arrive() -> None:
        try:
            room.make(0, 1)
            made.set_result("room")
        except Exception as error:
            made.set_exception(error)

    loop.call_later(SLOW + 0.06, arrive)
    time.sleep(SLOW + 0.1)  # noqa: ASYNC251  both timers come due in one turn of the loop
    assert await made == "room"
    assert await slow == "sent away"
    assert (len(room), room.bytes) == (0, 0)


async def test_what_arrives_for_a_place_that_is_gone_is_not_counted() -> None:
    room = Room(1, 1000)
    async with asyncio.timeout(60) as deadline:
        with room.place(deadline) as place:
            place.take(400, 1000)
            await asyncio.sleep(SLOW + 0.02)
            room.make(700, 0)
            with pytest.raises(TimeoutError):
                place.take(400, 1000)
    assert (len(room), room.bytes) == (0, 0)


async def test_a_slow_body_that_grows_may_have_to_make_room_itself() -> None:
    room = Room(2, 1000)
    async with asyncio.timeout(60) as deadline:
        with room.place(deadline) as place:
            place.take(900, 2000)
            await asyncio.sleep(SLOW + 0.02)
            with pytest.raises(TimeoutError):
                place.take(200, 2000)
    assert (len(room), room.bytes) == (0, 0)
