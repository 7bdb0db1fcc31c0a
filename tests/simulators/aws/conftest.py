"""The AWS simulator, and the vendor's own client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from syncline_simulators.running import Running, running


class Account:
    """A running account and boto3's clients of it, each made once."""

    def __init__(self, sim: Running) -> None:
        self.sim = sim
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The client of a service; it tries everything once."""
        if service not in self._clients:
            self._clients[service] = self.client(service)
        return self._clients[service]

    def client(self, service: str, **options: Any) -> Any:
        """A new client with these options of its configuration; whoever asks closes it."""
        session = boto3.session.Session(
            self.sim.env["AWS_ACCESS_KEY_ID"],
            self.sim.env["AWS_SECRET_ACCESS_KEY"],
            region_name=self.sim.connection["region"],
        )
        once = {"mode": "standard", "total_max_attempts": 1}
        config = Config(**{"retries": once, "proxies": {}, **options})
        return session.client(service, endpoint_url=self.sim.url, config=config)

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()


Refused = Callable[..., tuple[str, str]]


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """Code and text of the error that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture(name="refused")
def _refused() -> Refused:
    """Code and text of the error that a call ends in."""
    return refused


@pytest.fixture(scope="package")
def _account() -> Iterator[Account]:
    with running("aws") as sim:
        account = Account(sim)
        yield account
        account.close()


@pytest.fixture
def aws(_account: Account) -> Iterator[Account]:
    """An account that all tests share: each makes objects of its own, by names of its own."""
    _account.sim.clear_calls()
    yield _account
    _account.sim.clear_faults()
