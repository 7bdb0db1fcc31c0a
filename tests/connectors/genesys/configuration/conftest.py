"""The configuration of the simulated organisation, as a test reads and writes it."""

from __future__ import annotations

import pytest
from attrs import frozen

from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.model import JSON, Ref
from syncline_genesys.config.store import GenesysConfigStore
from syncline_simulators.running import Running


@frozen
class Configuration:
    """Objects are named by their ids: `queue/Support`."""

    store: GenesysConfigStore
    simulator: Running

    async def sights(self, *ids: str) -> dict[str, ConfigRecord | Exception]:
        """What is told of each object, in one go."""
        found: dict[str, ConfigRecord | Exception] = {}
        async for one in self.store.fetch_many([Ref("cx", id) for id in ids]):
            told = one.ref if isinstance(one, ConfigRecord) else one[0]
            assert told.id not in found, "told twice"
            found[told.id] = one if isinstance(one, ConfigRecord) else one[1]
        assert set(found) == set(ids)
        return found

    async def look(self, id: str) -> ConfigRecord:
        """One object."""
        found = (await self.sights(id))[id]
        if isinstance(found, Exception):
            raise found
        return found

    async def write(self, record: ConfigRecord, **changes: JSON) -> tuple[ConfigRecord, list[str]]:
        """Change fields, whose dots are written as `__`; the record and the noted steps."""
        steps: list[str] = []
        found = await self.store.update(
            record.ref,
            {path.replace("__", "."): value for path, value in changes.items()},
            expected=record.version,
            write=FieldWrite(note=lambda step, detail: steps.append(step)),
        )
        return found, steps

    def sent(self, *methods: str) -> list[str]:
        """The requests of these methods that reached the vendor."""
        calls = self.simulator.calls()
        return [
            f"{one['method']} {one['path']}"
            for one in calls
            if one["method"] in methods and not one["path"].startswith("/oauth")
        ]

    def mutations(self) -> list[str]:
        """The requests that changed something."""
        queries = ("/realtime", "/query")
        return [
            one for one in self.sent("POST", "PUT", "PATCH", "DELETE") if not one.endswith(queries)
        ]


@pytest.fixture
def config(cx: GenesysConfigStore, simulator: Running) -> Configuration:
    """The configuration, with no settings but those that are needed."""
    return Configuration(cx, simulator)
