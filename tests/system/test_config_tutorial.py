"""What `docs/tutorial-config.md` and the examples show can be used as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.cli.init import template
from syncline.config import Config, load
from syncline_aws.kinds import KINDS as AWS
from syncline_genesys.config.kinds import KINDS as GENESYS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial-config.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def shown() -> Config:
    (toml,) = blocks("toml")
    return load(toml.encode())


def test_the_file_of_the_tutorial_has_no_faults_and_some_thirty_lines(shown: Config) -> None:
    assert [rule.name for rule in shown.rules["capacity"]] == [
        "places-in-the-flow",
        "reads-per-conversation",
        "opening-hours",
    ]
    (toml,) = blocks("toml")
    assert len([line for line in toml.splitlines() if line]) <= 35


def test_the_example_is_what_init_writes_and_has_no_faults() -> None:
    example = (ROOT / "examples" / "config.toml").read_text(encoding="utf-8")
    assert template("config") == example
    rules = load(example.encode()).rules["capacity"]
    assert {rule.two_way for rule in rules} == {True, False}
    kinds = {ref.id.partition("/")[0] for rule in rules for ref in (rule.target.ref,)}
    assert kinds <= {*AWS, *GENESYS}


def policy() -> Iterator[str]:
    (text,) = blocks("json")
    for statement in json.loads(text)["Statement"]:
        assert statement["Effect"] == "Allow"
        yield from statement["Action"]


def test_the_policy_of_the_tutorial_is_part_of_what_the_connector_says_that_it_needs() -> None:
    needed = (ROOT / "docs" / "connectors" / "aws.md").read_text(encoding="utf-8")
    table = needed.partition("<!-- policy -->")[2].partition("<!-- policy end -->")[0]
    assert {*policy()} <= {*re.findall(r"`([a-z-]+:[A-Z]\w+)`", table)}


def test_the_permissions_of_the_tutorial_are_those_of_the_connector() -> None:
    page = ROOT / "docs" / "connectors" / "genesys-configuration.md"
    table = page.read_text(encoding="utf-8").partition("<!-- permissions -->")[2]
    known = {*re.findall(r"`(\w+:\w+:\w+)`", table)}
    said = {*re.findall(r"`([a-z]\w*:\w+:(?:view|edit|add|manage))`", PAGE)}
    assert said
    assert said <= known


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in ("tutorial-config.md", "scope.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / "docs" / link).exists(), f"{page}: {link}"
