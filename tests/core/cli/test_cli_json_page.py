"""The page about `--json` says what the code prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.engine import Plan, Report
from syncline.engine.conflicts.views import ConflictView
from syncline.engine.mirroring.status import StreamStatus
from syncline.engine.plans.losses import ItemLosses
from syncline.engine.plans.plan import PlanItem
from syncline.engine.runs.report import ItemResult, Refusal
from syncline.engine.status.summary import JobStatus
from syncline.state.records import ConflictRecord, Entry, Proposal, Quarantined

PAGE = Path(__file__).parents[3] / "docs" / "json.md"
SHAPES = (
    Report,
    ItemResult,
    Refusal,
    Plan,
    PlanItem,
    JobStatus,
    StreamStatus,
    Entry,
    ConflictView,
    ConflictRecord,
    Quarantined,
    Proposal,
    ItemLosses,
)


def sections() -> dict[str, str]:
    """Return the text below each heading of the page."""
    parts = re.split(r"^## (\w+)\n", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def keys(section: str) -> set[str]:
    """Return what the first column of a section's table names."""
    cells = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


def verbs() -> dict[str, str]:
    """Return what the first table says of each verb."""
    rows = re.findall(r"^\| (`.*?) \| (.*) \|$", PAGE.read_text().split("## ")[0], re.MULTILINE)
    return {verb: said for cell, said in rows for verb in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_key_of_a_shape_is_explained_and_no_other(shape: type[Any]) -> None:
    assert keys(sections()[shape.__name__]) == {field.name for field in attrs.fields(shape)}


def test_every_section_is_about_a_shape() -> None:
    assert set(sections()) == {shape.__name__ for shape in SHAPES}


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        (("sync",), "Report"),
        (("sync", "--dry-run"), "Plan"),
        (("plan",), "Plan"),
        (("status",), "JobStatus"),
        (("history",), "Entry"),
        (("losses",), "ItemLosses"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_verb_prints_the_shape_that_the_page_names(
    project: Path, write: Callable[..., Path], cli: Any, arguments: tuple[str, ...], shape: str
) -> None:
    write(project / "left", "Hours", "Nine to five.")
    if arguments[0] in ("status", "history"):
        cli("sync")
    printed = cli(*arguments, "--json").json
    one = printed[0] if isinstance(printed, list) else printed
    assert set(one) == keys(sections()[shape])
    assert f"[{shape}]" in verbs()[" ".join(arguments)]


@pytest.mark.parametrize("verb", ["check", "connectors", "pair"])
def test_a_verb_prints_the_keys_that_the_page_names(project: Path, cli: Any, verb: str) -> None:
    printed = cli(verb, "--json").json
    one = printed[0] if isinstance(printed, list) else printed
    named = set(re.findall(r"`(\w+)`", verbs()[verb]))
    assert set(one) <= named
