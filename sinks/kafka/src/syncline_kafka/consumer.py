"""For consumers of a topic that several listeners write: what both told comes once.

    from confluent_kafka import Consumer
    from syncline_kafka.consumer import Deduplicated

    consumer = Consumer(
        {
            "bootstrap.servers": "kafka-1:9092", "group.id": "wallboard",
            "enable.auto.offset.store": False, "auto.offset.reset": "earliest",
        }
    )
    told_once = Deduplicated(consumer)
    consumer.subscribe(["interactions"], on_assign=told_once.assigned, on_revoke=told_once.revoked)
    for record in told_once:
        show(record)  # a repetition does not come here

Every record has a `ce_id` header that its content makes: both listeners write the same. The newest
ids of each partition are remembered; whoever gets a partition reads the last ones before its offset
again, for their ids alone. One is told twice only if its repetition is further away than that.
Recordings and attributes have no time that the vendor gives: there, a value that was told already
is the repetition, and an id may come again with another change. For exactly once, whatever happens,
and ids that are given once, use a merge job and read its clean topic.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException

from syncline.events.conversations import KINDS, Place, Reading, micros, reading_of

from .messages import event_of

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, TopicPartition

WINDOW = 200_000
"""Ids remembered of each partition: ten minutes of 300 a second, in some 25 MB."""
AGAIN = 20_000
_PLACES = 20
"""A place, with some changes, takes the room of so many ids."""
_NOWHERE = Place()
_KINDS = frozenset(kind.encode() for kind in KINDS)
_AT_ONCE = 500
_WAIT = 0.5
_PATIENCE = 10.0
_Place = tuple[str, int]


class Window:
    """What was told last in one partition."""

    def __init__(self, size: int = WINDOW) -> None:
        self._size = size
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._places: OrderedDict[bytes, Place] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def repeats(self, event_id: bytes, reading: Reading | None = None) -> bool:
        """Tell whether something was told before, and remember it.

        Args:
            reading: where it is a value that the vendor gives no time.
        """
        digest = blake2b(event_id, digest_size=8).digest()
        told = digest in self._known
        if not told:
            self._known[digest] = None
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        if reading is None:
            return told
        place, new = self._places.get(reading.place, _NOWHERE).after(reading, digest, told=told)
        self._places[reading.place] = place
        self._places.move_to_end(reading.place)
        if len(self._places) > max(1, self._size // _PLACES):
            self._places.popitem(last=False)
        return not new


class Deduplicated:
    """Records of a consumer, or of anything that gives them, without repetitions.

    A record counts as processed when the next one is asked for; only then its offset is stored, to
    be committed: what was not processed to its end comes again after a restart. Records without an
    id, and tombstones, which have no value, always come.

    Args:
        records: a subscribed `Consumer`, or any iterable of its messages.
        window: ids to remember of each partition.
        again: records to read again of a partition that is assigned, for their ids.
        stop: with a consumer, asked between records; true ends the loop.
    """

    def __init__(
        self,
        records: Consumer | Iterable[Message],
        *,
        window: int = WINDOW,
        again: int = AGAIN,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._consumer = None if isinstance(records, Iterable) else records
        self._records = records if isinstance(records, Iterable) else self._consumed(records)
        self._size = window
        self._again = again
        self._stop = stop
        self._starts: dict[_Place, int] = {}
        """From where on records are new."""
        self._windows: dict[_Place, Window] = {}
        self._incremental = False
        """Whether the group hands out partitions one by one (cooperative)."""
        self.dropped = 0
        """Repetitions so far."""

    def __iter__(self) -> Iterator[Message]:
        """Yield each record once.

        Raises:
            KafkaException: the consumer cannot go on.
        """
        for record in self._records:
            repeats = self._repeats(record)
            if (record.offset() or 0) < self._starts.get(_place(record), 0):
                continue  # it was processed before: it comes for its id
            if repeats:
                self.dropped += 1
            else:
                yield record
            if self._consumer is not None:
                self._consumer.store_offsets(message=record)

    def assigned(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        """Read what was processed last again, for its ids; a callback of `subscribe`."""
        for place in consumer.committed(places, timeout=_PATIENCE):
            if place.offset >= 0:
                self._starts[place.topic, place.partition] = place.offset
                first, _ = consumer.get_watermark_offsets(place, timeout=_PATIENCE)
                _at(places, place).offset = max(first, place.offset - self._again)
        if not self._incremental:
            try:
                # Most groups hand out all partitions anew at every change, and librdkafka logs a
                # call of the other kind: the likely one comes first.
                consumer.assign(places)
                return
            except KafkaException:
                self._incremental = True
        consumer.incremental_assign(places)

    def revoked(self, _: Consumer, places: list[TopicPartition]) -> None:
        """Forget the ids of partitions that are somebody else's now; a callback of `subscribe`."""
        for place in places:
            self._windows.pop((place.topic, place.partition), None)
            self._starts.pop((place.topic, place.partition), None)

    def _repeats(self, record: Message) -> bool:
        event_id = _id(record)
        if event_id is None or record.value() is None:
            return False
        window = self._windows.setdefault(_place(record), Window(self._size))
        return window.repeats(event_id, _reading(record))

    def _consumed(self, consumer: Consumer) -> Iterator[Message]:
        while not self._stop():
            for message in consumer.consume(_AT_ONCE, _WAIT):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                    raise KafkaException(error)


def _place(record: Message) -> _Place:
    return record.topic() or "", record.partition() or 0


def _at(places: list[TopicPartition], wanted: TopicPartition) -> TopicPartition:
    return next(
        one
        for one in places
        if (one.topic, one.partition) == (wanted.topic, wanted.partition)
    )  # fmt: skip


def _id(record: Message) -> bytes | None:
    headers = dict(record.headers() or [])
    event_id = headers.get("ce_id")
    return event_id if isinstance(event_id, bytes) else None


def _reading(record: Message) -> Reading | None:
    headers: Any = record.headers() or []
    if dict(headers).get("ce_type") not in _KINDS:
        return None
    try:
        event = event_of(record.key(), record.value(), headers)
    except ValueError:
        return None  # it goes by its id alone
    if event is None:
        return None
    # Its place is one of its conversation.
    data = {**event.data, "participant_id": f"{event.key} {event.data.get('participant_id')}"}
    return reading_of(event.type, data, micros(event.observed_at))


__all__ = ["AGAIN", "WINDOW", "Deduplicated", "Window"]
