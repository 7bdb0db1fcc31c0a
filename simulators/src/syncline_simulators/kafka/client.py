"""What a broker is asked by a client of its own: whether it serves, and to know its users."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_silent = logging.getLogger(__name__)
_PAUSE = 0.05


def answers(bootstrap: str) -> bool:
    """Return whether the broker serves; where it does not, that took a moment."""
    from confluent_kafka import KafkaException

    if not _listens(bootstrap):
        time.sleep(_PAUSE)
        return False
    try:
        # A broker that is still being admitted to its cluster is on no list.
        return bool(_admin(bootstrap).list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def set_passwords(bootstrap: str, users: Mapping[str, str]) -> None:
    """Let users log in by SCRAM; Kafka keeps these passwords among its own data."""
    if not users:
        return
    # Where they are defined: the package passes them on without saying so to type checkers.
    from confluent_kafka.admin._scram import (
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialAlteration,
        UserScramCredentialUpsertion,
    )

    admin = _admin(bootstrap)  # what it was asked ends with it
    # One request has every user at most once (DUPLICATE_RESOURCE).
    for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
        how = ScramCredentialInfo(mechanism, 4096)
        asked: list[UserScramCredentialAlteration] = [
            UserScramCredentialUpsertion(name, how, password.encode())
            for name, password in users.items()
        ]
        for done in admin.alter_user_scram_credentials(asked).values():
            done.result(30)


def _admin(bootstrap: str) -> AdminClient:
    from confluent_kafka.admin import AdminClient

    return AdminClient({"bootstrap.servers": bootstrap}, logger=_silent)


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


__all__ = ["answers", "set_passwords"]
