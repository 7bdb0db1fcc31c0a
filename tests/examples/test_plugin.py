"""The example of a third party's connector, installed as a third party installs it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.long(20)
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


def _mirror(folder: Path) -> None:
    (folder / "syncline.toml").write_text(
        '[connections.here]\nconnector = "notes"\npath = "here.db"\n'
        '[connections.there]\nconnector = "notes"\npath = "there.db"\n'
        '[jobs.mirror]\nkind = "events"\nsource = "here"\nsink = "there"\ntopics = ["all"]\n'
    )

    # The program whose log it is has begun it.
    with closing(sqlite3.connect(folder / "here.db", isolation_level=None)) as db:
        db.execute(
            "create table log (number integer primary key autoincrement, note text not null,"
            " what text not null, at text not null)"
        )


def _served(installed: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "syncline", "run", "--pages", "", "--webhooks", ""],
        env=installed,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _logged(log: Path, numbers: range) -> None:
    for number in numbers:
        with closing(sqlite3.connect(log, isolation_level=None, timeout=60)) as db:
            at = f"2026-03-01T09:{number // 60:02}:{number % 60:02}+00:00"
            db.execute("insert into log (note, what, at) values ('n', 'edited', ?)", [at])


def test_a_mirror_carries_its_log_to_its_table(installed: dict[str, str], tmp_path: Path) -> None:
    _mirror(tmp_path)
    assert "all" in ran(installed, "syncline", "plan", "mirror", cwd=tmp_path)
    table = tmp_path / "there.db"
    service = _served(installed, tmp_path)
    try:
        _until(lambda: _count(table) == 0)
        _logged(tmp_path / "here.db", range(3))
        _until(lambda: _count(table) == 3)
    finally:
        service.terminate()
        said, _ = service.communicate(timeout=120)
    assert service.returncode == 0, said
    assert "mirror (here, there): active as listener a" in said
    told = ran(installed, "syncline", "status", "--json", cwd=tmp_path)
    (status,) = json.loads(told)
    assert (status["kind"], status["waiting_bytes"], status["worked_by"]) == ("events", 0, None)


def test_a_mirror_that_is_killed_again_and_again_loses_nothing(
    installed: dict[str, str], tmp_path: Path
) -> None:
    _mirror(tmp_path)
    log, table = tmp_path / "here.db", tmp_path / "there.db"
    for life in range(3):
        service = _served(installed, tmp_path)
        try:
            _until(lambda: _count(table) is not None)
            _logged(log, range(life * 300, life * 300 + 150))
            _until(lambda life=life: (_count(table) or 0) > life * 300)  # type: ignore[misc]  # a bound default
            _logged(log, range(life * 300 + 150, life * 300 + 300))
        finally:
            service.kill()
            service.communicate(timeout=120)
    service = _served(installed, tmp_path)
    try:
        _until(lambda: _count(table) == 900)
    finally:
        service.terminate()
        service.communicate(timeout=120)


def _count(file: Path) -> int | None:
    if not file.exists():
        return None
    with closing(sqlite3.connect(file, timeout=60)) as db:
        try:
            (count,) = db.execute("select count(*) from events").fetchone()
        except sqlite3.OperationalError:
            return None
    return int(count)


def _until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
