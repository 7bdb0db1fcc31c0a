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
from syncline.model import Complete, Document, Record, Ref
from syncline.ports import BulkItem, Secret
from syncline.testing import Attempt
from syncline_genesys.blocks import encode
from syncline_genesys.settings import Settings
from syncline_genesys.store import GenesysStore

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "connectors" / "genesys.md").read_text(encoding="utf-8")
README = (ROOT / "connectors" / "genesys" / "README.md").read_text(encoding="utf-8")
PNG = b"\x89PNG\r\n\x1a\n" + b"a plan"


def permissions() -> list[str]:
    table = PAGE.partition("<!-- permissions -->")[2].partition("<!-- permissions end -->")[0]
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
