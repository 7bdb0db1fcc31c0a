"""One broker and one mock for all tests of a process, as pytest fixtures.

    from syncline_simulators.kafka.testing import kafka_broker, kafka_mock

in a `conftest.py`, and `pytestmark = pytest.mark.xdist_group("kafka")` in each module that uses
the broker, so that one process has all of them.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .broker import Broker
from .distribution import missing
from .mock import MockCluster, NoMock
from .options import BrokerOptions

USERS = {"alice": "wonder-land", "bob": "builders-yard"}
_RIGHTS = {
    # Everything is allowed until a test adds a rule; the listener without passwords may all.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
    "super.users": "User:ANONYMOUS",
}


_brokers: dict[Path, Broker] = {}
"""By pytest's folder. Several conftests may ask: a fixture of each would start one of its own."""


def _broker(folder: Path) -> Broker:
    if folder not in _brokers:
        options = BrokerOptions(users=USERS, tls=True, properties=_RIGHTS)
        # There pytest removes it some runs later, however this process ends.
        _brokers[folder] = Broker(options, data=folder / "kafka")
        atexit.register(_brokers[folder].kill)
    return _brokers[folder]


@pytest.fixture
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Broker:
    """Return a broker that runs, with users, TLS and rights; tests share it, each by own topics."""
    if (absent := missing()) and not os.environ.get("CI"):
        pytest.skip(f"no Kafka here: {' and '.join(absent)} not found")
    broker = _broker(tmp_path_factory.getbasetemp())
    broker.start()
    return broker


@pytest.fixture
def kafka_mock() -> Iterator[MockCluster]:
    """Return a mock cluster of the test's own."""
    try:
        cluster = MockCluster()
    except NoMock as error:
        pytest.skip(str(error))
    with cluster:
        yield cluster


__all__ = ["USERS", "kafka_broker", "kafka_mock"]
