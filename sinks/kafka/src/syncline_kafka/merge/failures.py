"""What follows from an error of Kafka in a stage that reads and writes in transactions."""

from __future__ import annotations

from confluent_kafka import KafkaError

from syncline.errors import Forbidden
from syncline.redaction import redact

from ..failures import FORBIDDEN

_FENCED = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
    }
)


class Aborted(Exception):
    """The transaction came to nothing: it is undone, and done again."""


class Refused(Exception):
    """The brokers never take this message, also where it is alone in its request."""


class Lost(Exception):
    """This producer or consumer is of no use any more: new ones take over."""


class Unanswered(Lost):
    """Nothing came back in time; who takes over waits for the brokers."""


class Fenced(Lost):
    """Somebody else has the name of this one, or the brokers gave up waiting for it."""


def failure(error: KafkaError, tried: str) -> Forbidden | Aborted | Lost:
    """Return what to raise for an error that trying again does not mend."""
    said = f"{tried}: {error.name()}: {redact(error.str())}"
    if error.code() in FORBIDDEN:
        return Forbidden(f"{said}; check user, password and the rights of the user there")
    if error.code() in _FENCED or _named_anew(error):
        return Fenced(said)
    return Lost(said) if error.fatal() or error.code() == KafkaError._FATAL else Aborted(said)


def _named_anew(error: KafkaError) -> bool:
    # A consumer says that it is beyond help, and why only in words.
    return error.code() == KafkaError._FATAL and "group.instance.id" in error.str()


def complain(error: KafkaError, tried: str) -> None:
    """Raise what a consumer reports, where it is more than a moment's trouble with a broker.

    Raises:
        Forbidden, Lost
    """
    found = failure(error, tried)
    if not isinstance(found, Aborted):
        raise found


__all__ = ["Aborted", "Fenced", "Lost", "Refused", "Unanswered", "complain", "failure"]
