"""`python -m syncline_simulators`, as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

COMMAND = [sys.executable, "-m", "syncline_simulators"]


@contextmanager
def _started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process, json.loads(_pipe(process.stdout).readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def test_it_prints_one_line_when_ready_and_stops_on_sigterm() -> None:
    with _started("confluence", "--seed", "3") as (process, line):
        assert set(line) == {"system", "url", "admin_url", "connection", "env"}
        assert line["system"] == "confluence"
        assert line["connection"]["site"] == line["url"]
        assert line["connection"]["token"]["env"] in line["env"]
        assert httpx.get(line["url"] + "/_edge/tenant_info", trust_env=False).status_code == 200
    assert process.returncode == 0


def test_it_stops_on_ctrl_c_too() -> None:
    with _started("confluence") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_what_was_refused_is_in_the_line_and_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "good.xhtml").write_text("<p>fine</p>", encoding="utf-8")
    (tmp_path / "bad.xhtml").write_text("<p>open", encoding="utf-8")
    with _started("confluence", "--load", str(tmp_path)) as (process, line):
        assert [one["file"] for one in line["refused"]] == ["bad.xhtml"]
        assert "mismatched tag" in line["refused"][0]["reason"]
        assert "refused bad.xhtml: " in _pipe(process.stderr).readline()
        items = httpx.get(line["admin_url"] + "/items", trust_env=False).json()
        assert "good" in [item["title"] for item in items]


def test_faults_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"kind": "html", "status": 502}]', encoding="utf-8")
    with _started("confluence", "--faults", str(file)) as (_, line):
        assert httpx.get(line["url"] + "/_edge/tenant_info", trust_env=False).status_code == 502
        assert httpx.get(line["url"] + "/_edge/tenant_info", trust_env=False).status_code == 200


def test_unusable_options_end_it_with_status_2_and_a_reason(tmp_path: Path) -> None:
    for arguments, said in (
        (["--rate-limit", "fast"], "'fast' is not a rate"),
        (["--load", str(tmp_path / "nothing")], "nothing"),
        (["--faults", str(tmp_path / "nothing.json")], "nothing.json"),
    ):
        ended = subprocess.run(
            [*COMMAND, "confluence", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_said_so() -> None:
    with _started("confluence") as (_, line):
        port = line["url"].rpartition(":")[2]
        ended = subprocess.run(
            [*COMMAND, "confluence", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 2
        assert port in ended.stderr


def test_simulators_import_neither_the_core_nor_a_connector() -> None:
    code = (
        "import sys, syncline_simulators.command, syncline_simulators.running\n"
        "from syncline_simulators.systems import systems\n"
        "for name in systems(): __import__('syncline_simulators.' + name)\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules if m.startswith('syncline')}))"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert seen.stdout.strip() == "['syncline_simulators']"
