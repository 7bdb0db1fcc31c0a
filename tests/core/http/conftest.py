"""A misbehaving server on this machine, and clients of it whose waiting costs no time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest

from syncline.http import Client, Pace
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer
from syncline.testing.login import TokenVendor


class Clients:
    """Makes clients of one server that share a clock, and closes them."""

    def __init__(self, server: FaultyServer, stack: AsyncExitStack) -> None:
        self.server = server
        self.clock = FakeClock()
        self._stack = stack

    async def open(self, base_url: str | None = None, **settings: Any) -> Client:
        settings.setdefault("pace", Pace(rng=Random(7)))
        client = Client(base_url or self.server.url, clock=self.clock, **settings)
        return await self._stack.enter_async_context(client)


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        yield running


@pytest.fixture
async def clients(server: FaultyServer) -> AsyncIterator[Clients]:
    async with AsyncExitStack() as stack:
        yield Clients(server, stack)


@pytest.fixture(scope="session")
def paced() -> Callable[..., Pace]:
    """Makes a pace whose chance is the same each time."""

    def made(clock: FakeClock, rate: float | None = None, **settings: Any) -> Pace:
        return Pace(rate, clock=clock, rng=Random(3), **settings)

    return made


@pytest.fixture(scope="session")
def sent() -> Callable[..., Coroutine[Any, Any, None]]:
    """Sends one request, which takes no time, and notes when it left."""

    async def send(pace: Pace, clock: FakeClock, times: list[float], priority: int = 1) -> None:
        async with pace.slot(priority, float("inf")):
            times.append(clock.monotonic())

    return send


@pytest.fixture
def vendor() -> TokenVendor:
    return TokenVendor()


@pytest.fixture
async def api(vendor: TokenVendor) -> AsyncIterator[FaultyServer]:
    """The server of the vendor."""
    async with FaultyServer(vendor) as server:
        yield server
