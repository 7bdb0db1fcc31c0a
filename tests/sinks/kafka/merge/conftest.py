"""Topics to merge on the real broker, listeners that write, readers, and stages that merge."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.events import Event, MergeJob, Zombies
from syncline.events.conversations import Conversation, decode
from syncline.events.interaction import (
    ALERTING,
    CONNECTED,
    DISCONNECTED,
    ENDED,
    JOINED,
    LEFT,
    STARTED,
)
from syncline.model import JSON
from syncline.testing import MemoryCache
from syncline_kafka import Settings
from syncline_kafka.configuration import pinned
from syncline_kafka.merge.stage import KafkaMerge
from syncline_kafka.messages import binary
from syncline_simulators.kafka.broker import Broker

AT = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=10)
"""Not long ago: brokers remove what happened before a topic's retention."""
LIFE = (STARTED, JOINED, ALERTING, CONNECTED, DISCONNECTED, LEFT, ENDED)
PROGRAM = Path(__file__).with_name("merge_process.py")
PARTITIONS = 4
_PATIENCE = 60.0


def event(key: str, kind: str, second: float, **data: JSON) -> Event:
    """Something that happened in a conversation, so many seconds after it began."""
    at = AT + timedelta(seconds=second)
    given: dict[str, JSON] = {
        "event_id": f"{key} {kind} {second}", "event_type": kind, "conversation_id": key,
        "occurred_at": at.isoformat(), "media_type": "voice", "synthetic": False, **data,
    }  # fmt: skip
    return Event(
        id=f"{key} {kind} {second}", key=key, type=kind, source="genesys/cx", occurred_at=at,
        observed_at=at, data=given,
    )  # fmt: skip


def life(key: str) -> list[Event]:
    """All that happened in a conversation."""
    return [event(key, kind, second) for second, kind in enumerate(LIFE)]


@define
class Bus:
    """Three topics on a broker, and those who write and read them."""

    broker: Broker
    topic: str

    def settings(self, **others: Any) -> Settings:
        """The connection to it."""
        return Settings(bootstrap_servers=(self.broker.bootstrap,), topic=self.topic, **others)

    def create(self, *, largest: int = 1_000_000, **partitions: int) -> None:
        """Make the three topics; a record of the clean one has so many bytes at most."""
        least = {"max.message.bytes": str(largest)}
        names = {"raw": f"{self.topic}.raw", "clean": self.topic, "state": f"{self.topic}.state"}
        made = [
            NewTopic(
                name, partitions.get(which, PARTITIONS), 1,
                config={"cleanup.policy": "compact"} if which == "state" else
                least if which == "clean" else {},
            )
            for which, name in names.items()
        ]  # fmt: skip
        admin = self._admin()  # what it was asked ends with it
        for future in admin.create_topics(made).values():
            future.result(60)

    def write(self, events: Iterable[Event]) -> None:
        """Write to the raw topic as one listener does."""
        self.write_raw(
            (m.key, m.value, m.headers, m.timestamp) for m in map(binary, events)
        )  # fmt: skip

    def write_raw(self, records: Iterable[tuple[Any, Any, Any, int]]) -> None:
        """Write records as they are."""
        producer = Producer({"bootstrap.servers": self.broker.bootstrap, **pinned()})
        for key, value, headers, timestamp in records:
            while True:
                try:
                    producer.produce(
                        f"{self.topic}.raw", value, key, headers=headers, timestamp=timestamp
                    )
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
        assert producer.flush(60) == 0

    def read(self, topic: str = "") -> list[Any]:
        """All that was committed to a topic (the clean one), in order within a partition."""
        reader = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap, "group.id": uuid.uuid4().hex,
                "enable.auto.commit": False, "enable.partition.eof": True, "fetch.wait.max.ms": 20,
            }
        )  # fmt: skip
        topic = topic or self.topic
        count = len(self._admin().list_topics(topic).topics[topic].partitions)
        reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(count)])
        found: list[Message] = []
        ended: set[int | None] = set()
        until = time.monotonic() + _PATIENCE
        while len(ended) < count and time.monotonic() < until:
            for message in reader.consume(1000, 0.2):
                error = message.error()
                if error is None:
                    found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
        reader.close()
        return found

    def clean(self) -> list[dict[str, Any]]:
        """The data of the events in the clean topic."""
        return [json.loads(message.value()) for message in self.read()]

    def known(self) -> dict[str, Conversation]:
        """What the state topic says."""
        found: dict[str, Conversation] = {}
        for message in self.read(f"{self.topic}.state"):
            key = message.key().decode()
            if message.value() is None:
                found.pop(key, None)
            else:
                found[key] = decode(message.value())
        return found

    async def wait(self, count: int, patience: float = _PATIENCE) -> list[dict[str, Any]]:
        """The clean events, as soon as there are so many."""
        until = time.monotonic() + patience
        while True:
            found = await asyncio.to_thread(self.clean)
            if len(found) >= count or time.monotonic() > until:
                return found
            await asyncio.sleep(0.1)

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.broker.bootstrap})


