"""The topics of a connection: how they should be, and what differs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Literal

from attrs import evolve, field, frozen

from .settings import Settings

_LETTERS = timedelta(days=30)
_HOUR = timedelta(hours=1)
Holds = Literal["events", "state", "letters"]


@frozen(kw_only=True)
class Topic:
    """How a topic should be."""

    name: str
    holds: Holds
    partitions: int
    replication: int
    """0 for what the brokers think."""
    retention: timedelta | None = None
    """At least; None where the last record of each key stays."""

    def config(self) -> dict[str, str]:
        """Return what a broker is told when it is created."""
        kept = _compacted() if self.retention is None else _deleted(self.retention)
        least = {"min.insync.replicas": "2"} if self.replication >= 3 else {}
        return {"message.timestamp.type": "CreateTime", **kept, **least}


@frozen(kw_only=True)
class Standing:
    """How a topic is."""

    partitions: int
    replicas: int
    config: Mapping[str, str] = field(factory=dict)


def wished(settings: Settings, *, merged: bool) -> list[Topic]:
    """Return the topics that are needed.

    Args:
        merged: with those of a merge job, which has as many partitions in each.
    """
    events = Topic(
        name=settings.topic,
        holds="events",
        partitions=settings.partitions,
        replication=settings.replication,
        retention=settings.retention,
    )
    found = [events]
    if merged:
        found.append(evolve(events, name=settings.raw))
        found.append(evolve(events, name=settings.state, holds="state", retention=None))
    if name := settings.dead_letter_topic:
        found.append(evolve(events, name=name, holds="letters", partitions=1, retention=_LETTERS))
    return found


def _deleted(retention: timedelta) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": _milliseconds(retention)}


def _compacted() -> dict[str, str]:
    return {
        "cleanup.policy": "compact",
        # The segment that is written to is never compacted: by default for a week, or a gigabyte.
        "segment.ms": _milliseconds(_HOUR),
        "segment.bytes": str(64 * 1024 * 1024),
        "min.cleanable.dirty.ratio": "0.1",
        "max.compaction.lag.ms": _milliseconds(6 * _HOUR),
        # A reader that is away for longer would take for open what is over.
        "delete.retention.ms": _milliseconds(timedelta(days=7)),
    }


def _milliseconds(time: timedelta) -> str:
    return str(time // timedelta(milliseconds=1))


def differences(topic: Topic, standing: Standing) -> Iterator[str]:
    """Yield what is not as it should be, each with what to do about it."""
    if topic.holds != "letters" and standing.partitions != topic.partitions:
        yield (
            f"it has {standing.partitions} partitions and should have {topic.partitions}: say so in"
            " `partitions`, or make another topic, for growing this one moves keys"
        )
    yield from _cleaning(topic, standing.config)
    if standing.config.get("message.timestamp.type", "CreateTime") != "CreateTime":
        yield "message.timestamp.type is LogAppendTime: late events look new; set CreateTime"
    least = int(standing.config.get("min.insync.replicas", "1"))
    if standing.replicas >= 3 and least < 2:
        yield f"min.insync.replicas is {least}: one broker's disk is all that keeps events; set 2"
    if least > standing.replicas:
        yield (
            f"min.insync.replicas is {least} and there are {standing.replicas} replicas: nothing"
            " can be written"
        )
    elif least > 1 and least == standing.replicas:
        yield f"all {least} replicas have to be in sync: one broker less, and nothing is written"


def _cleaning(topic: Topic, config: Mapping[str, str]) -> Iterator[str]:
    policies = set(config.get("cleanup.policy", "delete").split(","))
    if topic.retention is None:
        if "compact" not in policies:
            yield "cleanup.policy has no 'compact': what is known of conversations is lost; set it"
        return
    if "compact" in policies:
        yield "cleanup.policy has 'compact': only the last event of a key stays; set 'delete'"
    kept = int(config.get("retention.ms", "-1"))
    wanted = int(_milliseconds(topic.retention))
    if "delete" in policies and 0 <= kept < wanted:
        hours = kept / 3_600_000
        yield f"retention.ms keeps {hours:.1f} hours and should keep {wanted / 3_600_000:.1f}"


__all__ = ["Holds", "Standing", "Topic", "differences", "wished"]
