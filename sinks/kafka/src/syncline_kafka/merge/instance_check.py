"""Looks whether another process has the name of this one."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from syncline.errors import ConfigError

from ..configuration import client
from ..session import librdkafka
from .clients import group
from .merger import Work

_WAIT = 10.0


def require_no_other(work: Work) -> None:
    """Say so where another process merges as this instance: the two would replace each other.

    Brokers that do not tell are taken to say no.

    Raises:
        ConfigError: there is one.
    """
    admin = AdminClient(dict(client(work.settings)), logger=librdkafka)
    name = group(work.settings)
    try:
        answer = admin.describe_consumer_groups([name], request_timeout=_WAIT)
        members = answer[name].result(_WAIT).members
    except (KafkaException, TimeoutError):
        return
    for member in members:
        if member.group_instance_id == work.instance and member.client_id != work.name:
            raise ConfigError(
                [
                    f"another process merges as instance {work.instance!r} of group {name!r}, on"
                    f" {member.host}; give each process a name of its own"
                ]
            )


__all__ = ["require_no_other"]
