"""`docs/simulators.md` says what there is, and its example runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from syncline_simulators.kernel import KINDS
from syncline_simulators.running import AdminError, Running
from syncline_simulators.systems import systems

PAGE = (Path(__file__).parents[3] / "docs" / "simulators.md").read_text(encoding="utf-8")


def _rows(chapter: str) -> dict[str, list[str]]:
    """The rows of a chapter's tables by the name in their first cell."""
    text = PAGE.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    cells = [[c.strip() for c in row.split("|")] for row in text.splitlines() if row[:3] == "| `"]
    return {row[1].strip("`"): row for row in cells}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_fault_is_told_with_its_options_and_defaults(kind: str) -> None:
    told = _rows("Faults")[kind][2]
    defaults = dict(re.findall(r"`(\w+)` ([^,]+)", told))
    assert {name: json.loads(value) for name, value in defaults.items()} == KINDS[kind]
    assert len(_rows("Faults")[kind][3]) > 15


def test_every_system_has_a_chapter() -> None:
    for system in systems():
        assert f"\n## {system}\n" in PAGE.lower()


def test_every_action_of_confluence_is_told_with_its_fields(sim: Running) -> None:
    with pytest.raises(AdminError) as caught:
        sim.act({"do": "?"})
    known = str(caught.value).removeprefix("'do' is one of ").partition(", not")[0].split(", ")
    assert len(known) > 15
    rows = _rows("Confluence")
    for do in known:
        with pytest.raises(AdminError) as caught:
            sim.act({"do": do, "surely": 1})
        fields = set(str(caught.value).partition("it has: ")[2].split())
        assert set(re.findall(r"`(\w+)`", rows[do][2])) == fields, do


def test_the_example_runs() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "docs/simulators.md", "exec"), {})  # noqa: S102 - our own page
