"""The contract of sources, as a base class for the tests of an `EventSource`.

Give it the fixture `listen`, which opens a source as a subscription says, at a vendor of the test's
own; and `happens`, which lets something happen there: `await happens("k", 3)` is the third thing
that happens to the key `k`, and each call is told of as at least one event of that key. Where the
vendor tells repeats, the source may yield them: they have the same ids.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from ..events import Batch, Event, EventSource, Subscription

Listen = Callable[[Subscription], EventSource]
Happens = Callable[[str, int], Awaitable[None]]

PATIENCE = 60.0
"""Seconds in which something that happened has to be told."""


class Ear:
    """Listens to a source in a task of its own, and keeps what it tells."""

    def __init__(self, source: EventSource) -> None:
        self.source = source
        self.batches: list[Batch] = []
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for batch in self.source.batches():
            self.batches.append(batch)
            self._news.set()

    @property
    def events(self) -> list[Event]:
        """What was told, in order."""
        return [event for batch in self.batches for event in batch.events]

    def of(self, key: str) -> list[Event]:
        """Return what was told of a key, each event where it came first."""
        return list(
            {event.id: event for event in reversed(self.events) if event.key == key}.values()
        )[::-1]

    async def hears(self, key: str, count: int) -> list[Event]:
        """Return what was told of a key once that are so many events, or fail."""
        async with asyncio.timeout(PATIENCE):
            while len(self.of(key)) < count:
                self._news.clear()
                await self._news.wait()
        return self.of(key)

    async def close(self) -> None:
        """Close the source, and wait until it has ended."""
        await self.source.aclose()
        await asyncio.wait_for(self.task, PATIENCE)


class SourceContract:
    """What everybody who mirrors events relies on."""

    keys = ("k", "other")
    """Two keys to which something can happen; a vendor whose ids have a form names its own."""
    topics: tuple[str, ...] = ("all",)
    """What is subscribed to."""

    def subscription(self, listener: str = "a") -> Subscription:
        """Return what a listener wants."""
        return Subscription(job="mirror", topics=self.topics, listener=listener)

    async def test_what_happens_is_told(self, listen: Listen, happens: Happens) -> None:
        ear = Ear(listen(self.subscription()))
        await asyncio.sleep(0)
        await happens(self.keys[0], 1)
        event, *_ = await ear.hears(self.keys[0], 1)
        await ear.close()
        assert event.id
        assert event.type
        assert event.source
        assert event.observed_at.utcoffset() == timedelta()
        assert json.loads(json.dumps(event.canonical()))["id"] == event.id

    async def test_events_of_a_key_come_in_their_order(
        self, listen: Listen, happens: Happens
    ) -> None:
        ear = Ear(listen(self.subscription()))
        for number in range(1, 6):
            for key in self.keys:
                await happens(key, number)
        for key in self.keys:
            told = [event for event in await ear.hears(key, 5) if not event.data.get("late")]
            assert told == sorted(told, key=lambda event: event.occurred_at)
        await ear.close()

    async def test_different_things_have_different_ids(
        self, listen: Listen, happens: Happens
    ) -> None:
        ear = Ear(listen(self.subscription()))
        for key in self.keys:
            await happens(key, 1)
            await happens(key, 2)
        told = [event for key in self.keys for event in await ear.hears(key, 2)]
        await ear.close()
        assert len({event.id for event in told}) == len(told)

    async def test_two_listeners_tell_the_same_under_the_same_id(
        self, listen: Listen, happens: Happens
    ) -> None:
        ears = [Ear(listen(self.subscription(name))) for name in ("a", "b")]
        await asyncio.sleep(0)
        for number in (1, 2, 3):
            await happens(self.keys[0], number)
        one, two = [await ear.hears(self.keys[0], 3) for ear in ears]
        for ear in ears:
            await ear.close()
        assert {event.id for event in one[:3]} == {event.id for event in two[:3]}
        facts = [
            {event.id: (event.type, event.occurred_at) for event in told[:3]} for told in (one, two)
        ]
        assert facts[0] == facts[1]

    async def test_no_batch_is_empty_and_each_can_be_settled(
        self, listen: Listen, happens: Happens
    ) -> None:
        ear = Ear(listen(self.subscription()))
        await happens(self.keys[0], 1)
        await ear.hears(self.keys[0], 1)
        for batch in ear.batches:
            batch.settle()
        await ear.close()
        assert all(batch.events for batch in ear.batches)

    async def test_it_ends_when_it_is_closed_and_may_be_closed_again(self, listen: Listen) -> None:
        ear = Ear(listen(self.subscription()))
        await asyncio.sleep(0.05)
        await ear.close()
        assert ear.task.done()
        await ear.source.aclose()

    async def test_one_that_never_listened_can_be_closed(self, listen: Listen) -> None:
        await listen(self.subscription()).aclose()


__all__ = ["PATIENCE", "Ear", "Happens", "Listen", "SourceContract"]
