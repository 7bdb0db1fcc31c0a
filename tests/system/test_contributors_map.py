"""The map for contributors leads to what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core/src/syncline"


def _named() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, section = text.partition("## Where to look")
    section, _, _ = section.partition("## Tests")
    return re.findall(r"`([\w./]+(?:\.py|/))`", section)


def test_every_path_of_the_map_leads_somewhere() -> None:
    missing = [path for path in _named() if not any((at / path).exists() for at in (CORE, ROOT))]
    assert not missing


def test_every_package_of_the_engine_and_the_runner_says_what_each_module_is_for() -> None:
    modules = [each for part in ("engine", "runner") for each in (CORE / part).rglob("*.py")]
    untold = [
        module.relative_to(CORE)
        for module in modules
        if module.name != "__init__.py" and f"`{module.stem}" not in _said_in(module.parent)
    ]
    assert not untold


def _said_in(package: Path) -> str:
    text = (package / "__init__.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(text)) or ""


def test_the_map_names_each_package_of_the_engine() -> None:
    there = {source.parent.name for source in (CORE / "engine").glob("*/__init__.py")}
    named = {path.split("/")[1] for path in _named() if path.startswith("engine/")}
    assert not there - named
