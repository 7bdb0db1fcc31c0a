"""What the documentation promises, tried."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.body import from_html, parse
from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.model import Complete, Document, Record, Ref
from syncline.ports import BulkItem, Secret
from syncline.testing import Attempt
from syncline_genesys.blocks import encode
from syncline_genesys.config.kinds import KINDS
from syncline_genesys.config.store import GenesysConfigStore
from syncline_genesys.settings import Settings
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "connectors" / "genesys.md").read_text(encoding="utf-8")
README = (ROOT / "connectors" / "genesys" / "README.md").read_text(encoding="utf-8")
PNG = b"\x89PNG\r\n\x1a\n" + b"a plan"


CONFIGURATION = (ROOT / "docs" / "connectors" / "genesys-configuration.md").read_text(
    encoding="utf-8"
)


def permissions(page: str = PAGE) -> list[str]:
    table = page.partition("<!-- permissions -->")[2].partition("<!-- permissions end -->")[0]
    return re.findall(r"`([\w:]+)`", table)


class TestLeastPrivileges:
    @pytest.fixture
    def content(self) -> dict[str, Any]:
        client = {"id": "least", "secret": "s3cret", "permissions": permissions()}
        return {"organization": {"clients": [client]}}

    async def test_the_permissions_that_are_listed_are_enough(
        self, connect: Callable[..., GenesysStore]
    ) -> None:
        store = connect(client_id="least", client_secret=Secret("s3cret"))
        sha256 = hashlib.sha256(PNG).hexdigest()
        value = Document(
            title="Plan",
            body=f'<p>see <img src="syncline:asset/{sha256}"></p>',
            category=("Shops", "Hours"),
            labels=frozenset({"public"}),
        )
        record = await store.create(value, write=Attempt(Ref("wiki", "1"), files=(PNG,)).write)
        edited = attrs.evolve(value, title="Plan B")
        write = Attempt(Ref("wiki", "1"), files=(PNG,)).write
        record = await store.update(record.ref, edited, expected=record.version, write=write)
        assert len(await store.versions(record.ref)) == 2
        bulk = BulkItem(value=attrs.evolve(value, body=""), write=Attempt(Ref("wiki", "2")).write)
        assert [type(one) async for one in store.write_many([bulk])] == [Record]
        assert isinstance([entry async for entry in store.heads()][-1], Complete)
        await store.delete(record.ref, expected=record.version)


HOURS = {"start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}


class TestLeastPrivilegesForTheConfiguration:
    @pytest.fixture
    def content(self) -> dict[str, Any]:
        client = {"id": "least", "secret": "s3cret", "permissions": permissions(CONFIGURATION)}
        kinds = ("queue", "skill", "utilization-label")
        acts: list[dict[str, Any]] = [{"do": "create", "kind": kind, "name": "A"} for kind in kinds]
        acts += [
            {"do": "create", "kind": "schedule", "name": "A", **HOURS},
            {"do": "create", "kind": "schedule-group", "name": "A", "openSchedules": ["A"]},
            {"do": "create", "kind": "data-table", "name": "A", "columns": {"most": "integer"}},
            {"do": "create", "kind": "user", "name": "A"},
        ]
        return {"organization": {"clients": [client]}, "acts": acts}

    async def test_the_permissions_that_are_listed_are_enough(
        self, configure: Callable[..., GenesysConfigStore], simulator: Running
    ) -> None:
        cx = configure(client_id="least", client_secret=Secret("s3cret"))
        (user,) = (one["body"]["id"] for one in simulator.items() if one["kind"] == "user")
        changes: dict[str, Any] = {
            "queue/A": {"description": "x"},
            "utilization/organization": {"labelUtilizations.A.maximumCapacity": 3},
            f"utilization/user/{user}": {"call.maximumCapacity": 2},
            "schedule/A": {"end": "2026-03-02T18:00:00.000"},
            "schedule-group/A": {"timeZone": "Europe/Berlin"},
            "data-table-row/A/key": {"most": 5},
            f"user/{user}": {
                "skills.A": 3,
                "queues.A.member": True,
            },
        }
        seen = ["queue-observation/A", "user-status-count/organization"]
        refs = [Ref("cx", id) for id in (*changes, *seen)]
        records = [one async for one in cx.fetch_many(refs)]
        assert [one for one in records if not isinstance(one, ConfigRecord)] == []
        for id, wanted in changes.items():
            # What was written before may count for this one, too: it is read when its turn comes.
            (record,) = [one async for one in cx.fetch_many([Ref("cx", id)])]
            assert isinstance(record, ConfigRecord)
            write = FieldWrite(note=lambda step, detail: None)
            await cx.update(record.ref, wanted, expected=record.version, write=write)
        assert [page async for page in cx.changes(None)]
        assert await cx.author(Ref("cx", "queue/A"), "description", None) is not None


def test_the_page_of_the_configuration_names_every_kind_and_its_example_is_a_connection() -> None:
    assert [kind for kind in KINDS if f"| `{kind}` |" not in CONFIGURATION] == []
    (example,) = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    table = tomllib.loads(example)["connections"]["cx"]
    assert table.pop("connector") == "genesys"
    assert Settings(**{**table, "client_secret": Secret("x")}).knowledge_base == ""


@pytest.mark.parametrize("text", [PAGE, README])
def test_the_example_is_a_connection(text: str) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    table = tomllib.loads(example)["connections"]["kb"]
    assert table.pop("connector") == "genesys"
    table["client_secret"] = Secret("x")
    assert Settings(**table).hosts.api == "https://api.mypurecloud.de"


def test_the_conversion_works_as_the_readme_shows() -> None:
    blocks = encode(parse(from_html("<p>Open from <b>9 to 5</b></p>")), {})
    words = [one["text"] for one in blocks[0]["paragraph"]["blocks"]]
    assert words == [{"text": "Open from "}, {"text": "9 to 5", "marks": ["Bold"]}]


def test_every_setting_that_the_page_names_exists() -> None:
    names = {field.name for field in attrs.fields(Settings)}
    named = {"requests_per_minute", "retired_labels", "categories", "bulk_threshold"}
    named |= {"allow_http_upgrade", "open_drafts", "knowledge_base", "region"}
    assert named <= names
    assert all(name in PAGE for name in named)
