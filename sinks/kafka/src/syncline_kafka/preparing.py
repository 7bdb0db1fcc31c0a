"""Looks at the topics of a connection, and makes those that are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from syncline.connector import Context, Finding, Preparation
from syncline.errors import StoreError

from .configuration import client
from .failures import failure, unusable
from .session import librdkafka
from .settings import Settings
from .topics import Standing, Topic, differences, wished

_PATIENCE = 15.0
"""Seconds for one answer."""


async def prepare(settings: Settings, context: Context, asked: Preparation) -> Sequence[Finding]:
    """Return how each topic that is needed is, and what to do; missing ones are made if asked.

    Raises:
        Forbidden: the login, or a right, is missing.
        Unavailable: the brokers do not answer.
        ConfigError: librdkafka does not take the settings.
    """
    brokers = _Brokers(settings, f"kafka: {context.connection}")
    topics = wished(settings, merged=asked.merged)
    return await asyncio.to_thread(lambda: [*_findings(brokers, topics, asked.create)])


def _findings(brokers: _Brokers, topics: Sequence[Topic], create: bool) -> Iterator[Finding]:
    known = brokers.standing(topics)
    made = {
        topic.name: brokers.create(topic) for topic in topics if create and topic.name not in known
    }
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
    said = "; ".join(found) or f"{standing.partitions} partitions, {standing.replicas} replicas"
    return Finding(fine=not found, text=f"topic {topic.name!r}: {said}")


def _missing(topic: Topic) -> Finding:
    return Finding(
        fine=False,
        text=f"topic {topic.name!r}: it is not there; make it with"
        f" `syncline check --online --create` ({topic.partitions} partitions)",
    )


@define(eq=False)
class _Brokers:
    """The brokers, asked as an administrator does; every call waits for its answer."""

    settings: Settings
    where: str
    _errors: list[KafkaError] = field(factory=list, init=False)
    _admin: AdminClient = field(init=False)

    def __attrs_post_init__(self) -> None:
        # With a callable in it, which the types of the package do not know.
        made: dict[str, Any] = {**client(self.settings), "error_cb": self._errors.append}
        try:
            self._admin = AdminClient(made, logger=librdkafka)
        except KafkaException as error:
            raise unusable(error.args[0], self.where) from error

    def standing(self, topics: Sequence[Topic]) -> Mapping[str, Standing]:
        """Return how those of the topics are that are there."""
        # All of them: asking for one by name would let some brokers make it.
        listed = self._asked("listing topics", self._listed)
        here = {t.name: listed.topics[t.name] for t in topics if t.name in listed.topics}
        config = self._configs([*here])
        return {
            name: Standing(
                partitions=len(found.partitions),
                replicas=min((len(p.replicas) for p in found.partitions.values()), default=0),
                config=config[name],
            )
            for name, found in here.items()
        }

    def _listed(self) -> ClusterMetadata:
        # In short turns: a login that is refused is known at once, and repeated for ever.
        for _ in range(int(_PATIENCE) - 1):
            try:
                return self._admin.list_topics(timeout=1)
            except KafkaException:
                if self._login_refused():
                    raise
        return self._admin.list_topics(timeout=1)

    def _login_refused(self) -> KafkaError | None:
        self._admin.poll(0)
        return next((e for e in self._errors if e.code() == KafkaError._AUTHENTICATION), None)

    def _configs(self, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        if not names:
            return {}
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        tried = "reading the settings of topics"
        told = self._asked(
            tried, lambda: self._admin.describe_configs(asked, request_timeout=_PATIENCE)
        )
        return {
            resource.name: {
                entry.name: str(entry.value) for entry in self._asked(tried, future.result).values()
            }
            for resource, future in told.items()
        }

    def create(self, topic: Topic) -> Finding:
        """Make a topic, and say so, or why not."""
        new = NewTopic(topic.name, topic.partitions, topic.replication or -1, config=topic.config())
        [future] = self._admin.create_topics([new], request_timeout=_PATIENCE).values()
        try:
            future.result()
        except KafkaException as error:
            return self._not_made(topic, error.args[0])
        return Finding(
            fine=True, text=f"topic {topic.name!r}: made, with {topic.partitions} partitions"
        )

    def _not_made(self, topic: Topic, error: KafkaError) -> Finding:
        if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
            text = f"topic {topic.name!r}: somebody else made it meanwhile; check once more"
            return Finding(fine=True, text=text)
        tried = f"topic {topic.name!r}: making it"
        why = failure(error, tried, then="make it by hand, or change the settings")
        return Finding(fine=False, text=str(why))

    def _asked(self, tried: str, call: Any) -> Any:
        try:
            return call()
        except KafkaException as error:
            raise self._failure(error.args[0], tried) from error

    def _failure(self, error: KafkaError, tried: str) -> StoreError:
        # What the brokers said of the login comes by another way than the time-out it ends in.
        return failure(self._login_refused() or error, f"{self.where}: {tried}", then="try later")


__all__ = ["prepare"]
