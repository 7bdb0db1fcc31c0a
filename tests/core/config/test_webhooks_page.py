"""What the page about webhooks tells people to write is a configuration without faults."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from syncline import plugins
from syncline.config import Config, load
from syncline.config.connections import forms
from syncline.config.schema import schema
from syncline.webhooks.opening import open_webhook

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
REST = """
[connections.wiki]
connector = "confluence"
site = "https://example.atlassian.net"
space = "KB"
user = "a"
token = { env = "T" }
[connections.kb]
connector = "genesys"
region = "eu-central-1"
client_id = "x"
client_secret = { env = "T" }
knowledge_base = "S"
[jobs.j]
kind = "documents"
left = "wiki"
right = "kb"
"""


def read(block: str, folder: Path) -> Config:
    return load((REST + block).encode(), folder=folder)


@pytest.mark.parametrize("block", BLOCKS)
def test_each_example_is_read_and_fits_the_schema(block: str, tmp_path: Path) -> None:
    assert read(block, tmp_path).jobs
    made = schema([plugins.load(name) for name in ("confluence", "genesys", "files")])
    jsonschema.validate(tomllib.loads(REST + block), made, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("block", [block for block in BLOCKS if "form" in block])
async def test_each_example_of_a_form_can_be_opened(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncline.clock import SystemClock
    from syncline.connector import Context
    from syncline.testing import MemoryCache

    for name in set(re.findall(r'env = "(\w+)"', block)):
        monkeypatch.setenv(name, "a-secret-that-is-long-enough-for-all-of-them")
    config = read(block, tmp_path)
    (name,) = [name for name, one in config.connections.items() if one.webhook]
    context = Context(connection=name, clock=SystemClock(), cache=MemoryCache())
    assert callable((await open_webhook(config, context)).receive)


def test_every_form_has_an_example(tmp_path: Path) -> None:
    shown = set(re.findall(r'form = "([\w-]+)"', PAGE))
    ours = [plugins.load(name) for name in ("confluence", "genesys")]
    assert shown == {form for connector in ours for form in forms(connector)}
