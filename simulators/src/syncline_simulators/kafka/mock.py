"""librdkafka's mock cluster inside this program: it starts in a moment, and fails on command.

It has no admin requests, no compaction or retention, no TLS or passwords, and a partition holds
5 MiB: what needs those needs the real `broker`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Self

from .library import NoMock, library

PRODUCE, FETCH, METADATA, END_TXN, INIT_PRODUCER = 0, 1, 3, 26, 22
"""Keys of requests, for `fail`."""
_PRODUCER = 0


class MockCluster:
    """Brokers on 127.0.0.1, numbered from 1, until `close`.

    Raises:
        NoMock: this build of confluent-kafka does not give hold of it.
    """

    def __init__(self, brokers: int = 1) -> None:
        self._library = library()
        self._count = brokers
        said = ctypes.create_string_buffer(512)
        conf = self._library.rd_kafka_conf_new()
        # It would warn that this client, which sends nothing, knows no broker.
        self._library.rd_kafka_conf_set(conf, b"log_level", b"3", said, len(said))
        self._client = self._library.rd_kafka_new(_PRODUCER, conf, said, len(said))
        if not self._client:
            raise NoMock(f"librdkafka did not start: {said.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, brokers)
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        found: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        self.bootstrap = found.decode()

    def create(self, topic: str, partitions: int) -> None:
        """Create a topic; those that nobody creates come to be with 4 partitions.

        Raises:
            ValueError: it is there already.
        """
        code = self._library.rd_kafka_mock_topic_create(
            self._cluster, topic.encode(), partitions, 1
        )
        if code:
            raise ValueError(f"topic {topic!r} was not created (error {code})")

    def refuse(self, topic: str, code: int) -> None:
        """Let metadata of a topic carry an error from now on; 0 ends that."""
        self._library.rd_kafka_mock_topic_set_error(self._cluster, topic.encode(), code)

    def fail(self, request: int, codes: Sequence[int]) -> None:
        """Answer the next requests of a kind with these errors; 0 lets one through."""
        array = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, request, len(codes), array
        )

    def down(self) -> None:
        """Close all connections and take no new ones."""
        for broker in range(1, self._count + 1):
            self._library.rd_kafka_mock_broker_set_down(self._cluster, broker)

    def up(self) -> None:
        """Take connections again."""
        for broker in range(1, self._count + 1):
            self._library.rd_kafka_mock_broker_set_up(self._cluster, broker)

    def slow(self, milliseconds: int) -> None:
        """Answer every request so late; 0 ends that."""
        for broker in range(1, self._count + 1):
            self._library.rd_kafka_mock_broker_set_rtt(self._cluster, broker, milliseconds)

    def close(self) -> None:
        """End it with all that was in it."""
        if self._cluster:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._client)
            self._cluster = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["END_TXN", "FETCH", "INIT_PRODUCER", "METADATA", "PRODUCE", "MockCluster", "NoMock"]
