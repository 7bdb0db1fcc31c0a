"""The simulated organisation, and stores that are connected to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.ports import Cache, Clock, Secret
from syncline.testing import MemoryCache
from syncline_genesys.config.store import GenesysConfigStore
from syncline_genesys.settings import Settings
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running, running

Connect: TypeAlias = Callable[..., GenesysStore]


class Hurried:
    """The real time, but waiting moves the simulator's clock instead of ours."""

    def __init__(self, simulator: Running) -> None:
        self._clock = SystemClock()
        self._simulator = simulator

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        if seconds > 0.3:
            self._simulator.clock(advance=f"{round(seconds * 1000)}ms")
        else:
            await self._clock.sleep(seconds)


@pytest.fixture
def content() -> dict[str, Any]:
    """What the organisation is loaded with; override it where that matters."""
    return {}


@pytest.fixture
def simulator(content: dict[str, Any], tmp_path: Path) -> Iterator[Running]:
    """A simulated organisation with one knowledge base."""
    file = tmp_path / "organization.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    with running("genesys", load=file if content else None) as simulator:
        yield simulator


class Skipping:
    """A time that jumps ahead, here and in the simulator, where somebody waits for it."""

    def __init__(self, simulator: Running) -> None:
        self._clock = SystemClock()
        self._simulator = simulator
        self._skipped = 0.0

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        if seconds > 0.05:
            self._skipped += seconds
            self._simulator.clock(advance=f"{round(seconds * 1000)}ms")
        # Others have their turn.
        await self._clock.sleep(0)


@pytest.fixture
def hurried(simulator: Running) -> Clock:
    """The real time, with waiting that takes none of it."""
    return Skipping(simulator)


@pytest.fixture
async def connect(simulator: Running) -> AsyncIterator[Connect]:
    """Open a store; `connect(**settings)` differs from what the simulator says."""
    opened: list[GenesysStore] = []

    def open_(*, cache: Cache | None = None, **settings: Any) -> GenesysStore:
        table = {k: v for k, v in simulator.connection.items() if k != "connector"}
        (secret,) = simulator.env.values()
        secrets = {"client_secret": Secret(secret), "requests_per_minute": 60_000}
        context = Context(connection="kb", clock=Hurried(simulator), cache=cache or MemoryCache())
        opened.append(GenesysStore(Settings(**{**table, **secrets, **settings}), context))
        return opened[-1]

    yield open_
    for store in opened:
        await store.aclose()


Configure: TypeAlias = Callable[..., GenesysConfigStore]


@pytest.fixture
async def configure(simulator: Running) -> AsyncIterator[Configure]:
    """Open the configuration; `configure(**settings)` differs from what the simulator says."""
    opened: list[GenesysConfigStore] = []

    def open_(
        *, cache: Cache | None = None, clock: Clock | None = None, **settings: Any
    ) -> GenesysConfigStore:
        kept = ("region", "client_id")
        table = {k: v for k, v in simulator.connection.items() if k in kept}
        (secret,) = simulator.env.values()
        secrets = {"client_secret": Secret(secret), "requests_per_minute": 60_000}
        context = Context(
            connection="cx",
            clock=clock or Hurried(simulator),
            cache=MemoryCache() if cache is None else cache,
        )
        opened.append(GenesysConfigStore(Settings(**{**table, **secrets, **settings}), context))
        return opened[-1]

    yield open_
    for store in opened:
        await store.aclose()


@pytest.fixture
def cx(configure: Configure) -> GenesysConfigStore:
    """The configuration, with no settings but those that are needed."""
    return configure()


@pytest.fixture
def do(simulator: Running) -> Callable[..., Any]:
    """Acts of people: `do("create", "queue", name="Support")`; the object, whole."""

    def act(verb: str, kind: str, **fields: Any) -> Any:
        return simulator.act({"do": verb, "kind": kind, **fields})["body"]

    return act


@pytest.fixture
def store(connect: Connect) -> GenesysStore:
    """A store with the simulator's own settings."""
    return connect()


@pytest.fixture(scope="session")
def schema(shared: Path) -> jsonschema.Draft4Validator:
    """What the vendor's specification says of the body of a document."""
    definitions = json.loads((shared / "specs" / "genesys.json").read_text())["definitions"]
    return jsonschema.Draft4Validator(
        {"$ref": "#/definitions/DocumentBody", "definitions": definitions}
    )