@pytest.fixture
def bus(kafka_broker: Broker) -> Bus:
    """Topics of the test's own."""
    made = Bus(kafka_broker, f"t{uuid.uuid4().hex[:10]}")
    made.create()
    return made


class Observed:
    """What stages told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, name: str, fields: Mapping[str, Any]) -> None:
        self.told.append((name, dict(fields)))

    def sum(self, field: str) -> int:
        """A count over all transactions."""
        return sum(fields[field] for name, fields in self.told if name == "merge.committed")

    async def until(self, name: str, count: int) -> None:
        """Wait until so much was told of something."""
        until = time.monotonic() + _PATIENCE
        while self.sum(name) < count:
            assert time.monotonic() < until, f"{self.sum(name)} {name}"
            await asyncio.sleep(0.02)

    def names(self) -> set[str]:
        """What was told of."""
        return {name for name, _ in self.told}


@pytest.fixture
def observed() -> Observed:
    return Observed()


Merging = Callable[..., Any]


@pytest.fixture
def merging(bus: Bus, observed: Observed) -> Merging:
    """Runs a stage for the length of a block, which has its task."""

    @asynccontextmanager
    async def run(
        instance: str = "one", zombies: Zombies | None = None, *, remember: timedelta | None = None,
        **settings: Any,
    ) -> AsyncIterator[asyncio.Task[None]]:  # fmt: skip
        context = Context(
            connection="bus", clock=SystemClock(), cache=MemoryCache(), observe=observed
        )  # fmt: skip
        job = MergeJob(
            job="clean", instance=instance, zombies=zombies or Zombies(),
            remember=remember or timedelta(hours=1),
        )  # fmt: skip
        stage = KafkaMerge(bus.settings(**settings), context, job)
        async with AsyncExitStack() as stack:
            task = asyncio.create_task(stage.run())
            stack.push_async_callback(_ended, task)
            stack.push_async_callback(stage.aclose)
            yield task
            if task.done():
                await task

    return run


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.gather(task, return_exceptions=True)


Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def spawn(bus: Bus) -> Iterator[Spawn]:
    """Starts a stage in a process of its own; ends it with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(instance: str, **settings: Any) -> subprocess.Popen[bytes]:
        given = {
            "bootstrap": bus.broker.bootstrap, "topic": bus.topic, "instance": instance,
            "librdkafka": settings,
        }  # fmt: skip
        process = subprocess.Popen([sys.executable, str(PROGRAM), json.dumps(given)])
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait(60)


@pytest.fixture(name="event")
def _event() -> Callable[..., Event]:
    """Makes something that happened in a conversation."""
    return event


@pytest.fixture(name="life")
def _life() -> Callable[[str], list[Event]]:
    """Makes all that happened in a conversation."""
    return life
