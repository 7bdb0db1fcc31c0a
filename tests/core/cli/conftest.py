"""The command line as a user has it: a folder with a configuration, and two folders of articles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.cli import main

CONFIG = """\
state = "state.db"
[connections.here]
connector = "files"
path = "left"
[connections.there]
connector = "files"
path = "right"
[jobs.articles]
kind = "documents"
left = "here"
right = "there"
"""


@attrs.frozen
class Done:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `syncline.toml`, and `left` and `right` for its articles."""
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
    (tmp_path / "syncline.toml").write_text(CONFIG)
    (tmp_path / "syncline.toml").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Run a command in a process of its own, in the temporary folder."""

    def run(*arguments: str, **environment: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "syncline", *arguments],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def write() -> Callable[[Path, str, str], Path]:
    """Write an article of one paragraph."""

    def article(folder: Path, title: str, text: str) -> Path:
        path = folder / f"{title.lower()}.md"
        path.write_text(f"---\ntitle: {title}\n---\n\n{text}\n")
        return path

    return article
