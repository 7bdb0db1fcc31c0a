"""What the documentation shows works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from syncline.ports import Secret
from syncline_confluence import connector
from syncline_confluence.storage import names

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs/connectors/confluence.md", ROOT / "connectors/confluence/README.md"]


def blocks(path: Path, language: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_examples_run(path: Path) -> None:
    for code in blocks(path, "python"):
        exec(compile(code, str(path), "exec"), {})  # noqa: S102 - our own documentation


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_connection_shown_is_one_that_can_be_opened(path: Path) -> None:
    (text,) = blocks(path, "toml")
    table = tomllib.loads(text)["connections"]["wiki"]
    assert table.pop("connector") == connector.name
    connector.settings(**{**table, "token": Secret("x")})


def test_every_panel_of_the_profile_has_a_macro() -> None:
    assert set(names.PANEL_MACROS.values()) <= set(names.PANELS)
