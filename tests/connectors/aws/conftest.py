"""The AWS simulator, the connector's store on it, and a person with keys of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.secret import Secret
from syncline.testing import MemoryCache
from syncline_aws import Settings
from syncline_aws.config import AwsStore
from syncline_simulators.running import Running, running

KEY = "AKIACONNECTOR0000000"
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker have all tests of an account, and one those of a table.

    boto3 and moto load their services when they are first used: five times in as many workers.
    """
    for item in items:
        if item.path.is_relative_to(HERE):
            group = "dynamodb" if item.path.is_relative_to(HERE / "state") else "aws"
            item.add_marker(pytest.mark.xdist_group(group))
            item.add_marker(pytest.mark.long(50))


class SimulatedClock(SystemClock):
    """Tells the simulator's time, and moves it when somebody sleeps."""

    def __init__(self, sim: Running) -> None:
        self._sim = sim

    def now(self) -> datetime:
        return datetime.fromisoformat(self._sim.clock())

    def monotonic(self) -> float:
        return self.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        self._sim.clock(advance=f"{max(1, round(seconds * 1000))}ms")


class Cloud:
    """A running account, and what a person and the connector do there."""

    def __init__(self, sim: Running) -> None:
        self.sim = sim
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The person's client of a service."""
        if service not in self._clients:
            session = boto3.session.Session("AKIAPERSON", "secret", region_name="eu-central-1")
            config = Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={})
            made = session.client(service, endpoint_url=self.sim.url, config=config)
            self._clients[service] = made
        return self._clients[service]

    def name(self) -> str:
        """A name that nothing has yet."""
        return f"n{uuid4().hex[:10]}"

    def create(self, kind: str, name: str = "", **fields: Any) -> str:
        """The name of a new object."""
        name = name or self.name()
        self.sim.act({"do": "create", "kind": kind, "name": name, **fields})
        return name

    def calls(self) -> list[str]:
        """What the connector called, in order."""
        return [call["path"] for call in self.sim.calls() if call["credential"] == KEY]

    def settings(self, **others: Any) -> Settings:
        """The settings of a connection to it."""
        given: dict[str, Any] = {
            "region": "eu-central-1",
            "endpoint": self.sim.url,
            "access_key_id": Secret(KEY),
            "secret_access_key": Secret("secret"),
            "settle": timedelta(milliseconds=200),
            # moto imports a service when it is first asked for: boto3 is not to lose patience.
            "read_timeout": timedelta(seconds=60),
            **others,
        }
        return Settings(**given)

    def context(self, *, simulated: bool = False, cache: MemoryCache | None = None) -> Context:
        """What the core lends to the connection `cloud`."""
        clock = SimulatedClock(self.sim) if simulated else SystemClock()
        return Context(connection="cloud", clock=clock, cache=cache or MemoryCache())

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="session")
def _cloud() -> Iterator[Cloud]:
    with running("aws") as sim:
        cloud = Cloud(sim)
        yield cloud
        cloud.close()


@pytest.fixture
def cloud(_cloud: Cloud) -> Iterator[Cloud]:
    """An account that all tests share: each makes objects of its own, by names of its own."""
    habits = {"update_lasts": "0s", "launch_lasts": "0s", "terminate_lasts": "0s"}
    _cloud.sim.act({"do": "settings", "provision_lasts": "0s", "contention": 0, **habits})
    _cloud.sim.clear_calls()
    yield _cloud
    _cloud.sim.clear_faults()


OpenStore = Callable[..., AwsStore]


@pytest.fixture
async def opened(cloud: Cloud) -> AsyncIterator[OpenStore]:
    """Opens stores on the account, with these settings besides."""
    async with AsyncExitStack() as stack:

        def open_(
            *, simulated: bool = False, cache: MemoryCache | None = None, **others: Any
        ) -> AwsStore:
            context = cloud.context(simulated=simulated, cache=cache)
            store = AwsStore(cloud.settings(**others), context)
            stack.push_async_callback(store.aclose)
            return store

        yield open_


@pytest.fixture
def aws(opened: OpenStore) -> AwsStore:
    """A store with the simulator's own clock."""
    return opened(simulated=True)
