"""The brokers, asked as an administrator does; every call waits for its answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata

from syncline.errors import StoreError

from .configuration import client
from .failures import FORBIDDEN, failure, unusable
from .session import librdkafka
from .settings import Settings

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds for one answer."""
_KEPT = 20
_SILENT = "no broker says why: check bootstrap_servers and security.protocol"
_FINAL = FORBIDDEN | {KafkaError._SSL, KafkaError._RESOLVE}
"""What waiting does not mend: somebody has to change something."""


class Brokers:
    """Those of one connection.

    Args:
        where: what is asked, for messages of errors: `kafka: bus`.

    Raises:
        ConfigError: librdkafka does not take the settings.
    """

    def __init__(self, settings: Settings, where: str) -> None:
        self._where = where
        self._heard: deque[KafkaError] = deque(maxlen=_KEPT)
        # With a callable in it, which the types of the package do not know.
        made: dict[str, Any] = {**client(settings), "error_cb": self._heard.append}
        try:
            self.admin = AdminClient(made, logger=librdkafka)
        except KafkaException as error:
            raise unusable(error.args[0], where) from error

    def listed(self, tried: str, *, then: str = "try later") -> ClusterMetadata:
        """Return all topics that there are.

        Raises:
            Forbidden: the login is refused.
            Unavailable: no broker answers; with what was heard of that.
        """
        # All of them: asking for one by name would let some brokers make it.
        return self.asked(tried, self._listed, then=then)

    def _listed(self) -> ClusterMetadata:
        # In short turns: what nobody mends by waiting is known at once, and repeated for ever.
        for _ in range(int(PATIENCE) - 1):
            try:
                return self.admin.list_topics(timeout=1)
            except KafkaException:
                self.admin.poll(0)
                if any(error.code() in _FINAL for error in self._heard):
                    raise
        return self.admin.list_topics(timeout=1)

    def asked(self, tried: str, call: Callable[[], T], *, then: str = "try later") -> T:
        """Return what a call returns.

        Raises:
            Forbidden, Unavailable: with what the brokers said, where they did.
        """
        try:
            return call()
        except KafkaException as error:
            raise self._failure(error.args[0], tried, then) from error

    def _failure(self, error: KafkaError, tried: str, then: str) -> StoreError:
        # What was heard of login, host and certificate comes by another way than the time-out that
        # all of it ends in.
        self.admin.poll(0)
        told = [each for each in self._heard if each.code() != KafkaError._ALL_BROKERS_DOWN]
        final = [each for each in told if each.code() in _FINAL]
        if error.code() not in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT):
            return failure(error, f"{self._where}: {tried}", then=then)
        if not told:
            return failure(error, f"{self._where}: {tried}", then=f"{_SILENT}; {then}")
        return failure((final or told)[-1], f"{self._where}: {tried}", then=then)


__all__ = ["PATIENCE", "Brokers"]
