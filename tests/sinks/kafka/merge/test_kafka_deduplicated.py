"""A consumer of a topic that two listeners write gets each event once."""

from __future__ import annotations

import uuid
from typing import Any

import attrs
import pytest
from confluent_kafka import Consumer, Message, Producer

from syncline.events.interaction import RECORDING
from syncline_kafka.configuration import pinned
from syncline_kafka.consumer import Deduplicated, Window
from syncline_kafka.messages import binary

pytestmark = [pytest.mark.xdist_group("kafka-merge"), pytest.mark.long(120)]


def _write(bootstrap: str, topic: str, events: list[Any]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, **pinned()})
    for message in map(binary, events):
        producer.produce(topic, message.value, message.key, headers=message.headers)
    assert producer.flush(30) == 0


def _read(
    bootstrap: str, topic: str, group: str, count: int, *, strategy: str = "range", **options: Any
) -> list[str]:
    """Read until so many came, and let go."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False, "partition.assignment.strategy": strategy,
            "session.timeout.ms": 3000, "heartbeat.interval.ms": 500,
        }
    )  # fmt: skip
    found: list[str] = []
    once = Deduplicated(consumer, stop=lambda: len(found) >= count, **options)
    consumer.subscribe([topic], on_assign=once.assigned, on_revoke=once.revoked)
    for record in once:
        found += [_id(record)]
    consumer.commit(asynchronous=False)
    consumer.close()
    return found


def _id(record: Message) -> str:
    headers: Any = record.headers()
    return str(dict(headers)["ce_id"].decode())


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_what_two_writers_told_comes_once(kafka_mock: Any, life: Any, strategy: str) -> None:
    topic, lives = "interactions", [one for n in range(20) for one in life(f"c{n}")]
    kafka_mock.create(topic, 4)
    _write(kafka_mock.bootstrap, topic, lives)
    _write(kafka_mock.bootstrap, topic, lives)
    _write(kafka_mock.bootstrap, topic, life("last"))
    found = _read(kafka_mock.bootstrap, topic, "g", 147, strategy=strategy)
    assert sorted(found) == sorted(one.id for one in [*lives, *life("last")])


def test_after_a_restart_a_repetition_is_still_known(kafka_mock: Any, life: Any) -> None:
    topic = "interactions"
    kafka_mock.create(topic, 1)
    _write(kafka_mock.bootstrap, topic, life("c1"))
    assert len(_read(kafka_mock.bootstrap, topic, "g", 7)) == 7
    _write(kafka_mock.bootstrap, topic, [*life("c1"), *life("c2")])
    found = _read(kafka_mock.bootstrap, topic, "g", 7)
    assert found == [one.id for one in life("c2")]


def _records(bus: Any, events: list[Any]) -> list[Message]:
    bus.write(events)
    found: list[Message] = bus.read(f"{bus.topic}.raw")
    return found


def test_any_records_will_do_and_tombstones_always_come(bus: Any, life: Any) -> None:
    (first, *_) = life("c1")
    message = binary(first)
    bus.write_raw([(message.key, None, message.headers, 0)] * 2)
    bus.write_raw([(b"k", b"no id", [], 0)] * 2)
    records = _records(bus, [first, first])
    once = Deduplicated(records)
    assert len(list(once)) == 5
    assert once.dropped == 1


def test_a_change_of_a_recording_comes_once_whatever_its_id(kafka_mock: Any, event: Any) -> None:
    def read(listener: str, second: float, state: str, turn: int) -> Any:
        one = event("c1", RECORDING, second, listener=listener, recording_state=state)
        return attrs.evolve(one, id=f"c1 {state} {turn}")

    kafka_mock.create("interactions", 1)
    heard = [
        read("a", 0, "active", 0), read("b", 0.1, "active", 0), read("a", 20, "paused", 0),
        read("a", 40, "active", 1), read("b", 50, "active", 0), read("b", 90, "paused", 0),
    ]  # fmt: skip
    _write(kafka_mock.bootstrap, "interactions", [*heard, event("c1", "acw", 99)])
    found = _read(kafka_mock.bootstrap, "interactions", "g", 5)
    assert found[:4] == ["c1 active 0", "c1 paused 0", "c1 active 1", "c1 paused 0"]


def test_the_window_has_its_size_and_forgets_the_oldest() -> None:
    window = Window(3)
    ids = [uuid.uuid4().bytes for _ in range(5)]
    assert [window.repeats(one) for one in ids] == [False] * 5
    assert len(window) == 3
    assert window.repeats(ids[4])
    assert not window.repeats(ids[0])
