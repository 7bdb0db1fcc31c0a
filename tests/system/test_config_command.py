"""`syncline sync` of a configuration job as a process: how it ends, and what its status says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncline.state import SqliteState
from syncline_demo.systems import System, started
from syncline_demo.tables import connections

JOB = "capacity"
RULES = """[jobs.capacity]
kind = "config"
[[jobs.capacity.rules]]
name = "places"
from = { q = "cx:queue-observation/Support" }
to = { item = "cx:data-table-row/Limits/ivr", field = "maximum", type = "int" }
expression = "q.oInteracting * 10"
"""
OTHER = """[jobs.limits]
kind = "config"
[[jobs.limits.rules]]
name = "faxes"
from = { q = "cx:queue-observation/Support" }
to = { item = "cx:data-table-row/Limits/fax", field = "maximum", type = "int" }
expression = "q.oInteracting"
maximum = 4
"""


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A contact centre with five conversations in a queue, and a job that follows them."""
    with started("genesys", []) as found:
        for name, value in found.env.items():
            monkeypatch.setenv(name, value)
        found.act(do="create", kind="queue", name="Support")
        found.act(do="create", kind="data-table", name="Limits", columns={"maximum": "integer"})
        for key in ("ivr", "fax"):
            found.act(
                do="create", kind="data-table-row", table="Limits", key=key, set={"maximum": 1}
            )
        found.act(
            do="edit",
            kind="queue-observation",
            name="Support",
            mediaType="voice",
            set={"oInteracting": 5},
        )
        configure(tmp_path, found, RULES + OTHER)
        yield found


def configure(folder: Path, centre: System, rules: str) -> None:
    """Write the configuration."""
    text = f'state = "state.db"\n{connections({"cx": centre.connection})}\n{rules}'
    (folder / "syncline.toml").write_text(text, encoding="utf-8")


def begun(folder: Path) -> subprocess.Popen[str]:
    """Start `syncline sync`."""
    return subprocess.Popen(
        [sys.executable, "-m", "syncline", "sync"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def synced(folder: Path) -> tuple[int, str]:
    """Make a pass; its status, and what it printed."""
    process = begun(folder)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, out


def maximum(centre: System, key: str) -> int:
    """Return what a row of the table holds."""
    table = next(one for one in centre.items() if one.get("kind") == "data-table")
    rows = {row["key"]: row["maximum"] for row in table["body"]["rows"]}
    return int(rows[key])


def intents(folder: Path) -> int:
    """Return how many writes are announced."""
    state = SqliteState.open(folder / "state.db")
    try:
        return len(state.intents(JOB))
    finally:
        state.close()


def waited(met: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until, f"it did not come within {seconds} s"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sync_that_is_ended_finishes_the_write_in_flight(
    centre: System, tmp_path: Path, number: int
) -> None:
    centre.fault(kind="latency", seconds=2, match={"method": "PUT", "path": "datatables"})
    process = begun(tmp_path)
    try:
        waited(lambda: any(call["fault"] == "latency" for call in centre.calls()))
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert err.startswith("ending: the writes in flight are finished; once more ends at once\n")
    assert "Traceback" not in err
    assert intents(tmp_path) == 0, "the write was left to be looked for"
    assert maximum(centre, "ivr") == 50
    assert process.returncode == 130, "the other job was not begun"
    assert "limits: " not in out
    code, told = synced(tmp_path)
    assert code == 1, "the other job has a value that is out of range"
    assert f"{JOB} " in told
    assert ": 0 writes\n" in told
    assert "refused  data-table-row Limits/fax: maximum: 1 -> 5: 5 is above the maximum 4" in told


def test_a_sync_that_is_ended_twice_leaves_its_write_to_be_looked_for(
    centre: System, tmp_path: Path
) -> None:
    centre.fault(
        kind="latency", seconds=60, when="after", match={"method": "PUT", "path": "datatables"}
    )
    process = begun(tmp_path)
    try:
        waited(lambda: any(call["fault"] == "latency" for call in centre.calls()))
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("ending:")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=50)
    finally:
        process.kill()
    assert process.returncode == 130
    assert intents(tmp_path) == 1
    assert maximum(centre, "ivr") == 50
    code, told = synced(tmp_path)
    assert "maximum: 1 -> 50 (rule places, found after a lost answer)" in told
    assert code == 1
    assert intents(tmp_path) == 0


def test_the_status_is_a_failure_until_no_field_is_in_quarantine(
    centre: System, tmp_path: Path
) -> None:
    configure(tmp_path, centre, RULES.replace("Limits/ivr", "Nothing/ivr"))
    assert synced(tmp_path)[0] == 1
    code, told = synced(tmp_path)
    assert (code, "1 not tried again yet" in told) == (1, True), told
    configure(tmp_path, centre, RULES)
    code, told = synced(tmp_path)
    assert "updated  data-table-row Limits/ivr: maximum: 1 -> 50 (rule places" in told
