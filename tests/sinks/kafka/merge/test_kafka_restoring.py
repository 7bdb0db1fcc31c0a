"""Partitions that come to a process are read back, also right after brokers restarted."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from syncline.events.conversations import Patience
from syncline_kafka.merge.restoring import Restorer
from syncline_simulators.kafka.broker import Broker

pytestmark = [pytest.mark.xdist_group("kafka-merge"), pytest.mark.long(120)]
_PATIENCE = 60.0
_NUMBERS = (0, 1)


@pytest.fixture
def restorer(kafka_broker: Broker) -> Iterator[Restorer]:
    """One over topics of its own, that nobody has written to."""
    raw, state = (f"restoring-{uuid.uuid4().hex}.{name}" for name in ("raw", "state"))
    admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
    new = [NewTopic(name, len(_NUMBERS), 1) for name in (raw, state)]
    for made in admin.create_topics(new).values():
        made.result(_PATIENCE)
    settings = {
        "bootstrap.servers": kafka_broker.bootstrap, "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
    }  # fmt: skip
    with ExitStack() as stack:
        group = Consumer({**settings, "group.id": raw})
        stack.callback(group.close)
        reader = Consumer({**settings, "group.id": state})
        stack.callback(reader.close)
        yield Restorer(group, reader, admin, raw, state)


def read_back(restorer: Restorer) -> set[int]:
    restorer.begin(_NUMBERS)
    found: set[int] = set()
    until = time.monotonic() + _PATIENCE
    while restorer.busy:
        assert time.monotonic() < until, "nothing was read back"
        found |= {one.number for one in restorer.step(Patience(after={}, others=0, remember=0))}
    return found


def test_partitions_are_read_back_after_brokers_restarted(
    restorer: Restorer, kafka_broker: Broker
) -> None:
    assert read_back(restorer) == {*_NUMBERS}
    kafka_broker.restart()
    assert read_back(restorer) == {*_NUMBERS}
