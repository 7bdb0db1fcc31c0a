"""The example of a program that has the runner inside, as its reader runs it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "embedding.py"
GUIDE = Path(__file__).parents[2] / "docs" / "embedding.md"
CONFIG = """\
[connections.wiki]
connector = "files"
path = "wiki"
[connections.kb]
connector = "files"
path = "kb"
[jobs.knowledge]
kind = "documents"
left = "wiki"
right = "kb"
"""


@pytest.fixture
def program(project: Path) -> Iterator[subprocess.Popen[str]]:
    with (
        (project / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, str(EXAMPLE), "syncline.toml"],
            cwd=project, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as process,
    ):  # fmt: skip
        yield process
        process.kill()


def ask(port: int, line: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"{line}\n".encode())
        return connection.makefile().readline().strip()


def test_the_program_does_its_own_work_and_keeps_systems_in_agreement(
    program: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert program.stdout is not None
    port = int(program.stdout.readline().split()[-1])
    copy = tmp_path / "kb"
    until(lambda: list(copy.iterdir()), "the first pass copies")
    until(lambda: "active, 1 pairs, 0 conflicts" in ask(port, "status"), "it stands well")

    (tmp_path / "wiki" / "hours.md").write_text("---\ntitle: Hours\n---\n\n9 to 6\n")
    assert ask(port, "hint wiki hours.md") == "1 noted"
    until(lambda: "9 to 6" in next(copy.iterdir()).read_text(), "the hint is worked")
    assert ask(port, "sync knowledge") == "0 writes, 0 failed"
    assert ask(port, "sync unknown").startswith("no: there is no job 'unknown'")
    assert ask(port, "hello") == "say hint CONNECTION ID, sync JOB, or status"

    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=120) == 0
    assert "pass.ended" in (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


def block(number: int) -> str:
    """A program of the guide, as it stands there."""
    return GUIDE.read_text().split("```python\n")[number].partition("```")[0]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for side in ("wiki", "kb"):
        (tmp_path / side).mkdir()
    (tmp_path / "wiki" / "hours.md").write_text("---\ntitle: Hours\n---\n\n9 to 5\n")
    (tmp_path / "syncline.toml").write_text(CONFIG)
    return tmp_path


def test_the_first_program_of_the_guide_makes_a_pass_and_goes_on(project: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-uc", block(1)],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "'created': 1" in process.stdout.readline()
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) != 0, "Ctrl-C ends it, as it ends any program"


def test_the_handler_of_the_guide_says_what_a_line_is_about_and_shows_no_secret() -> None:
    said = """
from syncline.redaction import register
from syncline.scope import about
handler.setFormatter(logging.Formatter("%(job)s %(message)s"))
register("kanari-4711-lw")
with about("pass", job="knowledge"):
    logging.warning("a token: kanari-4711-lw")
"""
    done = subprocess.run(
        [sys.executable, "-c", block(2) + said],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stderr == "knowledge a token: ***\n"


def test_the_second_program_of_the_guide_works_one_job(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block(3)], cwd=project, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 articles would change\n")


def until(true: object, what: str) -> None:
    assert callable(true)
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)
