"""What a connection to Kafka needs to know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

from attrs import frozen, validators

from syncline.connector import LocalPath, setting
from syncline.reprs import Shown
from syncline.secret import Secret

PINNED: Mapping[str, str] = {
    "partitioner": "a key whose partition another client computes differently loses its order",
    "enable.idempotence": "without it, a repetition after a lost answer is stored twice",
    "acks": "an event counts as durable only when all in-sync replicas have it",
    "max.in.flight.requests.per.connection": "idempotence keeps the order of up to 5 requests",
    "delivery.timeout.ms": "an event that was given up would be overtaken by later ones",
    "message.timeout.ms": "an event that was given up would be overtaken by later ones",
    "message.send.max.retries": "an event that was given up would be overtaken by later ones",
    "retries": "an event that was given up would be overtaken by later ones",
    "transactional.id": "what listens has no offsets to commit; merging names its own",
}
"""Settings of librdkafka that are not to be changed, with the reason."""
_OWN: Mapping[str, str] = {
    "bootstrap.servers": "bootstrap_servers",
    "metadata.broker.list": "bootstrap_servers",
    "compression.type": "compression",
    "compression.codec": "compression",
    "linger.ms": "linger",
    "queue.buffering.max.ms": "linger",
    "security.protocol": "security.protocol",
    "sasl.mechanisms": "security.mechanism",
    "sasl.mechanism": "security.mechanism",
    "sasl.username": "security.username",
    "ssl.ca.location": "security.ca_file",
}
"""Those that have a setting of their own here."""
_SECRET = re.compile(r"password|secret|\.pem$|jaas|oauthbearer\.config")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_PASSWORDS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def _topic(_: object, attribute: Any, value: str) -> None:
    if not _TOPIC.fullmatch(value) or value in (".", ".."):
        raise ValueError(
            f"{attribute.name} is {value!r}; a topic has up to 249 letters, digits, '.', '_', '-'"
        )


def _optional_topic(instance: object, attribute: Any, value: str) -> None:
    if value:
        _topic(instance, attribute, value)


def _servers(_: object, attribute: Any, value: tuple[str, ...]) -> None:
    if not value:
        raise ValueError(f"{attribute.name} is empty; name one at least, such as 'kafka-1:9092'")
    for server in value:
        host, _, port = server.rpartition(":")
        if not host or not port.isdigit() or "," in server or "/" in server:
            raise ValueError(f"{attribute.name}: {server!r} is no address such as 'kafka-1:9092'")


def _passed(_: object, attribute: Any, value: Mapping[str, object]) -> None:
    for name, one in value.items():
        if not isinstance(one, (str, int, float, bool)):
            raise ValueError(f"{attribute.name}.{name} is no text, number, true or false")
        if _SECRET.search(name):
            raise ValueError(
                f"{attribute.name}.{name} is a secret; say librdkafka_secrets ="
                f' {{ "{name}" = {{ env = "NAME" }} }}'
            )
    _allowed(attribute.name, value)


def _passed_secrets(_: object, attribute: Any, value: Mapping[str, Secret]) -> None:
    _allowed(attribute.name, value)


def _allowed(where: str, names: Mapping[str, object]) -> None:
    for name in names:
        if name in PINNED:
            raise ValueError(f"{where}.{name} is not to be changed: {PINNED[name]}")
        if name in _OWN:
            raise ValueError(f"{where}.{name} has a setting of its own: {_OWN[name]}")


def _not_negative(_: object, attribute: Any, value: timedelta) -> None:
    if value < timedelta():
        raise ValueError(f"{attribute.name} is {value}, and cannot be less than 0")


@frozen(kw_only=True, repr=False)
class Security(Shown):
    """How the brokers are spoken to, and by whom."""

    protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = setting(
        "Whether there is TLS, and a login.", default="plaintext"
    )
    mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"] = (
        setting("How a login is done.", default="")
    )
    username: str = setting("User, or the key of an API key.", default="")
    password: Secret | None = setting("Password of that user.", default=None)
    ca_file: LocalPath = setting(
        "PEM file of who vouches for the brokers; those of the system unless said.", default=""
    )
    certificate_file: LocalPath = setting(
        "PEM file of our own certificate, where brokers ask for one.", default=""
    )
    key_file: LocalPath = setting("PEM file of the key of that certificate.", default="")

    def __attrs_post_init__(self) -> None:
        """Refuse half a login.

        Raises:
            ValueError: something is missing, or of no use.
        """
        for fault in self._faults():
            raise ValueError(fault)

    def _faults(self) -> Iterator[str]:
        login = self.protocol.startswith("sasl")
        if login and not self.mechanism:
            yield f"protocol {self.protocol!r} needs a mechanism, such as 'SCRAM-SHA-512'"
        if not login and (self.mechanism or self.username or self.password):
            yield f"protocol {self.protocol!r} has no login; say 'sasl_ssl', or leave the rest out"
        if self.mechanism in _PASSWORDS and not (self.username and self.password):
            yield f"mechanism {self.mechanism!r} needs username and password"
        if self.protocol in ("plaintext", "sasl_plaintext") and self.ca_file:
            yield f"protocol {self.protocol!r} has no TLS, and no use for ca_file"
        if bool(self.certificate_file) != bool(self.key_file):
            yield "certificate_file and key_file go together: give both or none"


@frozen(kw_only=True, repr=False)
class Settings(Shown):
    """The table `[connections.<name>]` of a Kafka connection."""

    bootstrap_servers: tuple[str, ...] = setting(
        "Brokers to begin with, such as ['kafka-1:9092'].", validator=_servers
    )
    topic: str = setting("Topic that events go to, whole and in order.", validator=_topic)
    raw_topic: str = setting(
        "Topic of several listeners before merging; '<topic>.raw' unless said.",
        default="",
        validator=_optional_topic,
    )
    state_topic: str = setting(
        "Compacted topic of what merging knows; '<topic>.state' unless said.",
        default="",
        validator=_optional_topic,
    )
    dead_letter_topic: str = setting(
        "Topic of events that the other one refuses; a file unless said.",
        default="",
        validator=_optional_topic,
    )
    security: Security = setting("TLS and login.", default=Security())
    encoding: Literal["json", "avro"] = setting("How the data are written.", default="json")
    envelope: Literal["binary", "structured"] = setting(
        "CloudEvents' attributes in headers (binary), or around the data.", default="binary"
    )
    compression: Literal["lz4", "zstd", "gzip", "snappy", "none"] = setting(
        "How batches are compressed.", default="lz4"
    )
    linger: timedelta = setting(
        "How long an event waits for others to share a request.",
        default=timedelta(milliseconds=5),
        validator=_not_negative,
    )
    window: int = setting(
        "Events that may wait for the brokers; then nothing more is taken.",
        default=20_000,
        validator=[validators.ge(1), validators.le(1_000_000)],
    )
    close_timeout: timedelta = setting(
        "How long to wait for the brokers at the end.",
        default=timedelta(seconds=10),
        validator=_not_negative,
    )
    partitions: int = setting(
        "Partitions of topics that are created; changing it later moves keys.",
        default=48,
        validator=[validators.ge(1), validators.le(10_000)],
    )
    replication: int = setting(
        "Replicas of topics that are created; 0 for what the brokers think.",
        default=0,
        validator=[validators.ge(0), validators.le(15)],
    )
    retention: timedelta = setting(
        "How long topics of events that are created keep them.",
        default=timedelta(days=7),
        validator=_not_negative,
    )
    librdkafka: Mapping[str, Any] = setting(
        "Any other setting of librdkafka, by its name.", factory=dict, validator=_passed
    )
    librdkafka_secrets: Mapping[str, Secret] = setting(
        "Those of them that are secrets.", factory=dict, validator=_passed_secrets
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what does not go together.

        Raises:
            ValueError: two topics are one, or two settings exclude each other.
        """
        topics = [topic for topic in (self.topic, self.raw, self.state) if topic]
        topics += [self.dead_letter_topic] if self.dead_letter_topic else []
        if len(set(topics)) < len(topics):
            raise ValueError("topic, raw_topic, state_topic and dead_letter_topic have to differ")
        if self.encoding == "avro" and self.envelope == "structured":
            raise ValueError("encoding 'avro' is binary; leave envelope 'structured' out")

    @property
    def raw(self) -> str:
        """The topic of several listeners before merging."""
        return self.raw_topic or f"{self.topic}.raw"

    @property
    def state(self) -> str:
        """The compacted topic of what merging knows."""
        return self.state_topic or f"{self.topic}.state"


__all__ = ["PINNED", "Security", "Settings"]
