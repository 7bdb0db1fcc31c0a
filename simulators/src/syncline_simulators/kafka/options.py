"""How a broker is to be, and the file that tells it so. Pure."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from pathlib import Path

import attrs

PLAIN, SASL, TLS, SASL_TLS = "PLAINTEXT", "SASL_PLAINTEXT", "SSL", "SASL_SSL"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_CONTROLLER = "CONTROLLER"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def _random_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@attrs.frozen(kw_only=True)
class BrokerOptions:
    """How a broker is to be.

    Raises:
        ValueError: the text says what cannot be.
    """

    port: int = 0
    """Of the listener without password or TLS; 0 is a free one."""
    partitions: int = 12
    """Of topics that come to be by themselves."""
    users: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """Passwords by name: with any, there are listeners that ask for them (PLAIN and SCRAM)."""
    tls: bool = False
    """Whether there are listeners with TLS, by a certificate made for this broker."""
    heap: int = 256
    """Most megabytes of Java's heap; the process takes some 100 more."""
    cluster: str = attrs.field(factory=_random_id)
    """Id of the cluster: 16 bytes in base64."""
    properties: Mapping[str, str] = attrs.field(factory=dict)
    """Other settings of Kafka's `server.properties`."""

    def __attrs_post_init__(self) -> None:
        for name, password in self.users.items():
            if not _NAME.fullmatch(name) or not _NAME.fullmatch(password):
                raise ValueError(f"user {name!r}: letters, digits, '_', '.' and '-' are possible")
        if self.partitions < 1 or self.heap < 64:
            raise ValueError("at least 1 partition and 64 MB of heap are needed")

    @property
    def listeners(self) -> tuple[str, ...]:
        """The security protocols that clients are served with."""
        wanted = {PLAIN: True, SASL: self.users, TLS: self.tls, SASL_TLS: self.users and self.tls}
        return tuple(name for name, here in wanted.items() if here)


def properties(
    options: BrokerOptions, *, ports: Mapping[str, int], controller: int, data: Path
) -> str:
    """Return `server.properties` of one node that is broker and controller.

    Args:
        ports: by listener.
        controller: port of the controller.
        data: folder that the broker keeps its topics in.
    """
    addresses = [f"{name}://127.0.0.1:{port}" for name, port in ports.items()]
    protocols = [f"{_CONTROLLER}:{PLAIN}", *(f"{name}:{name}" for name in ports)]
    found = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": ",".join([*addresses, f"{_CONTROLLER}://127.0.0.1:{controller}"]),
        "advertised.listeners": ",".join(addresses),
        "controller.listener.names": _CONTROLLER,
        "listener.security.protocol.map": ",".join(protocols),
        "inter.broker.listener.name": PLAIN,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": str(data / "log"),
        "num.partitions": str(options.partitions),
        **_SMALL,
    }
    if options.users:
        found |= _sasl(options)
    if options.tls:
        found |= _tls(data)
    return "".join(f"{key}={value}\n" for key, value in (found | dict(options.properties)).items())


_SMALL = {
    # One node has no other to copy to.
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Nobody waits for more members of a group here.
    "group.initial.rebalance.delay.ms": "0",
    # After `kill -9` the controller holds the broker for alive, and refuses it, for so long (9 s).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Compaction as soon as a topic asks for it; its buffer of 128 MB is not for a small heap.
    "log.cleaner.backoff.ms": "200",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def _sasl(options: BrokerOptions) -> dict[str, str]:
    module = "org.apache.kafka.common.security"
    users = " ".join(f'user_{name}="{password}"' for name, password in options.users.items())
    found: dict[str, str] = {"sasl.enabled.mechanisms": ",".join(MECHANISMS)}
    for listener in options.listeners:
        if listener in (SASL, SASL_TLS):
            at = f"listener.name.{listener.lower()}"
            found[f"{at}.plain.sasl.jaas.config"] = (
                f"{module}.plain.PlainLoginModule required {users};"
            )
            for mechanism in MECHANISMS[1:]:
                found[f"{at}.{mechanism.lower()}.sasl.jaas.config"] = (
                    f"{module}.scram.ScramLoginModule required;"
                )
    return found


def _tls(data: Path) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(data / "server.pem"),
        "ssl.client.auth": "none",
    }


__all__ = [
    "MECHANISMS",
    "PLAIN",
    "SASL",
    "SASL_TLS",
    "TLS",
    "BrokerOptions",
    "properties",
]
