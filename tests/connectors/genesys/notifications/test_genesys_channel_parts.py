"""What the vendor says on a socket, what waits to be taken, and how long is waited."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import Forbidden
from syncline.events import Event
from syncline.testing import FakeClock
from syncline_genesys.notifications.backoff import Backoff
from syncline_genesys.notifications.budget import Budget
from syncline_genesys.notifications.gap import Gap, merged
from syncline_genesys.notifications.inbox import Inbox
from syncline_genesys.notifications.system import (
    ALIVE,
    Closing,
    Ended,
    SystemMessage,
    system_message,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


def system(topic: str, **body: str) -> bytes:
    return json.dumps({"topicName": topic, "eventBody": body}).encode()


@pytest.mark.parametrize(
    ("message", "means"),
    [
        (system("channel.metadata", message="WebSocket Heartbeat"), ALIVE),
        (system("channel.metadata", message="pong"), ALIVE),
        (system("v2.system.socket_closing", message="bye"), Closing()),
        (
            system("v2.system.no_longer_subscribed.c1", reason="another_channel_subscribed"),
            Ended("no longer subscribed (another_channel_subscribed)", "c1"),
        ),
        (
            system("v2.system.x", systemTopicType="no_longer_subscribed", channelId="c2"),
            Ended("replaced", "c2"),
        ),
        (system("v2.system.token_revoked.t1"), Ended("the token was revoked")),
        (system("v2.subscription.updated", channelId="c1"), ALIVE),
        (system("v2.system.something_new"), ALIVE),
        (b'{"result":"200","status":"subscribed"}', ALIVE),
        (
            b'{"result":"404","message":"gone"}',
            Ended("the vendor does not know the channel any more"),
        ),
        (b'{"result":404}', Ended("the vendor does not know the channel any more")),
        (system("v2.users.u1.conversations"), None),
        (b"{", None),
        (b"[]", None),
        (b'{"topicName":7}', None),
    ],
)
def test_what_the_vendor_says_about_a_channel(message: bytes, means: SystemMessage | None) -> None:
    assert system_message(message) == means


members = st.sampled_from(["topicName", "eventBody", "result", "reason", "channelId"])
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9) | st.just("v2.system.no_longer_subscribed"),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(members, one, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_comes_over_a_socket_raises(message: bytes) -> None:
    system_message(message)


# -- what waits


def event(n: int) -> Event:
    return Event(id=str(n), key="c", type="x", source="s", occurred_at=NOON, observed_at=NOON)


async def test_events_are_taken_in_their_order_and_together() -> None:
    inbox = Inbox()
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.put([event(1)])
    inbox.put([event(2), event(3)])
    assert [one.id for one in await taking] == ["1", "2", "3"]


async def test_a_full_inbox_says_so_once_and_says_when_there_is_room() -> None:
    said: list[str] = []
    inbox = Inbox(
        on_full=lambda: said.append("full"),
        on_room=lambda: said.append("room"),
        most=10,
        few=4,
        batch=3,
    )
    inbox.put([event(n) for n in range(12)])
    inbox.put([event(12)])
    waiting = asyncio.create_task(inbox.room())
    taken = [one.id for _ in range(3) for one in await inbox.take()]
    assert said == ["full", "room"]
    await waiting
    taken += [one.id for _ in range(2) for one in await inbox.take()]
    assert taken == [str(n) for n in range(13)]


async def test_a_failure_is_told_after_what_came_before_it() -> None:
    inbox = Inbox()
    inbox.put([event(1)])
    inbox.fail(Forbidden("no"))
    assert len(await inbox.take()) == 1
    with pytest.raises(Forbidden):
        await inbox.take()


async def test_a_taker_that_gives_up_loses_nothing() -> None:
    inbox = Inbox()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await inbox.take()
    inbox.put([event(1)])
    assert len(await inbox.take()) == 1


# -- how long is waited


def test_waits_double_up_to_a_minute_and_are_spread() -> None:
    backoff = Backoff(Random(1))
    waits = [backoff.next() for _ in range(200)]
    assert waits[0] <= 0.25
    assert all(15 <= wait <= 60 for wait in waits[10:])
    assert max(waits[10:]) - min(waits[10:]) > 30
    backoff.reset()
    assert backoff.next() <= 0.25


async def test_a_budget_spreads_what_goes_beyond_the_first_few() -> None:
    clock = FakeClock()
    budget = Budget(clock, per_minute=60)
    began = clock.monotonic()
    for _ in range(40):
        await budget.spend()
    assert clock.monotonic() - began == pytest.approx(30, abs=1.1)


# -- gaps


def gap(since: int, until: int, *topics: str, why: str = "broken off") -> Gap:
    at = [NOON + timedelta(seconds=n) for n in (since, until)]
    return Gap(since=at[0], until=at[1], topics=frozenset(topics), why=why)


def test_gaps_that_overlap_are_read_again_as_one() -> None:
    assert merged([gap(20, 30, "c"), gap(0, 5, "a"), gap(3, 9, "b", why="silent")]) == [
        gap(0, 9, "a", "b", why="broken off; silent"),
        gap(20, 30, "c"),
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=12))
def test_merged_gaps_cover_the_same_times_and_never_touch(spans: list[tuple[int, int]]) -> None:
    gaps = [gap(since, since + length, f"t{n}") for n, (since, length) in enumerate(spans)]
    found = merged(gaps)
    for first, second in pairwise(found):
        assert first.until < second.since
    for one in gaps:
        assert any(
            whole.since <= one.since and one.until <= whole.until and one.topics <= whole.topics
            for whole in found
        )
