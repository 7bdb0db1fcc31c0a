"""Both simulators and a session between them, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from syncline_checks.worlds import World, a_world, two_systems


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Two empty systems."""
    with two_systems() as (wiki, kb):
        async with a_world(wiki, kb) as opened:
            yield opened


@pytest.fixture(scope="session")
def worlds() -> Callable[..., Any]:
    """Return how a test opens a world of its own."""
    return a_world


@pytest.fixture(scope="session")
def systems() -> Callable[..., Any]:
    """Return how a test starts both simulators itself."""
    return two_systems
