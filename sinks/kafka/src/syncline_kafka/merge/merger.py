"""Merges records of the partitions that are here, into the transaction that is open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, frozen

from syncline.events import Event, Found
from syncline.events.conversations import (
    Micros,
    Patience,
    Verdict,
    another_id,
    digest,
    encode,
)
from syncline.ports import Clock

from ..messages import Codec, event_of
from ..settings import Settings
from .failures import Refused
from .janitor_channel import Answers, Ask, Desk
from .partition import Partition
from .record import (
    Headers,
    NotOurs,
    content_of,
    fact_of,
    is_reading,
    marked_late,
    renamed,
)
from .transaction import Transactions

if TYPE_CHECKING:
    from confluent_kafka import Message

logger = logging.getLogger(__name__)

_TOLD = (Verdict.NEW, Verdict.LATE)
_SWEEP = 1_000_000
"""Microseconds between two looks for conversations that are due."""
_SWEPT = 5_000
"""So many at a time: what comes in does not wait for them."""
_SHOWN = 5


@frozen(kw_only=True)
class Work:
    """What a merge stage is to do, and what it is lent for it."""

    settings: Settings
    instance: str
    """Of those that merge, by a name that stays."""
    name: str
    """Of this process, by one that no other has."""
    source: str
    """Of events that it infers."""
    partitions: int
    """Of each of the topics."""
    patience: Patience
    codec: Codec
    """How events are written to the clean topic."""
    recode: bool
    """It is another way than that of the raw topic."""
    clock: Clock
    desk: Desk
    observe: Callable[[str, Mapping[str, Any]], None]
    stopping: Callable[[], bool] = lambda: False
    beat: Callable[[], None] = lambda: None
    """Called at every sign of life."""


@define
class Counts:
    """What a transaction holds."""

    told: int = 0
    late: int = 0
    repeats: int = 0
    dead: int = 0
    finalized: int = 0
    forgotten: int = 0


class Merger:
    """The partitions that are here, and what the open transaction does to them."""

    def __init__(self, work: Work, transactions: Transactions) -> None:
        self._work = work
        self._transactions = transactions
        self._partitions: dict[int, Partition] = {}
        self._counts = Counts()
        self._swept: Micros = 0
        self._buried: list[str] = []

    # -- partitions --------------------------------------------------------------------------

    def have(self, partition: Partition) -> None:
        """Begin to merge a partition."""
        self._partitions[partition.number] = partition
        self._share()

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget partitions that are somebody else's now."""
        for number in numbers:
            self._partitions.pop(number, None)
        self._share()

    def _share(self) -> None:
        self._work.desk.part = len(self._partitions) / self._work.partitions

    # -- records -----------------------------------------------------------------------------

    def take(self, message: Message, now: Micros) -> None:
        """Merge one record.

        Raises:
            Aborted, Lost, Forbidden
        """
        partition = self._partitions.get(message.partition() or 0)
        if partition is None or (message.offset() or 0) < partition.position:
            return  # not whole yet, or not ours: it is read again by whoever merges it
        try:
            self._merge(partition, message, now)
        except (NotOurs, Refused) as error:
            self._bury(message, str(error))
        partition.position = (message.offset() or 0) + 1
        partition.seen(now, end=False)

    def end(self, number: int, now: Micros) -> None:
        """Note that a partition has nothing more to read for now."""
        if partition := self._partitions.get(number):
            partition.seen(now, end=True)

    def _merge(self, partition: Partition, message: Message, now: Micros) -> None:
        key = message.key() or b""
        headers: Any = message.headers() or []
        attributes = dict(headers)
        event_id, reads = attributes.get("ce_id"), is_reading(attributes)
        told = event_id is not None and partition.told(key, digest(event_id))
        # Half of all records are the other listener's: nothing more is looked at in those.
        if told and not reads:
            self._counts.repeats += 1
            return
        wanted = reads or partition.lacks_medium(key)
        content = content_of(message.value()) if wanted else {}
        fact = fact_of(key, attributes, content, heard=now)
        verdict = partition.weigh(key, fact)
        if verdict not in _TOLD:
            self._counts.repeats += 1
            return
        value = message.value() or b""
        if told and event_id and fact.reading:
            id = another_id(event_id.decode(), fact.reading.read)
            value, headers = renamed(value, headers, id)
        self._tell(partition.number, message, value, headers, late=verdict is Verdict.LATE)

    def _tell(
        self, number: int, message: Message, value: bytes, headers: Headers, *, late: bool
    ) -> None:
        key = message.key()
        if late:
            value = marked_late(value)
        if self._work.recode:
            value, headers = self._recoded(key, value, headers)
        self._transactions.write(
            self._work.settings.topic, number, key, value, headers, message.timestamp()[1]
        )
        self._counts.told += 1
        self._counts.late += late

    def _recoded(self, key: bytes | None, value: bytes, headers: Any) -> tuple[bytes, Any]:
        try:
            event = event_of(key, value, headers)
        except ValueError as error:
            raise NotOurs(str(error)) from error
        if event is None:
            raise NotOurs("it has no content")
        written = self._work.codec(event)
        return written.value, written.headers

    def _bury(self, message: Message, why: str) -> None:
        """Put a record aside; without a topic for it, the raw one keeps it for a while."""
        at = f"partition {message.partition()}, offset {message.offset()}: {why}"
        if topic := self._work.settings.dead_letter_topic:
            headers = [*(message.headers() or []), ("syncline_reason", why.encode())]
            try:
                self._transactions.write(
                    topic, -1, message.key(), message.value(), headers, message.timestamp()[1]
                )
            except Refused as error:
                at += f"; {error}"
        self._counts.dead += 1
        self._buried.append(at)

    # -- conversations that say nothing ---------------------------------------------------------

    def mind(self, now: Micros) -> None:
        """Forget what is over, and take in what the vendor says of what is silent.

        Raises:
            Aborted, Lost, Forbidden
        """
        if now - self._swept >= _SWEEP:
            self._swept = now
            for partition in self._partitions.values():
                self._counts.forgotten += partition.sweep(now, _SWEPT)
        for slip in self._work.desk.slips():
            match slip:
                case Ask():
                    self._work.desk.reply(slip, self._due(now, slip.limit))
                case Answers(found):
                    for key, one in found.items():
                        self._answer(key, one, now)

    def _due(self, now: Micros, limit: int) -> list[bytes]:
        due: list[bytes] = []
        for partition in self._partitions.values():
            due += partition.ask(now, limit - len(due))
        return due

    def _answer(self, key: bytes, found: Found | None, now: Micros) -> None:
        for partition in self._partitions.values():
            event = partition.answer(key, found, now, source=self._work.source)
            if event is not None:
                self._finalize(partition.number, key, event)

    def _finalize(self, number: int, key: bytes, event: Event) -> None:
        message = self._work.codec(event)
        self._transactions.write(
            self._work.settings.topic, number, key, message.value, message.headers,
            message.timestamp,
        )  # fmt: skip
        self._counts.finalized += 1

    # -- the transaction -------------------------------------------------------------------------

    @property
    def changed(self) -> bool:
        """True where there is something to commit."""
        return any(one.changed for one in self._partitions.values())

    def conclude(self) -> dict[int, int]:
        """Write what is known now; return up to where each partition was read.

        A partition of which nothing was read is named too, where something else of it changed:
        the brokers then refuse the commit of a process that it was taken from.
        """
        read: dict[int, int] = {}
        for partition in self._partitions.values():
            if partition.changed:
                read[partition.number] = partition.position
                for key, known in partition.changes():
                    value = None if known is None else encode(known)
                    self._transactions.write(
                        self._work.settings.state, partition.number, key, value
                    )
        return read

    def committed(self) -> None:
        """Take what the transaction changed as final."""
        for partition in self._partitions.values():
            partition.commit()
        if self._buried:
            self._complain()
        self._work.observe("merge.committed", asdict(self._counts))
        self._counts = Counts()

    def undone(self) -> None:
        """Be as before the transaction."""
        for partition in self._partitions.values():
            partition.undo()
        self._counts, self._buried = Counts(), []

    def positions(self) -> dict[int, int]:
        """Return where reading goes on."""
        return {one.number: one.position for one in self._partitions.values()}

    def _complain(self) -> None:
        kept = self._work.settings.dead_letter_topic or self._work.settings.raw
        fields = {"records": len(self._buried), "topic": kept, "first": self._buried[:_SHOWN]}
        logger.error("records of the raw topic are no events, and were put aside", extra=fields)
        self._buried = []


__all__ = ["Counts", "Merger", "Work"]
