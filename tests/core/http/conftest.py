"""A misbehaving server on this machine, and clients of it whose waiting costs no time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest

from syncline.http import Client, Pace
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer


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
