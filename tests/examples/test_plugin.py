"""The example of a third party's connector, installed as a third party installs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the plugin beside the environment, and return the variables that make it seen."""
    target = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--target", str(target), str(PLUGIN)),
        ],
        check=True,
        timeout=120,
    )
    return {**os.environ, "PYTHONPATH": str(target)}


def ran(environment: dict[str, str], *words: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_listed_with_the_others(installed: dict[str, str], tmp_path: Path) -> None:
    told = ran(installed, "syncline", "connectors", cwd=tmp_path)
    assert "acme-notes 1.0.0" in told
    assert "path" in ran(installed, "syncline", "connectors", "describe", "notes", cwd=tmp_path)


def test_it_keeps_the_contract(installed: dict[str, str], tmp_path: Path) -> None:
    options = ("-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "--rootdir", str(tmp_path))
    ran(installed, "pytest", "-q", *options, str(PLUGIN / "tests"), cwd=tmp_path)


def test_a_job_syncs_notes_with_a_folder(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "hours.md").write_text("---\ntitle: Hours\n---\n9 to 5\n")
    (tmp_path / "syncline.toml").write_text(
        '[connections.folder]\nconnector = "files"\npath = "articles"\n'
        '[connections.notes]\nconnector = "notes"\npath = "notes.db"\n'
        '[jobs.notes]\nkind = "documents"\nleft = "folder"\nright = "notes"\n'
    )
    ran(installed, "syncline", "sync", cwd=tmp_path)
    assert '"created": 1' not in ran(installed, "syncline", "sync", "--json", cwd=tmp_path)
    assert "notes:" in ran(installed, "syncline", "history", cwd=tmp_path)
