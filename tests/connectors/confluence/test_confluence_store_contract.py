"""The contract of every store, kept by the Confluence store against the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.model import Ref
from syncline.ports import Secret, Store
from syncline.testing import MemoryCache
from syncline.testing.contract import Person, StoreContract
from syncline_confluence import connector
from syncline_simulators.running import Running, running

CONNECTION = "wiki"


class Author(Person):
    """An editor at the web interface of the simulated site."""

    unknown_id = "999999999"

    def __init__(self, simulator: Running, shelf: str) -> None:
        self._simulator = simulator
        self._shelf = shelf

    def _act(self, do: str, **fields: Any) -> Ref:
        return Ref(CONNECTION, self._simulator.act({"do": do, **fields})["id"])

    async def write(self, title: str, body: str) -> Ref:
        return self._act("create", title=title, body=body, parent=self._shelf)

    async def edit(self, ref: Ref, body: str) -> None:
        self._act("edit", id=ref.id, body=body)

    async def touch(self, ref: Ref) -> None:
        body = self._simulator.item(ref.id)["body"]
        self._act("edit", id=ref.id, body=body)

    async def trash(self, ref: Ref) -> None:
        self._act("delete", id=ref.id)

    async def restore(self, ref: Ref) -> None:
        self._act("restore", id=ref.id)

    async def restrict(self, ref: Ref) -> None:
        self._act("restrict", id=ref.id, to=["editors"])

    async def open_(self, ref: Ref) -> None:
        self._act("unrestrict", id=ref.id)

    async def spoil(self, ref: Ref) -> None:
        match = {"path": f"/(pages|content)/{ref.id}"}
        fault = {"kind": "status", "status": 403, "times": "always", "match": match}
        self._simulator.faults([fault])

    async def write_hostile(self, title: str) -> Ref:
        html = (
            '<ac:structured-macro ac:name="html"><ac:plain-text-body><![CDATA['
            "<script>alert(1)</script>]]></ac:plain-text-body></ac:structured-macro>"
        )
        body = (
            f'{html}<p><a href="javascript:alert(1)">harmless</a> '
            '<ac:image ac:alt="x" ac:style="x:expression(alert(1))">'
            '<ri:url ri:value="javascript:alert(1)" /></ac:image>'
            '<img src="x" onerror="alert(1)" /></p>'
        )
        return self._act("create", title=title, body=body, parent=self._shelf)

    async def break_listing(self) -> None:
        match = {"path": "/spaces/.*/pages$", "method": "GET"}
        self._simulator.faults([{"kind": "repeated-cursor", "times": 1, "match": match}])


class TestConfluenceStore(StoreContract):
    @pytest.fixture
    def simulator(self) -> Iterator[Running]:
        with running("confluence", rate_limit="2000/s") as simulator:
            yield simulator

    @pytest.fixture
    def shelf(self, simulator: Running) -> str:
        """A folder: what the store covers, without being a page itself."""
        folder = simulator.act({"do": "create", "type": "folder", "title": "Articles"})
        return str(folder["id"])

    @pytest.fixture
    async def store(self, simulator: Running, shelf: str) -> AsyncIterator[Store]:
        table = {k: v for k, v in simulator.connection.items() if k != "connector"}
        secret = Secret(simulator.env[table["token"]["env"]])
        settings = connector.settings(
            **{**table, "token": secret, "requests_per_second": 2000.0, "review_label": ""},
            parent=shelf,
            root=shelf,
        )
        context = Context(connection=CONNECTION, clock=SystemClock(), cache=MemoryCache())
        assert connector.documents is not None
        store = connector.documents(settings, context)
        yield store
        await store.aclose()

    @pytest.fixture
    def person(self, simulator: Running, shelf: str) -> Person:
        return Author(simulator, shelf)
