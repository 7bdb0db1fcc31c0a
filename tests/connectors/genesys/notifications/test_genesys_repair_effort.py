"""What was missed in several gaps is read again in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from attrs import define, field

from syncline.clock import SystemClock
from syncline.events import Event
from syncline.http import Client
from syncline_genesys.notifications.backoff import Backoff
from syncline_genesys.notifications.budget import Budget
from syncline_genesys.notifications.calls import ConversationCalls
from syncline_genesys.notifications.gap import Gap
from syncline_genesys.notifications.open_gap import Report
from syncline_genesys.notifications.repair import Repairs

AT = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
TOPIC = "v2.users.u1.conversations"
Json = dict[str, Any]


def details(number: int) -> Json:
    """Return a conversation that begins a second after the one before, and lasts two."""
    begins = AT + timedelta(seconds=number)
    return {
        "conversationId": f"c{number}",
        "conversationStart": begins.isoformat(),
        "conversationEnd": (begins + timedelta(seconds=2)).isoformat(),
        "participants": [{"userId": "u1"}],
    }


class Analytics(ConversationCalls):
    """Knows a conversation of each second; counts the pages that it is asked for."""

    def __init__(self, client: Client, known: int, seconds: float) -> None:
        super().__init__(client)
        self.pages, self.seconds = 0, seconds
        self.latest_first = [details(number) for number in reversed(range(known))]

    async def began(self, since: datetime, until: datetime, number: int) -> list[Json]:
        return await self._page(number)

    async def ended(self, since: datetime, until: datetime, number: int) -> list[Json]:
        return await self._page(number)

    async def _page(self, number: int) -> list[Json]:
        self.pages += 1
        await asyncio.sleep(self.seconds)
        return self.latest_first[(number - 1) * 100 : number * 100]


@define
class Told:
    """Notes which conversations were told of."""

    ids: set[str] = field(factory=set)

    def conversation(self, rest: Json, observed_at: datetime) -> Sequence[Event]:
        return []

    def details(self, analytics: Json, observed_at: datetime, /) -> Sequence[Event]:
        self.ids.add(analytics["conversationId"])
        return []

    def open(self) -> Iterable[str]:
        return ()


async def room() -> None:
    """There is always room."""


def gap(since: int, until: int) -> Gap:
    return Gap(
        since=AT + timedelta(seconds=since),
        until=AT + timedelta(seconds=until),
        topics=frozenset({TOPIC}),
        why="broken off",
    )


async def repaired(
    *gaps: Gap, known: int = 1000, lag: float = 0, seconds: float = 0
) -> tuple[Analytics, set[str]]:
    """Return what was asked and told until all gaps were told.

    Args:
        lag: seconds that analytics may be late.
        seconds: what a page takes.
    """
    clock, told = SystemClock(), Told()
    reports: asyncio.Queue[Report] = asyncio.Queue()
    async with Client("http://127.0.0.1:9", clock=clock) as client:
        analytics = Analytics(client, known, seconds)
        repairs = Repairs(
            calls=analytics, telling=told, clock=clock, budget=Budget(clock, 1_000_000),
            backoff=Backoff(Random(1)), lag=timedelta(seconds=lag), put=lambda events: None,
            room=room, report=reports.put_nowait,
        )  # fmt: skip
        task = asyncio.create_task(repairs.run())
        for one in gaps:
            repairs.missed(one)
        for _ in gaps:
            await asyncio.wait_for(reports.get(), 30)
        task.cancel()
    return analytics, told.ids


def within(since: int, until: int) -> set[str]:
    """Return those that ended since some seconds before, and began until some after."""
    return {f"c{number}" for number in range(since - 5 - 2, until + 5 + 1)}


async def test_two_gaps_are_read_again_for_the_pages_of_the_older_one() -> None:
    alone, _ = await repaired(gap(100, 110))
    both, told = await repaired(gap(100, 110), gap(700, 710))
    assert told == within(100, 110) | within(700, 710)
    assert both.pages == alone.pages == 2 * 10


async def test_what_lies_after_a_gap_is_passed_and_what_lies_before_is_not_asked_for() -> None:
    analytics, told = await repaired(gap(900, 905))
    assert told == within(900, 905)
    assert analytics.pages == 2 * 2


async def test_it_is_looked_thrice_where_that_is_quick_and_no_look_follows_that_is_overdue() -> (
    None
):
    for seconds, looks in ((0.0, 3), (0.8, 2)):
        analytics, told = await repaired(gap(0, 5), known=20, lag=1, seconds=seconds)
        assert told == {f"c{number}" for number in range(11)}
        assert analytics.pages == 2 * looks
