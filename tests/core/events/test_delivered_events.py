"""Events out of a queue: a message goes once what it says is durable, and never before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timezone

import pytest

from syncline.config_store import Delivery
from syncline.errors import Forbidden, Rejected, Unavailable
from syncline.events import Batch, Event
from syncline.events.delivered import DeliveredSource
from syncline.model import JSON
from syncline.testing import FakeClock

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


class Queue:
    """A queue that hands out what it is given, and remembers what became of it."""

    def __init__(self, *rounds: Sequence[Delivery] | Exception) -> None:
        self.rounds = list(rounds)
        self.gone: list[str] = []
        self.left: list[str] = []

    async def receive(self) -> Sequence[Delivery]:
        if not self.rounds:
            await asyncio.sleep(3600)
        found = self.rounds.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        self.gone += [one.id for one in deliveries]

    async def failed(self, delivery: Delivery, why: str) -> None:
        self.left.append(delivery.id)

    async def aclose(self) -> None: ...


class Telling:
    """Says each id once; `bad` makes no sense, and what has no id is somebody else's."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Event] | None:
        id = envelope.get("id")
        if not isinstance(id, str):
            return None
        if id == "bad":
            raise Rejected("it makes no sense")
        if id in self.told:
            return ()
        self.told.add(id)
        return [Event(id=id, key=id, type="t", source="s", occurred_at=NOON, observed_at=NOON)]


def message(name: str, **body: JSON) -> Delivery:
    return Delivery(id=name, body=json.dumps(body).encode())


async def taken(source: DeliveredSource, many: int) -> tuple[list[Batch], AsyncIterator[Batch]]:
    found: list[Batch] = []
    batches = source.batches()
    async with asyncio.timeout(60):
        while len(found) < many:
            found.append(await anext(batches))
    return found, batches


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_message_stays_until_what_it_says_is_durable() -> None:
    queue = Queue([message("m1", id="a")], [message("m2", id="b")])
    source = DeliveredSource(queue, Telling(), FakeClock())
    (first, second), _ = await taken(source, 2)
    await turns()
    assert queue.gone == []
    second.settle()
    await turns()
    assert queue.gone == [], "an earlier one is not durable yet"
    first.settle()
    await turns()
    assert queue.gone == ["m1", "m2"]
    await source.aclose()


async def test_a_repeat_goes_with_what_it_repeats() -> None:
    queue = Queue([message("m1", id="a")], [message("m1 again", id="a")], [message("m2", id="b")])
    source = DeliveredSource(queue, Telling(), FakeClock())
    (first, second), _ = await taken(source, 2)
    await turns()
    assert queue.gone == []
    first.settle()
    await turns()
    assert queue.gone == ["m1", "m1 again"]
    second.settle()
    await source.aclose()
    assert queue.gone[-1] == "m2"


async def test_what_makes_no_sense_is_left_and_what_is_somebody_elses_goes() -> None:
    broken = Delivery(id="m0", body=b"{")
    queue = Queue([broken, message("m1", id="bad"), message("m2")], [message("m3", id="a")])
    source = DeliveredSource(queue, Telling(), FakeClock())
    await taken(source, 1)
    await turns()
    assert queue.left == ["m0", "m1"]
    assert queue.gone == ["m2"]
    await source.aclose()


async def test_a_queue_that_is_away_is_asked_again_and_one_that_is_refused_ends_it() -> None:
    clock = FakeClock()
    queue = Queue(
        Unavailable("away"), Unavailable("away"), [message("m1", id="a")], Forbidden("no")
    )
    source = DeliveredSource(queue, Telling(), clock)
    _, batches = await taken(source, 1)
    assert clock.slept[:2] == [1.0, 2.0]
    with pytest.raises(Forbidden):
        await anext(batches)
    await source.aclose()
