"""What the clients of a merge stage are told. Pure.

Names and meanings: librdkafka, CONFIGURATION.md.
"""

from __future__ import annotations

from datetime import timedelta

from ..configuration import Configuration, client, pinned
from ..settings import Settings

TRANSACTION = timedelta(seconds=10)
"""After so long the brokers undo what a process began that says nothing; others wait for it."""
_GROUP = "group.protocol"


def group(settings: Settings) -> str:
    """Return the consumer group: one for each clean topic, since it has one writer a partition."""
    return f"{settings.topic}.merge"


def reader(settings: Settings, instance: str, name: str) -> Configuration:
    """Return what the consumer of the raw topic is told.

    Args:
        name: of this process, by which the group tells it from another one of this instance.
    """
    return {
        **_consumer(settings),
        "client.id": name,
        **({} if _new_protocol(settings) else _CLASSIC),
        "group.id": group(settings),
        "group.instance.id": instance,
    }


def restorer(settings: Settings, instance: str) -> Configuration:
    """Return what reads the state topic: it is in no group, though librdkafka asks for a name."""
    return {
        **_consumer(settings),
        _GROUP: "classic",
        "group.id": f"{group(settings)}.{instance}.state",
        "fetch.wait.max.ms": 50,
    }


def writer(settings: Settings, instance: str) -> Configuration:
    """Return what the transactional producer is told."""
    return {
        "linger.ms": 5,
        "compression.type": settings.compression,
        **client(settings),
        **pinned(),
        "transactional.id": f"{group(settings)}.{instance}",
        "transaction.timeout.ms": TRANSACTION // timedelta(milliseconds=1),
        # All other reports would only say that it went well, once for each event.
        "delivery.report.only.error": True,
    }


def _consumer(settings: Settings) -> Configuration:
    return {
        **client(settings),
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        # What was begun and is neither committed nor undone is no fact yet.
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
    }


_CLASSIC: Configuration = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 30_000,
}


def _new_protocol(settings: Settings) -> bool:
    # KIP-848: the brokers assign, and refuse settings of the older protocol.
    return settings.librdkafka.get(_GROUP) == "consumer"


__all__ = ["TRANSACTION", "group", "reader", "restorer", "writer"]
