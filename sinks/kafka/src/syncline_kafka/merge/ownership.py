"""Looks whether every partition of the raw topic belongs to somebody.

Members with a name of their own (KIP-345) that die while partitions go from one to another are
given what they were told last when they come back, and nobody is told to take the rest: the brokers
call the group stable, and nothing of these partitions is merged. Seen with Kafka 4.2 and librdkafka
2.16.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from . import clients
from .merger import Work

EVERY = 10.0
"""Seconds between two looks; what both find is no mere moment of a rebalance."""
_WAIT = 10.0


class Ownership:
    """Who has which partitions, by what the brokers tell; nothing here waits for them."""

    def __init__(self, admin: AdminClient, work: Work) -> None:
        self._admin = admin
        self._group = clients.group(work.settings)
        self._topic = work.settings.raw
        self._instance = work.instance
        self._partitions = frozenset(range(work.partitions))
        self._next = time.monotonic() + EVERY
        self._asked: Future[Any] | None = None
        self._suspects = False

    def must_join_anew(self) -> bool:
        """Tell whether partitions belong to nobody, and this member is the one to change that."""
        if self._asked is None:
            if time.monotonic() >= self._next:
                names = [self._group]
                asked = self._admin.describe_consumer_groups(names, request_timeout=_WAIT)
                self._asked = asked[self._group]
            return False
        if not self._asked.done():
            return False
        before, self._suspects = self._suspects, self._is_to_act(self._asked)
        self._asked, self._next = None, time.monotonic() + EVERY
        return before and self._suspects

    def _is_to_act(self, answer: Future[Any]) -> bool:
        try:
            found = answer.result()
        except KafkaException:
            return False  # Brokers that do not tell: the next look may.
        if found.state != ConsumerGroupState.STABLE:
            return False
        owned = {one.group_instance_id or "": self._of(one) for one in found.members}
        if self._partitions <= frozenset().union(*owned.values()):
            return False
        # One is enough, and whoever has least to lose.
        return min(owned, key=lambda name: (len(owned[name]), name)) == self._instance

    def _of(self, member: Any) -> frozenset[int]:
        places: Iterable[Any] = member.assignment.topic_partitions
        return frozenset(place.partition for place in places if place.topic == self._topic)


__all__ = ["EVERY", "Ownership"]
