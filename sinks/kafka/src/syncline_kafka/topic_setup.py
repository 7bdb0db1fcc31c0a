"""Looks at the topics of a connection, and makes those that are missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence, Set

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from syncline.connector import Context, Finding, Preparation

from .brokers import PATIENCE, Brokers
from .failures import failure
from .settings import Settings
from .topics import Standing, Topic, differences, wished

_PAUSE = 0.05
"""Seconds until brokers are asked again."""


async def prepare(settings: Settings, context: Context, asked: Preparation) -> Sequence[Finding]:
    """Return how each topic that is needed is, and what to do; missing ones are made if asked.

    Raises:
        Forbidden: the login, or a right, is missing.
        Unavailable: the brokers do not answer.
        ConfigError: librdkafka does not take the settings.
    """
    brokers = Brokers(settings, f"kafka: {context.connection}")
    topics = wished(settings, merged=asked.merged)
    return await asyncio.to_thread(lambda: [*_findings(brokers, topics, asked.create)])


def _findings(brokers: Brokers, topics: Sequence[Topic], create: bool) -> Iterator[Finding]:
    known = _standing(brokers, topics)
    made = {
        topic.name: _created(brokers, topic)
        for topic in topics
        if create and topic.name not in known
    }
    _seen(brokers, {name for name, finding in made.items() if finding.fine})
    for topic in topics:
        standing = known.get(topic.name)
        if standing is not None:
            yield _compared(topic, standing)
        elif topic.name in made:
            yield made[topic.name]
        else:
            yield _missing(topic)


def _compared(topic: Topic, standing: Standing) -> Finding:
    found = list(differences(topic, standing))
    said = "; ".join(found) or _size(standing)
    return Finding(fine=not found, text=f"topic {topic.name!r}: {said}")


def _size(standing: Standing) -> str:
    return f"{_counted(standing.partitions, 'partition')}, {_counted(standing.replicas, 'replica')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _missing(topic: Topic) -> Finding:
    return Finding(
        fine=False,
        text=f"topic {topic.name!r}: it is not there; make it with"
        f" `syncline check --online --create` ({_counted(topic.partitions, 'partition')})",
    )


def _standing(brokers: Brokers, topics: Sequence[Topic]) -> Mapping[str, Standing]:
    """Return how those of the topics are that are there."""
    listed = brokers.listed("listing topics")
    here = {t.name: listed.topics[t.name] for t in topics if t.name in listed.topics}
    config = _configs(brokers, [*here])
    return {
        name: Standing(
            partitions=len(found.partitions),
            replicas=min((len(p.replicas) for p in found.partitions.values()), default=0),
            config=config[name],
        )
        for name, found in here.items()
    }


def _configs(brokers: Brokers, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    if not names:
        return {}
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    tried = "reading the settings of topics"
    told = brokers.asked(
        tried, lambda: brokers.admin.describe_configs(asked, request_timeout=PATIENCE)
    )
    return {
        resource.name: {
            entry.name: str(entry.value) for entry in brokers.asked(tried, future.result).values()
        }
        for resource, future in told.items()
    }


def _created(brokers: Brokers, topic: Topic) -> Finding:
    """Make a topic, and say so, or why not."""
    new = NewTopic(topic.name, topic.partitions, topic.replication or -1, config=topic.config())
    [future] = brokers.admin.create_topics([new], request_timeout=PATIENCE).values()
    try:
        future.result()
    except KafkaException as error:
        return _not_made(topic, error.args[0])
    return Finding(
        fine=True, text=f"topic {topic.name!r}: made, with {topic.partitions} partitions"
    )


def _seen(brokers: Brokers, made: Set[str]) -> None:
    """Wait until brokers list what was made, so that whoever looks next finds it.

    Kafka: a topic is there once the controller has it; brokers hear of it a moment later.
    """
    until = time.monotonic() + PATIENCE
    while (
        made and made - brokers.listed("listing topics").topics.keys() and time.monotonic() < until
    ):
        time.sleep(_PAUSE)


def _not_made(topic: Topic, error: KafkaError) -> Finding:
    if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
        text = f"topic {topic.name!r}: somebody else made it meanwhile; check once more"
        return Finding(fine=True, text=text)
    tried = f"topic {topic.name!r}: making it"
    why = failure(error, tried, then="make it by hand, or change the settings")
    return Finding(fine=False, text=str(why))


__all__ = ["prepare"]
