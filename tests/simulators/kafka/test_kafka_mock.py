"""librdkafka's mock cluster, and what it does on command."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient

from syncline_simulators.kafka.mock import PRODUCE, MockCluster


def _producer(cluster: MockCluster, **config: str | int) -> Producer:
    return Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0, **config})


def _outcome(producer: Producer, topic: str = "t") -> list[str]:
    told: list[str] = []
    producer.produce(topic, b"v", on_delivery=lambda e, _: told.append(e.name() if e else "ok"))
    producer.flush(20)
    return told


def test_a_topic_has_the_partitions_it_was_created_with(kafka_mock: MockCluster) -> None:
    kafka_mock.create("t", 7)
    topics = AdminClient({"bootstrap.servers": kafka_mock.bootstrap}).list_topics("t", 10).topics
    assert len(topics["t"].partitions) == 7


def test_a_retriable_error_is_only_a_delay(kafka_mock: MockCluster) -> None:
    kafka_mock.fail(PRODUCE, [KafkaError.NOT_ENOUGH_REPLICAS] * 2)
    assert _outcome(_producer(kafka_mock)) == ["ok"]


def test_a_final_error_is_reported(kafka_mock: MockCluster) -> None:
    kafka_mock.fail(PRODUCE, [KafkaError.MSG_SIZE_TOO_LARGE])
    assert _outcome(_producer(kafka_mock)) == ["MSG_SIZE_TOO_LARGE"]


def test_it_goes_down_and_comes_up(kafka_mock: MockCluster) -> None:
    kafka_mock.down()
    producer = _producer(kafka_mock)
    producer.produce("t", b"v")
    assert producer.flush(0.5) == 1
    kafka_mock.up()
    assert producer.flush(20) == 0


def test_answers_are_as_slow_as_told(kafka_mock: MockCluster) -> None:
    producer = _producer(kafka_mock)
    assert _outcome(producer) == ["ok"]
    kafka_mock.slow(300)
    begun = time.monotonic()
    assert _outcome(producer) == ["ok"]
    assert time.monotonic() - begun >= 0.3
