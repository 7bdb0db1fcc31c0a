"""Real processes on one state: a storm of news, and processes that are killed in the midst."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syncline.state import SqliteState

SCRIPT = Path(__file__).with_name("one_of_four.py")
OBJECTS = 20


def begun(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> int:
    _, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), errors
    return process.returncode


def things(folder: Path, name: str) -> dict[str, Any]:
    with sqlite3.connect(folder / f"{name}.db") as db:
        return {ref: json.loads(body) for ref, body in db.execute("select ref, body from things")}


def writes(folder: Path) -> list[tuple[datetime, str, Any, Any]]:
    with sqlite3.connect(folder / "cx.db") as db:
        rows = db.execute("select at, ref, before, after from log order by at").fetchall()
    return [(datetime.fromisoformat(a), r, json.loads(b), json.loads(c)) for a, r, b, c in rows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two vendors in files, with twenty teams whose machines have just come."""
    for name in ("cx", "cloud"):
        with sqlite3.connect(tmp_path / f"{name}.db") as db:
            db.execute("create table things (ref text primary key, v int, body)")
            db.execute("create table log (at, ref, before, after, changes)")
            kind = "limits" if name == "cx" else "group"
            for number in range(OBJECTS):
                held = {"call": {"maximum": 1}, "note": f"n{number}"}
                body = held if name == "cx" else {"in_service": number + 1}
                db.execute(
                    "insert into things values (?,1,?)",
                    (f"{name}:{kind}/g{number}", json.dumps(body)),
                )
    SqliteState.open(tmp_path / "state.db").close()
    return tmp_path


def test_four_processes_write_each_object_once_however_often_they_hear_of_it(folder: Path) -> None:
    processes = [begun(folder, "storm", str(share), "4") for share in range(4)]
    assert [ended(process) for process in processes] == [0, 0, 0, 0]
    held = things(folder, "cx")
    for number in range(OBJECTS):
        expected = {"call": {"maximum": (number + 1) * 10}, "note": f"n{number}"}
        assert held[f"cx:limits/g{number}"] == expected
    times: dict[str, list[datetime]] = {}
    for at, ref, before, after in writes(folder):
        times.setdefault(ref, []).append(at)
        assert {**before, "call": None} == {**after, "call": None}
    assert len(times) == OBJECTS
    for moments in times.values():
        assert all((later - earlier).total_seconds() >= 1 for earlier, later in pairwise(moments))
    assert sum(map(len, times.values())) == OBJECTS


@pytest.mark.parametrize("point", ["read", "announced", "written", "recorded"])
def test_a_process_that_is_killed_is_made_up_for(folder: Path, point: str) -> None:
    assert ended(begun(folder, "sync", point)) == -signal.SIGKILL
    assert ended(begun(folder, "sync")) == 0
    held = things(folder, "cx")
    for number in range(OBJECTS):
        assert held[f"cx:limits/g{number}"]["call"]["maximum"] == (number + 1) * 10
    assert len(writes(folder)) == OBJECTS
    state = SqliteState.open(folder / "state.db")
    try:
        assert not state.intents("capacity")
        events = [entry.event for entry in state.history("capacity", limit=1000)]
        assert events.count("updated") == len(events) == OBJECTS
    finally:
        state.close()
