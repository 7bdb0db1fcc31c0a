"""What librdkafka is told. Pure.

Names and meanings: librdkafka, CONFIGURATION.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias

from syncline.redaction import register
from syncline.secret import Secret

from .settings import Security, Settings

Configuration: TypeAlias = dict[str, str | int | float | bool]

_BYTES = 262_144
"""Kilobytes of events that may wait: the window counts events, and this their size."""


def client(settings: Settings) -> Configuration:
    """Return what every client of a connection is told: where the brokers are, and who we are."""
    found: Configuration = {
        "client.id": "syncline",
        "bootstrap.servers": ",".join(settings.bootstrap_servers),
        **_security(settings.security),
        **settings.librdkafka,
    }
    for name, secret in settings.librdkafka_secrets.items():
        found[name] = _revealed(secret)
    return found


def producer(settings: Settings) -> Configuration:
    """Return what the producer of the sink is told."""
    return {
        # Room for those of the window, also where they come one by one.
        "queue.buffering.max.messages": max(100_000, 2 * settings.window),
        "queue.buffering.max.kbytes": _BYTES,
        "linger.ms": settings.linger / timedelta(milliseconds=1),
        "compression.type": settings.compression,
        **client(settings),
        **pinned(),
        # An outage is waited for: giving up would let later events overtake.
        "message.timeout.ms": 0,
    }


def pinned() -> Configuration:
    """Return what no producer of Syncline's may do otherwise."""
    return {
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "acks": "all",
    }


def _security(security: Security) -> Configuration:
    found: Configuration = {"security.protocol": security.protocol}
    known = {
        "sasl.mechanisms": security.mechanism,
        "sasl.username": security.username,
        "ssl.ca.location": security.ca_file,
        "ssl.certificate.location": security.certificate_file,
        "ssl.key.location": security.key_file,
    }
    found |= {name: value for name, value in known.items() if value}
    if security.password is not None:
        found["sasl.password"] = _revealed(security.password)
    return found


def _revealed(secret: Secret) -> str:
    # librdkafka gets it in the clear: whatever it logs passes the redaction.
    register(secret)
    return secret.reveal()


__all__ = ["Configuration", "client", "pinned", "producer"]
