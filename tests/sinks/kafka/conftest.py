"""Kafka, real and imitated, and connections to it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline_kafka import Settings
from syncline_kafka.messages import event_of
from syncline_simulators.kafka.testing import kafka_broker, kafka_mock

PATIENCE = 60.0
"""Seconds without news after which no more is expected: a busy machine is slow, nothing else."""


class _Nothing:
    """A cache that forgets."""

    def get(self, key: str) -> str | None:
        return None

    def put(self, key: str, value: str) -> None:
        pass


class Seen:
    """What a sink told while it worked."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, event: str, fields: Any) -> None:
        self.told.append((event, dict(fields)))

    def of(self, event: str) -> list[dict[str, Any]]:
        """What was told under a name."""
        return [fields for name, fields in self.told if name == event]


@pytest.fixture
def seen() -> Seen:
    """What the sinks of the test told."""
    return Seen()


@pytest.fixture
def context(seen: Seen) -> Context:
    """What a sink is lent."""
    return Context(connection="bus", clock=SystemClock(), cache=_Nothing(), observe=seen)


@pytest.fixture
def topic() -> str:
    """A topic of the test's own."""
    return f"t-{uuid.uuid4().hex[:12]}"


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(topic: str) -> MakeSettings:
    """`make_settings(bootstrap, **others)`: with the test's topic."""

    def made(bootstrap: str, **others: Any) -> Settings:
        return Settings(bootstrap_servers=(bootstrap,), **{"topic": topic, **others})

    return made


def messages(bootstrap: str, topic: str, count: int, patience: float = PATIENCE) -> list[Message]:
    """So many messages of a topic from its beginning, in order for each partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "log_level": 0,
            "enable.auto.commit": False, "auto.offset.reset": "earliest",
        }
    )  # fmt: skip
    try:
        partitions = consumer.list_topics(topic, timeout=patience).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        found: list[Message] = []
        idle = 0.0
        while idle < (0.3 if len(found) >= count else patience):
            message = consumer.poll(0.1)
            if message is None:
                idle += 0.1
            elif message.error() is None:
                found.append(message)
                idle = 0.0
        return found
    finally:
        consumer.close()


ReadMessages = Callable[..., Any]


@pytest.fixture
def read_messages() -> ReadMessages:
    """`await read_messages(bootstrap, topic, count)`."""

    async def read(bootstrap: str, topic: str, count: int) -> list[Message]:
        return await asyncio.to_thread(messages, bootstrap, topic, count)

    return read


@pytest.fixture
def read_events(read_messages: ReadMessages) -> ReadMessages:
    """`await read_events(bootstrap, topic, count)`: canonical events."""

    async def read(bootstrap: str, topic: str, count: int) -> list[dict[str, Any]]:
        found = await read_messages(bootstrap, topic, count)
        events = [event_of(m.key(), m.value(), m.headers()) for m in found]
        return [event.canonical() for event in events if event is not None]

    return read


__all__ = ["kafka_broker", "kafka_mock"]
