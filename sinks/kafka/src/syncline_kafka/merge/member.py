"""A member of the consumer group, from joining it to leaving it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from syncline.events.conversations import Micros, micros

from ..configuration import client
from ..session import librdkafka
from . import clients
from .failures import Aborted, Lost, complain
from .merger import Merger, Work
from .ownership import Ownership
from .restoring import Restorer
from .transaction import Transactions

logger = logging.getLogger(__name__)

AT_ONCE = 2_000
"""Records that are taken at a time."""
MOST = 10_000
"""Records of one transaction."""
LOOK = 0.02
"""Seconds that records are collected."""
INTERVAL = 80_000
"""Microseconds after which a transaction ends: readers of the clean topic wait for that."""
_SEEK = 10.0


class Member:
    """One consumer and one producer.

    Everything happens in the thread that calls `run`; callbacks of the consumer, too, come while
    it is asked for records.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._raw = work.settings.raw
        self._since: Micros = 0
        """When the transaction that is open began; 0 where there is none."""
        self._records = 0
        self._undone = False
        """The transaction was undone while records were asked for."""
        self._broken: Exception | None = None
        """What went wrong in a callback, which must not raise."""
        settings, instance = work.settings, work.instance
        self._transactions = Transactions(
            Producer(clients.writer(settings, instance), logger=librdkafka),
            work.stopping,
            work.beat,
        )
        self._merger = Merger(work, self._transactions)
        self._consumer = Consumer(clients.reader(settings, instance, work.name), logger=librdkafka)
        admin = AdminClient(dict(client(settings)), logger=librdkafka)
        self._ownership = Ownership(admin, work)
        self._restorer = Restorer(
            self._consumer,
            Consumer(clients.restorer(settings, instance), logger=librdkafka),
            admin,
            self._raw,
            settings.state,
        )

    def run(self) -> None:
        """Merge until somebody says stop.

        Raises:
            Lost: a new member is to take over.
            Forbidden, ConfigError: somebody has to help.
        """
        try:
            self._transactions.prepare()
            self._join()
            while not self._work.stopping():
                self._once()
            self._end()
        finally:
            self._restorer.close()
            self._consumer.close()

    def _join(self) -> None:
        self._consumer.subscribe(
            [self._raw],
            on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost,
        )  # fmt: skip

    def _once(self) -> None:
        self._work.beat()
        if self._ownership.must_join_anew():
            self._join_anew()
        try:
            self._take()
            if self._restorer.busy:
                self._restore()
            now = self._now()
            self._merger.mind(now)
            self._since = self._since or (now if self._merger.changed else 0)
            if self._since and (now - self._since >= INTERVAL or self._records >= MOST):
                self._commit()
        except Aborted as error:
            self._undo(error)
        if self._broken is not None:
            raise self._broken

    def _take(self) -> None:
        messages = self._consumer.consume(AT_ONCE, LOOK)
        if self._undone:
            # They came before the partitions were set back, and would leave out what was undone.
            # What the consumer complains of counts all the same: it may say so only once.
            self._undone, messages = False, [one for one in messages if one.error()]
            self._seek(self._merger.positions())
        now = self._now()
        for message in messages:
            error = message.error()
            if error is None:
                self._merger.take(message, now)
            else:
                self._told(message, error, now)
        self._records += len(messages)

    def _told(self, message: Message, error: KafkaError, now: Micros) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            self._merger.end(message.partition() or 0, now)
        else:
            complain(error, f"reading topic {self._raw!r}")

    def _join_anew(self) -> None:
        """Leave the group and join it: that is what makes the brokers hand out all partitions."""
        logger.warning("partitions belong to nobody; the group is joined anew")
        self._work.observe("merge.joined_anew", {})
        self._consumer.unsubscribe()
        until = time.monotonic() + _SEEK
        while self._consumer.assignment() and time.monotonic() < until:
            self._work.beat()
            self._take()
        self._join()

    # -- the transaction -------------------------------------------------------------------------

    def _commit(self) -> None:
        if self._merger.changed:
            read = self._merger.conclude()
            group = self._consumer.consumer_group_metadata()
            self._transactions.commit(self._places(read), group)
            self._merger.committed()
        self._since = self._records = 0

    def _undo(self, error: Aborted) -> None:
        """Undo the transaction, and read again what it had read."""
        self._give_up(error)
        self._seek(self._merger.positions())

    def _give_up(self, error: Aborted) -> None:
        logger.warning("a transaction is done again", extra={"error": str(error)})
        self._work.observe("merge.aborted", {"error": str(error)})
        self._transactions.abort()
        self._merger.undone()
        self._since = self._records = 0

    def _end(self) -> None:
        """Commit what is whole; what cannot be is undone, and read again by whoever comes next."""
        try:
            self._commit()
        except Aborted:
            self._transactions.abort()

    # -- partitions that come and go ---------------------------------------------------------------

    def _assigned(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        consumer.incremental_assign(places)
        consumer.pause(places)
        self._restorer.begin(place.partition for place in places)
        self._observe("merge.assigned", places)

    def _revoked(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        # They are still ours here: what is begun can be committed before they go.
        self._leave(places, self._commit)

    def _lost(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        self._leave(places, _must_not_commit)

    def _leave(self, places: list[TopicPartition], last: Callable[[], None]) -> None:
        numbers = [place.partition for place in places]
        try:
            self._restorer.cancel(numbers)
            self._last(last)
        except Exception as error:
            self._broken = error
        self._merger.drop(numbers)
        self._observe("merge.left", places)

    def _last(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Aborted as error:
            self._undone = True
            self._give_up(error)

    def _restore(self) -> None:
        for partition in self._restorer.step(self._work.patience):
            self._seek({partition.number: partition.position})
            self._consumer.resume(self._places({partition.number: 0}))
            self._merger.have(partition)

    def _seek(self, positions: Mapping[int, int]) -> None:
        until = time.monotonic() + _SEEK
        for place in self._places(positions):
            while True:
                try:
                    self._consumer.seek(place)
                except KafkaException as error:
                    # It takes a moment until a partition that was just given can be moved.
                    if time.monotonic() > until:
                        raise Lost(f"partition {place.partition} is not to be had") from error
                    self._work.beat()
                    time.sleep(LOOK)
                else:
                    break

    def _places(self, positions: Mapping[int, int]) -> list[TopicPartition]:
        return [TopicPartition(self._raw, number, at) for number, at in positions.items()]

    def _observe(self, event: str, places: list[TopicPartition]) -> None:
        self._work.observe(event, {"partitions": [place.partition for place in places]})

    def _now(self) -> Micros:
        return micros(self._work.clock.now())


def _must_not_commit() -> None:
    """Say that others may have the partitions already.

    Raises:
        Aborted: always.
    """
    raise Aborted("partitions were taken from this process")


__all__ = ["AT_ONCE", "INTERVAL", "LOOK", "MOST", "Member"]
