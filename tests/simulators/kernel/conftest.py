"""A simulator to try the kernel on; which one does not matter to these tests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from syncline_simulators.running import Running, running


@pytest.fixture
def sim() -> Iterator[Running]:
    """A running simulator with nothing but its homepage."""
    with running("confluence") as started:
        yield started


@pytest.fixture
def client(sim: Running) -> Iterator[httpx.Client]:
    """A client with the simulator's credentials and some patience."""
    token = sim.env["CONFLUENCE_TOKEN"]
    with httpx.Client(
        base_url=sim.url, auth=("sync@example.com", token), timeout=60, trust_env=False
    ) as made:
        yield made
