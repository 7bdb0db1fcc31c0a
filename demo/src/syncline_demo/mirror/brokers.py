"""Kafka for the demonstration: a real broker, or librdkafka's imitation where there is no Java."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from attrs import frozen

from syncline.errors import ConfigError
from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.distribution import missing
from syncline_simulators.kafka.mock import MockCluster, NoMock
from syncline_simulators.kafka.options import BrokerOptions

PARTITIONS = 6
TOPIC = "interactions"
RAW = f"{TOPIC}.raw"
_TOPICS = (RAW, TOPIC, f"{TOPIC}.state")
_AWAY = 3.0


class Kafka(Protocol):
    """Brokers that are there, and away for a moment on demand."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        ...

    @property
    def whole(self) -> bool:
        """Whether it has all that Kafka has: requests of administrators, transactions that last."""
        ...

    def restart(self) -> None:
        """Go away, and come back with all that was in it."""
        ...


@frozen
class Real:
    """A node of Apache Kafka."""

    broker: Broker
    name: str = "Apache Kafka, one node"
    whole: bool = True

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        return self.broker.bootstrap

    def restart(self) -> None:
        """End it in good order and start it again."""
        self.broker.restart()


@frozen
class Imitated:
    """librdkafka's mock cluster, inside this process."""

    cluster: MockCluster
    name: str = "librdkafka's imitation of Kafka"
    whole: bool = False

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        return self.cluster.bootstrap

    def restart(self) -> None:
        """Close all connections, and take none for a while."""
        self.cluster.down()
        time.sleep(_AWAY)
        self.cluster.up()


@contextmanager
def started(*, mock: bool) -> Iterator[Kafka]:
    """Start Kafka, and end it with the block.

    Raises:
        ConfigError: neither can be had here.
    """
    if mock:
        with _imitated() as cluster:
            yield cluster
    else:
        with _broker() as broker:
            yield Real(broker)


def lacking() -> str:
    """Return what keeps a real broker from running here; empty where nothing does."""
    return " and ".join(missing())


@contextmanager
def _broker() -> Iterator[Broker]:
    broker = Broker(BrokerOptions(partitions=PARTITIONS))
    try:
        broker.start()
    except OSError as error:
        broker.close()
        raise ConfigError([f"{error}; --mock does without it"]) from error
    try:
        yield broker
    finally:
        broker.close()


@contextmanager
def _imitated() -> Iterator[Imitated]:
    try:
        cluster = MockCluster()
    except NoMock as error:
        raise ConfigError([f"no Kafka here: {error}"]) from error
    with cluster:
        for topic in _TOPICS:
            cluster.create(topic, PARTITIONS)
        yield Imitated(cluster)


__all__ = ["PARTITIONS", "RAW", "TOPIC", "Imitated", "Kafka", "Real", "lacking", "started"]
