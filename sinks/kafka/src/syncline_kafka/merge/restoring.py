"""Reads back what is known of partitions that came to this process."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_INVALID,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from syncline.errors import ConfigError
from syncline.events.conversations import Conversation, Patience, decode

from .failures import Aborted, complain, failure
from .partition import Partition

logger = logging.getLogger(__name__)

_SPEC: Any = OffsetSpec  # its class methods have no types
_AT_ONCE = 10_000
_LOOK = 0.1
_ADMIN = 3.0
"""Seconds that brokers have for an answer; there are three such steps without a sign of life."""


class _Reading:
    """One partition of the state topic, on the way to its end."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        """Where reading the raw topic goes on."""
        self.end = end
        self.known: dict[bytes, Conversation] = {}

    def take(self, message: Message, where: str) -> None:
        key, value = message.key(), message.value()
        if key is None:
            return
        if value is None:
            self.known.pop(key, None)
            return
        try:
            self.known[key] = decode(value)
        except ValueError as error:
            raise ConfigError([f"{where}: offset {message.offset()}: {error}"]) from error


class Restorer:
    """Brings partitions to where their last owner left them, while others are worked on.

    The order is what makes it safe: first the committed offset, which the brokers withhold while
    a transaction over it is open; then the end of the state topic, including what is open there;
    then reading up to that end, which a reader of committed records reaches once nothing is.
    """

    def __init__(
        self, group: Consumer, reader: Consumer, admin: AdminClient, raw: str, state: str
    ) -> None:
        self._group = group
        self._reader = reader
        self._admin = admin
        self._raw = raw
        self._state = state
        self._new: set[int] = set()
        self._reading: dict[int, _Reading] = {}

    @property
    def busy(self) -> bool:
        """True while partitions are on their way."""
        return bool(self._new or self._reading)

    def begin(self, partitions: Iterable[int]) -> None:
        """Start with these."""
        self._new.update(partitions)

    def cancel(self, partitions: Iterable[int]) -> None:
        """Leave these to their next owner."""
        gone = set(partitions)
        self._new -= gone
        if reading := gone & self._reading.keys():
            self._reader.incremental_unassign(self._places(reading))
            for number in reading:
                del self._reading[number]

    def step(self, patience: Patience) -> list[Partition]:
        """Go on for a moment; return what is whole again.

        Raises:
            ConfigError: the state is not to be read by this program.
            Forbidden, Aborted, Lost
        """
        if self._new:
            self._open()
        if not self._reading:
            return []
        done = {number for number in map(self._took, self._read()) if number is not None}
        return [self._restored(number, patience) for number in sorted(done)]

    def close(self) -> None:
        """Read no more."""
        self._reader.close()

    def _open(self) -> None:
        starts = self._starts()
        ends = self._offsets(self._state, self._new, _SPEC.latest()) if starts else {}
        if ends:
            places = [TopicPartition(self._state, number, OFFSET_BEGINNING) for number in ends]
            self._reader.incremental_assign(places)
        for number, end in ends.items():
            self._reading[number] = _Reading(starts[number], end)
        self._new -= ends.keys()

    def _starts(self) -> Mapping[int, int]:
        asked = [TopicPartition(self._raw, number) for number in self._new]
        try:
            committed = self._group.committed(asked, timeout=_LOOK)
        except KafkaException as error:
            found = failure(error.args[0], "asking how far was read")
            if isinstance(found, Aborted):
                # The last owner's transaction is open, or the group's broker has just started.
                return {}
            raise found from error
        first = self._offsets(self._raw, self._new, _SPEC.earliest())
        return {one.partition: _start(one, first) for one in committed} if first else {}

    def _offsets(self, topic: str, numbers: Iterable[int], what: OffsetSpec) -> Mapping[int, int]:
        # Uncommitted: what is open has to be waited for.
        asked = {TopicPartition(topic, number): what for number in numbers}
        level = IsolationLevel.READ_UNCOMMITTED
        answers = self._admin.list_offsets(asked, isolation_level=level, request_timeout=_ADMIN)
        try:
            return {place.partition: one.result(_ADMIN).offset for place, one in answers.items()}
        except KafkaException as error:
            found = failure(error.args[0], f"asking where topic {topic!r} ends")
            if not isinstance(found, Aborted):
                raise found from error
        self._look_up(topic)
        return {}

    def _look_up(self, topic: str) -> None:
        """Learn anew who leads a topic.

        librdkafka 2.16 asks by what it once learnt, and is answered FENCED_LEADER_EPOCH for good
        when a broker has restarted since.
        """
        with contextlib.suppress(KafkaException):
            self._admin.list_topics(topic, timeout=_ADMIN)

    def _read(self) -> list[Message]:
        return self._reader.consume(_AT_ONCE, _LOOK)

    def _took(self, message: Message) -> int | None:
        """Take in a record; return the partition where that was the last one."""
        number, error = message.partition(), message.error()
        reading = self._reading.get(number) if number is not None else None
        if reading is None or number is None:
            return None
        if error is None:
            reading.take(message, f"topic {self._state!r}, partition {number}")
            return None
        if error.code() == KafkaError._PARTITION_EOF:
            return number if (message.offset() or 0) >= reading.end else None
        complain(error, f"reading topic {self._state!r}")
        return None

    def _restored(self, number: int, patience: Patience) -> Partition:
        reading = self._reading.pop(number)
        self._reader.incremental_unassign(self._places([number]))
        fields = {"partition": number, "conversations": len(reading.known)}
        logger.info("what is known of a partition was read back", extra=fields)
        return Partition(number, reading.start, reading.known, patience)

    def _places(self, numbers: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._state, number) for number in numbers]


def _start(committed: TopicPartition, first: Mapping[int, int]) -> int:
    earliest = first[committed.partition]
    if committed.offset == OFFSET_INVALID:
        return earliest
    if committed.offset < earliest:
        fields = {"partition": committed.partition, "events": earliest - committed.offset}
        logger.error("events were removed from the raw topic before they were merged", extra=fields)
    return max(committed.offset, earliest)


__all__ = ["Restorer"]
