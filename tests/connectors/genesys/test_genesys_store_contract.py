"""The contract of every store, kept by the Genesys store against the simulator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.model import Ref
from syncline.ports import Clock, Secret, Store
from syncline.testing import MemoryCache
from syncline.testing.contract import Person, StoreContract
from syncline_genesys import connector
from syncline_simulators.running import Running, running

CONNECTION = "kb"


class Author(Person):
    """A knowledge manager at the console of the simulated organisation."""

    unknown_id = "00000000-0000-4000-8000-000000000000"

    def __init__(self, simulator: Running) -> None:
        self._simulator = simulator

    def _act(self, do: str, **fields: Any) -> Ref:
        item = self._simulator.act({"do": do, **fields})
        return Ref(CONNECTION, item["id"])

    async def write(self, title: str, body: str) -> Ref:
        return self._act("create", title=title, body=body)

    async def edit(self, ref: Ref, body: str) -> None:
        self._act("edit", id=ref.id, body=body)

    async def touch(self, ref: Ref) -> None:
        self._act("edit", id=ref.id)

    async def trash(self, ref: Ref) -> None:
        self._act("delete", id=ref.id)

    async def start_draft(self, ref: Ref, body: str) -> None:
        self._act("edit", id=ref.id, body=body, publish=False)

    async def spoil(self, ref: Ref) -> None:
        fault = {
            "kind": "status",
            "status": 403,
            "times": 20,
            "match": {"path": f"documents/{ref.id}"},
        }
        self._simulator.faults([fault])

    async def write_hostile(self, title: str) -> Ref:
        def text(said: str, **more: Any) -> dict[str, Any]:
            return {"type": "Text", "text": {"text": said, **more}}

        # The vendor refuses links that are not https; text is all that can be hostile.
        blocks = [text("<script>alert(1)</script> harmless <b onclick='alert(1)'>")]
        paragraph = {"type": "Paragraph", "paragraph": {"blocks": blocks}}
        return self._act("create", title=title, body=json.dumps({"blocks": [paragraph]}))

    async def break_listing(self) -> None:
        match = {"path": "/documents$", "method": "GET"}
        self._simulator.faults([{"kind": "repeated-cursor", "times": 1, "match": match}])


def opened(simulator: Running, clock: Clock | None = None, **settings: Any) -> Store:
    """Open the store as the connection of the simulator says."""
    table = {k: v for k, v in simulator.connection.items() if k != "connector"}
    (secret,) = simulator.env.values()
    made = connector.settings(
        **{**table, "client_secret": Secret(secret), "requests_per_minute": 60_000, **settings}
    )
    context = Context(connection=CONNECTION, clock=clock or SystemClock(), cache=MemoryCache())
    assert connector.documents is not None
    return connector.documents(made, context)


class TestGenesysStore(StoreContract):
    @pytest.fixture
    def simulator(self) -> Iterator[Running]:
        with running("genesys") as simulator:
            yield simulator

    @pytest.fixture
    async def store(self, simulator: Running) -> AsyncIterator[Store]:
        store = opened(simulator)
        yield store
        await store.aclose()

    @pytest.fixture
    def person(self, simulator: Running) -> Person:
        return Author(simulator)
