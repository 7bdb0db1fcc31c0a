"""Everything at once: outages, lost sessions, refusals, small windows, callers that repeat."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from confluent_kafka import KafkaError

from syncline.connector import Context
from syncline.errors import StoreError
from syncline.events import Event
from syncline.testing.sink_contract import event
from syncline_kafka.sink import KafkaSink
from syncline_simulators.kafka.mock import PRODUCE, MockCluster

pytestmark = pytest.mark.timeout(300)
EVENTS = 1_000
KEYS = 7
PASSING = [
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
]
ENDING = [
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.UNKNOWN_PRODUCER_ID,
]


class Mirror:
    """What an events job does: calls side by side, and after a failure all of them again."""

    def __init__(self, sink: KafkaSink, events: list[Event], chance: random.Random) -> None:
        self._sink, self._events, self._chance = sink, events, chance
        self._calls: list[tuple[list[Event], asyncio.Task[None]]] = []

    async def run(self) -> None:
        while self._events or self._calls:
            if self._events and len(self._calls) < 8:
                size = self._chance.randint(1, 30)
                batch, self._events = self._events[:size], self._events[size:]
                self._calls.append((batch, asyncio.create_task(self._sink.send(batch))))
                await asyncio.sleep(self._chance.choice([0, 0, 0.005]))
            else:
                await self._first()

    async def _first(self) -> None:
        try:
            await self._calls[0][1]
            del self._calls[0]
        except StoreError:
            told = await asyncio.gather(*(call for _, call in self._calls), return_exceptions=True)
            calls = zip(self._calls, told, strict=True)
            again = [one for (batch, _), error in calls if error is not None for one in batch]
            self._events, self._calls = again + self._events, []


async def _accidents(cluster: MockCluster, chance: random.Random, refusals: bool) -> None:
    for _ in range(15):
        await asyncio.sleep(chance.uniform(0.02, 0.15))
        match chance.randrange(4) if refusals else None:
            case 0 | 1:
                cluster.fail(PRODUCE, chance.choices(PASSING, k=chance.randint(1, 4)))
            case 2:
                cluster.fail(PRODUCE, [chance.choice(ENDING)])
            case _:
                cluster.down()
                await asyncio.sleep(chance.uniform(0.01, 0.2))
                cluster.up()


@pytest.mark.parametrize("refusals", [True, False], ids=["refusals", "outages"])
@pytest.mark.parametrize("seed", range(2))
async def test_nothing_is_missing_and_first_arrivals_are_in_order(
    kafka_mock: MockCluster, make_settings: Any, context: Context, topic: str, read_events: Any,
    seed: int, refusals: bool,
) -> None:  # fmt: skip
    """A broker refuses what comes behind a request that it has refused, and so the order holds.

    librdkafka's mock knows nothing of that, and takes requests that were under way behind it: what
    was refused comes late there, and its order is not looked at.
    """
    chance = random.Random(seed)
    kafka_mock.create(topic, 3)
    settings = make_settings(
        kafka_mock.bootstrap, window=chance.choice([10, 100, 10_000]),
        linger=timedelta(milliseconds=chance.choice([0, 2, 20])),
        librdkafka={"retry.backoff.ms": 10, "reconnect.backoff.ms": 10,
                    "reconnect.backoff.max.ms": 50},
    )  # fmt: skip
    sink = KafkaSink(settings, context, topic=topic)
    events = [event(n, key=f"k{chance.randrange(KEYS)}") for n in range(EVENTS)]
    storm = asyncio.create_task(_accidents(kafka_mock, chance, refusals))
    try:
        await asyncio.wait_for(Mirror(sink, list(events), chance).run(), 120)
    finally:
        storm.cancel()
        await sink.aclose()
    found = await read_events(kafka_mock.bootstrap, topic, EVENTS)
    for key in {one.key for one in events}:
        arrived = dict.fromkeys(one["id"] for one in found if one["key"] == key)
        sent = [one.id for one in events if one.key == key]
        assert (sorted(arrived) == sorted(sent)) if refusals else (list(arrived) == sent)
