"""Conversations by the command line, in a process of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest


def simulate(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "syncline_simulators", "genesys", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def ended(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    return process.returncode


def test_conversations_go_on_and_the_truth_is_kept_in_a_file(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    options = ("--conversations-per-second", "50", "--pace", "500", "--truth", str(truth))
    process = simulate(*options)
    try:
        assert ready(process)["system"] == "genesys"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if truth.exists() and "conversation.ended" in truth.read_text():
                break
            time.sleep(0.1)
    finally:
        assert ended(process) == 0
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    assert {"conversation.started", "conversation.ended"} <= {line["type"] for line in lines}
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--conversations-per-second", "-1"), "conversations_per_second"),
        (("--pace", "0"), "pace"),
        (("--replay", "/nowhere"), "/nowhere"),
        (("--truth", "/nowhere/truth", "--flat-out"), "/nowhere/truth"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: tuple[str, ...], said: str) -> None:
    process = simulate(*options)
    try:
        _, complaint = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 2
    assert said in complaint


def test_other_systems_have_no_such_options() -> None:
    command = [sys.executable, "-m", "syncline_simulators", "confluence", "--users", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--users" in done.stderr
