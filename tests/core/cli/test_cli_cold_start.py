"""What a command that only looks may not import: the slow libraries behind the other verbs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset({"boto3", "httpx", "lxml", "apscheduler", "sqlite_utils", "rich", "nh3"})
LIGHTER = HEAVY | {"asyncio", "attr", "cattrs", "importlib.metadata", "logging", "sqlite3"}
UNUSED = frozenset(
    {"cattrs", "pluggy", "shutil", "hashlib", "json", "syncline.config.service"}
    | {"syncline.decision", "syncline.expressions", "syncline.mapping"}
    | {"syncline.model", "syncline.ports"}
)
"""What a file of two connections and a job has no use for."""

PROGRAM = """
import contextlib, io, sys
from syncline.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    try:
        code = main(sys.argv[1:])
    except SystemExit as error:
        code = error.code
found = sorted(sys.modules)
import json
print(json.dumps([code, found]))
"""


def modules_of(folder: Path, *arguments: str) -> frozenset[str]:
    """The modules that a command has loaded when it is done."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    code, modules = json.loads(done.stdout)
    assert code in (0, None), done.stderr
    return frozenset(modules)


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_next_to_nothing(project: Path, argument: str) -> None:
    assert modules_of(project, argument) & LIGHTER == frozenset()


@pytest.mark.parametrize("arguments", [("check",), ("check", "--json"), ("schema",), ("init",)])
def test_a_check_imports_no_heavy_library(project: Path, arguments: tuple[str, ...]) -> None:
    if arguments == ("init",):
        arguments = ("init", "--config", "new.toml")
    assert modules_of(project, *arguments) & HEAVY == frozenset()


def test_a_plain_check_imports_nothing_that_it_does_not_use(project: Path) -> None:
    assert modules_of(project, "check") & UNUSED == frozenset()


def test_a_check_with_expressions_imports_no_heavy_library(project: Path) -> None:
    path = project / "syncline.toml"
    path.write_text(path.read_text() + "include = \"'a' in labels\"\n")
    found = modules_of(project, "check")
    assert "syncline.mapping" in found
    assert found & HEAVY == frozenset()


def test_listing_the_connectors_imports_no_heavy_library(project: Path) -> None:
    assert modules_of(project, "connectors") & HEAVY == frozenset()
