"""Transactions of one producer: events, what is known, and how far was read, all or nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException

from ..failures import REFUSED
from .failures import Aborted, Lost, Refused, Unanswered, failure

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer, TopicPartition

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds of one try. What takes over has as many as it takes, until somebody says stop.

What is begun has one: the brokers undo it after as long, and librdkafka 2.16 may ask for its
coordinator no more when a broker has restarted, so that each try ends as the first one did.
"""
_PAUSE = 0.05


class Transactions:
    """Begins a transaction with the first thing that is written, and ends it on demand.

    Raises of all methods:
        Aborted: the transaction can come to nothing any more; call `abort`.
        Lost: the producer can do nothing any more, or nothing came back within `patience` seconds.
        Forbidden: somebody has to give rights.
    """

    def __init__(
        self,
        producer: Producer,
        stopping: Callable[[], bool],
        beat: Callable[[], None],
        patience: float = PATIENCE,
    ) -> None:
        self._producer = producer
        self._stopping = stopping
        self._beat = beat
        self._patience = patience
        self._begun = False
        self._suspects: set[bytes] = set()
        """Messages of requests that were refused: a request has many, and one may be the reason."""
        self._convicted: set[bytes] = set()
        """Those that were refused alone."""
        self._failed: KafkaError | None = None

    def prepare(self) -> None:
        """End what an earlier process of this name left unfinished, and shut that one out."""
        while True:
            try:
                self._try("taking over the transactions", self._producer.init_transactions)
            except Unanswered:
                if self._stopping():
                    raise
            else:
                return

    def write(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Any = (),
        timestamp: int = 0,
    ) -> None:
        """Write one message; what it says holds once the transaction is committed.

        Raises:
            Refused: the brokers never take it.
        """
        self._begin()
        if not self._suspects:
            self._produce(topic, partition, key, value, headers, timestamp)
            return
        mark = _mark(topic, key, value)
        if mark in self._convicted:
            raise Refused(f"topic {topic!r} does not take it")
        if mark in self._suspects:
            self._flush(topic)
        self._produce(topic, partition, key, value, headers, timestamp)
        if mark in self._suspects:
            self._flush(topic)

    def _flush(self, topic: str) -> None:
        """Send what waits, so that the next message has a request of its own."""
        while self._producer.flush(self._patience) and not self._stopping():
            self._beat()
        if self._failed is not None:
            raise Aborted(f"writing to topic {topic!r}: {self._failed.name()}")

    def _produce(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Any,
        timestamp: int,
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    topic, value, key, partition, timestamp=timestamp, headers=headers or [],
                    on_delivery=self._reported,
                )  # fmt: skip
            except BufferError:
                self._beat()
                self._producer.poll(_PAUSE)  # the same message goes first as soon as there is room
                if self._failed is not None:
                    raise Aborted(f"writing to {topic}: {self._failed}") from None
                if self._stopping():
                    raise Lost("the stage ends while the brokers take nothing") from None
            except KafkaException as error:
                if error.args[0].code() in REFUSED:
                    raise Refused(f"topic {topic!r} does not take it") from error
                raise failure(error.args[0], f"writing to topic {topic!r}") from error
            else:
                return

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        """Make all that was written a fact, together with how far was read."""
        self._begin()
        self._try("writing", self._heard)
        self._try(
            "committing how far was read",
            lambda wait: self._producer.send_offsets_to_transaction(list(offsets), group, wait),
        )
        self._try("committing", self._producer.commit_transaction)
        self._begun = False
        self._suspects.clear()
        self._convicted.clear()

    def abort(self) -> None:
        """Undo all that was written since the last commit."""
        if self._begun:
            self._try("undoing", self._heard)
            self._try("undoing", self._producer.abort_transaction)
        self._begun, self._failed = False, None

    @property
    def begun(self) -> bool:
        """True where something was written that is neither committed nor undone."""
        return self._begun

    def _begin(self) -> None:
        if not self._begun:
            try:
                self._producer.begin_transaction()
            except KafkaException as error:
                raise failure(error.args[0], "beginning a transaction") from error
            self._begun = True

    def _heard(self, _: float) -> None:
        self._producer.poll(0)

    def _reported(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            return
        self._failed = error
        if error.code() in REFUSED:
            # Reports have no headers: it is known by its content.
            mark = _mark(message.topic() or "", message.key(), message.value())
            (self._convicted if mark in self._suspects else self._suspects).add(mark)

    def _try(self, tried: str, act: Callable[[float], object]) -> None:
        """Do something, and again where that may help, for `patience` seconds in all."""
        until = time.monotonic() + self._patience
        while True:
            self._beat()
            try:
                act(max(_PAUSE, until - time.monotonic()))
            except KafkaException as error:
                kafka: KafkaError = error.args[0]
                if not kafka.retriable():
                    raise failure(kafka, tried) from error
                if self._stopping() or time.monotonic() + _PAUSE >= until:
                    raise Unanswered(
                        f"{tried}: {kafka.name()}: the brokers gave no answer"
                    ) from error
                time.sleep(_PAUSE)
            else:
                return


def _mark(topic: str, key: bytes | None, value: bytes | None) -> bytes:
    return blake2b(b"\0".join([topic.encode(), key or b"", value or b""]), digest_size=16).digest()


__all__ = ["PATIENCE", "Transactions"]
