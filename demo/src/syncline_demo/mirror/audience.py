"""A consumer of the clean topic: everything that it saw, as it came."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import define, field
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from syncline.events import interaction
from syncline_kafka.consumer import Deduplicated

from .brokers import PARTITIONS, TOPIC

WAITING, ALERTING, TALKING, HELD, ENDED = "waiting", "alerting", "talking", "on hold", "ended"
STAGES = (WAITING, ALERTING, TALKING, HELD, ENDED)
_AT_ONCE = 500
_RECENT = 1000
_WAIT = 5.0
_quiet = logging.getLogger(f"{__name__}.librdkafka")
"""Where librdkafka speaks of brokers that are away: they are taken away on purpose."""
_quiet.propagate = False
_quiet.addHandler(logging.NullHandler())


@define
class Heard:
    """What came out of the clean topic, in its order; one thread adds, others look."""

    lines: list[dict[str, Any]] = field(factory=list)
    stages: dict[str, str] = field(factory=dict)
    """Where each conversation is."""
    lags: deque[float] = field(factory=lambda: deque(maxlen=_RECENT))
    """Seconds from what happened to when it was read, of live events."""
    all_lags: list[float] = field(factory=list)
    ids: set[str] = field(factory=set)
    drop: bool = False
    """Whether repetitions are left out where the topic is read, because nobody did before."""
    repeats: int = 0
    """Those that were left out; else event ids that came again."""
    gaps: int = 0
    repaired: int = 0

    def add(self, line: dict[str, Any], now: float) -> None:
        """Take the next event."""
        if not self.drop:
            self.repeats += line["event_id"] in self.ids
        self.ids.add(line["event_id"])
        self.lines.append(line)
        if line["event_type"] == interaction.GAP:
            self.gaps += 1
            return
        key = line["conversation_id"]
        self.stages[key] = stage(line, self.stages.get(key, WAITING))
        if line.get("repaired"):
            self.repaired += 1
        else:
            lag = now - datetime.fromisoformat(line["occurred_at"]).timestamp()
            self.lags.append(lag)
            self.all_lags.append(lag)

    def counts(self) -> Counter[str]:
        """Return how many conversations are at each stage."""
        return Counter(list(self.stages.values()))

    def ended(self) -> set[str]:
        """Return the conversations of whose end was read."""
        return {key for key, word in list(self.stages.items()) if word == ENDED}


def stage(line: dict[str, Any], before: str) -> str:
    """Return where a conversation is after an event. Pure."""
    if line["event_type"] in (interaction.ENDED, interaction.FINALIZED):
        return ENDED
    if before == ENDED or "agent_id" not in line:
        return before
    match line["event_type"]:
        case interaction.ALERTING:
            return ALERTING
        case interaction.CONNECTED | interaction.RESUMED:
            return TALKING
        case interaction.HELD:
            return HELD
        case interaction.DISCONNECTED:
            return WAITING
    return before


def share(values: list[float] | deque[float], part: float) -> float:
    """Return the value below which such a part of all lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "demo",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
            "reconnect.backoff.max.ms": 500,
        },
        logger=_quiet,
    )


@contextmanager
def listening(bootstrap: str, *, drop: bool) -> Iterator[Heard]:
    """Read the clean topic from its beginning, in a thread, while the block runs."""
    heard, over = Heard(drop=drop), threading.Event()
    thread = threading.Thread(target=_listen, args=(bootstrap, heard, over), name="consumer")
    thread.start()
    try:
        yield heard
    finally:
        over.set()
        thread.join()


def _listen(bootstrap: str, heard: Heard, over: threading.Event) -> None:
    consumer = _consumer(bootstrap)
    try:
        consumer.assign([TopicPartition(TOPIC, n, OFFSET_BEGINNING) for n in range(PARTITIONS)])
        records = _records(consumer, over)
        once = Deduplicated(records) if heard.drop else None
        for record in records if once is None else once:
            heard.add(json.loads(record.value() or b""), time.time())
            if once is not None:
                heard.repeats = once.dropped
    finally:
        consumer.close()


def _records(consumer: Consumer, over: threading.Event) -> Iterator[Message]:
    while not over.is_set():
        for message in consumer.consume(_AT_ONCE, 0.1):
            if message.error() is None and message.value() is not None:
                yield message


def written(bootstrap: str, topic: str) -> int:
    """Return how many records a topic got that nobody writes to in transactions.

    Raises:
        KafkaException: the brokers do not say.
    """
    consumer = _consumer(bootstrap)
    try:
        ends = [
            consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_WAIT)
            for number in range(PARTITIONS)
        ]
    finally:
        consumer.close()
    return sum(end[1] for end in ends if end)


__all__ = ["ENDED", "STAGES", "Heard", "listening", "share", "stage", "written"]
