"""What follows from an error of Kafka in a stage that reads and writes in transactions."""

from __future__ import annotations

from confluent_kafka import KafkaError

from syncline.errors import ConfigError, Forbidden, SynclineError
from syncline.redaction import redact

from ..failures import FORBIDDEN

_FENCED = frozenset(
    {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}
)


class Aborted(Exception):
    """The transaction came to nothing: it is undone, and done again."""


class Lost(Exception):
    """This producer or consumer is of no use any more: new ones take over."""


class Fenced(Lost):
    """Another producer has the name of this one, or the brokers gave up waiting for this one."""


def failure(error: KafkaError, tried: str) -> SynclineError | Aborted | Lost:
    """Return what to raise for an error that trying again does not mend."""
    said = f"{tried}: {error.name()}: {redact(error.str())}"
    if error.code() in FORBIDDEN:
        return Forbidden(f"{said}; check user, password and the rights of the user there")
    if _replaced(error):
        return ConfigError(
            [f"{said}; another process has the name of this instance: give each its own"]
        )
    if error.code() in _FENCED:
        return Fenced(said)
    return Lost(said) if error.fatal() or error.code() == KafkaError._FATAL else Aborted(said)


def _replaced(error: KafkaError) -> bool:
    # A consumer says that it is beyond help, and the reason only in words.
    named = error.code() == KafkaError._FATAL and "group.instance.id" in error.str()
    return named or error.code() == KafkaError.FENCED_INSTANCE_ID


def complain(error: KafkaError, tried: str) -> None:
    """Raise what a consumer reports, where it is more than a moment's trouble with a broker.

    Raises:
        Forbidden, ConfigError, Lost
    """
    found = failure(error, tried)
    if not isinstance(found, Aborted):
        raise found


__all__ = ["Aborted", "Fenced", "Lost", "complain", "failure"]
