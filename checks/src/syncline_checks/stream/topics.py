"""The topics of the mirror on the brokers: how far they are merged, and what is in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from attrs import define
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from syncline.events.conversations import Conversation, decode

CLEAN = "interactions"
_WAIT = 10.0
_AT_ONCE = 5000
_SOON = 0.2
_quiet = logging.getLogger(f"{__name__}.librdkafka")
"""Where librdkafka speaks of brokers that are away: they are taken away on purpose."""
_quiet.propagate = False
_quiet.addHandler(logging.NullHandler())


@define
class Topics:
    """The raw topic, the clean one, and that of the state."""

    bootstrap: str
    partitions: int
    name: str = CLEAN
    """Of the clean one; the others are named after it."""

    def told(self) -> int | None:
        """Return how many records the listeners wrote; None while the brokers are away."""
        reader, raw = self._reader(), f"{self.name}.raw"
        try:
            ends = [
                reader.get_watermark_offsets(TopicPartition(raw, number), timeout=_WAIT)
                for number in range(self.partitions)
            ]
        except KafkaException:
            return None
        finally:
            reader.close()
        return sum(end[1] for end in ends if end)

    def merged(self) -> int | None:
        """Return how many of them were merged; None while the brokers are away."""
        admin, group = self._admin(), f"{self.name}.merge"
        try:
            asked = admin.list_consumer_group_offsets(
                [ConsumerGroupTopicPartitions(group)], request_timeout=_WAIT
            )
            found = asked[group].result(_WAIT).topic_partitions
        except (KafkaException, TimeoutError):
            return None
        offsets: list[int] = [one.offset for one in found if one.topic == f"{self.name}.raw"]
        return sum(max(0, offset) for offset in offsets)

    def clean(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield what was committed to the clean topic, with its keys, a partition after another."""
        return self._committed(self.name)

    def known(self) -> dict[str, Conversation]:
        """Return what the state says of each conversation."""
        found: dict[str, Conversation] = {}
        for key, value in self._committed(f"{self.name}.state"):
            found.pop(key.decode(), None)
            if value:
                found[key.decode()] = decode(value)
        return found

    def records(self) -> Iterator[bytes]:
        """Yield all that is in the topics that there are, byte for byte: key, value and headers."""
        there = self._admin().list_topics(timeout=_WAIT).topics
        for topic in sorted(there.keys() & {self.name, f"{self.name}.raw", f"{self.name}.state"}):
            for message in self._messages(topic):
                headers: Any = message.headers() or []
                told = [part for name, value in headers for part in (name.encode(), value)]
                yield b" ".join([*_record(message), *told])

    def _committed(self, topic: str) -> Iterator[tuple[bytes, bytes]]:
        return map(_record, self._messages(topic))

    def _messages(self, topic: str) -> Iterator[Message]:
        reader = self._reader()
        try:
            for number in range(self.partitions):
                reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING)])
                yield from _whole(reader)
        finally:
            reader.close()

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap}, logger=_quiet)

    def _reader(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap, "group.id": "judge",
                "enable.auto.commit": False, "enable.partition.eof": True,
                "isolation.level": "read_committed", "fetch.wait.max.ms": 50,
                "queued.max.messages.kbytes": 16_384,
            },
            logger=_quiet,
        )  # fmt: skip


def _whole(reader: Consumer) -> Iterator[Message]:
    while True:
        # It waits for all of them, also at the end of a partition.
        for message in reader.consume(_AT_ONCE, _SOON):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                return
            else:
                raise KafkaException(error)


def _record(message: Message) -> tuple[bytes, bytes]:
    key, value = message.key(), message.value()
    return bytes(key or b""), bytes(value or b"")


__all__ = ["CLEAN", "Topics"]
