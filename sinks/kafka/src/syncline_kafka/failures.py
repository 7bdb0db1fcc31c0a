"""What librdkafka reports, as Syncline's errors. Pure."""

from __future__ import annotations

from confluent_kafka import KafkaError

from syncline.errors import ConfigError, Forbidden, StoreError, SynclineError, Unavailable
from syncline.redaction import redact

REFUSED = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError.INVALID_RECORD,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError._BAD_MSG,
        KafkaError._INVALID_ARG,
    }
)
"""The message can never be accepted; another one may be."""
FORBIDDEN = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
        KafkaError._AUTHENTICATION,
    }
)
SESSION = frozenset(
    {
        KafkaError._FATAL,
        KafkaError._FENCED,
        KafkaError._GAPLESS_GUARANTEE,
        KafkaError._INCONSISTENT,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.DUPLICATE_SEQUENCE_NUMBER,
        KafkaError.UNKNOWN_PRODUCER_ID,
    }
)
"""The producer can go on no longer, and a new one may."""
PURGED = frozenset({KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})
_MISSING = frozenset({KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART})


_HINTS = {
    KafkaError._RESOLVE: "check the names in bootstrap_servers",
    KafkaError._SSL: "check security.protocol and security.ca_file, and that brokers are named"
    " as in their certificates",
}
_FILES = {
    "ssl.ca.location": "security.ca_file",
    "ssl.certificate.location": "security.certificate_file",
    "ssl.key.location": "security.key_file",
}
"""What librdkafka calls files, and what they are called here."""


def failure(error: KafkaError, tried: str, *, then: str = "it is sent again") -> StoreError:
    """Return the error that this one is for whoever sends.

    Args:
        tried: what was tried and where, such as `kafka: writing to topic 'interactions'`.
        then: what happens next, or what to do, where the error itself does not say it.
    """
    said = f"{tried}: {error.name()}: {redact(error.str())}"
    if error.code() in FORBIDDEN:
        return Forbidden(f"{said}; check user, password and the rights of the user there")
    # A handshake that the other side breaks off counts as a broken connection.
    broken = error.code() == KafkaError._TRANSPORT and "SSL" in said
    if (hint := _HINTS.get(KafkaError._SSL if broken else error.code())) is not None:
        return Unavailable(f"{said}; {hint}")
    if error.code() in _MISSING:
        return Unavailable(f"{said}; make it with `syncline check --online --create`")
    return Unavailable(f"{said}; {then}")


def unusable(error: KafkaError, tried: str) -> SynclineError:
    """Return the error for settings that librdkafka does not take."""
    said = f"{tried}: librdkafka refuses the settings: {redact(error.str())}"
    files = [ours for theirs, ours in _FILES.items() if theirs in said]
    hint = f"; see that {files[0]} is there, can be read, and is PEM" if files else ""
    return ConfigError([said + hint])


__all__ = ["FORBIDDEN", "PURGED", "REFUSED", "SESSION", "failure", "unusable"]
