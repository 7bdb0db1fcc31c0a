"""`syncline run` as a user has it: a process, signals, and what it prints."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

CONFIG = """\
state = "state.db"
[service]
pages = ""
webhooks = ""
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


@attrs.define
class Service:
    """`syncline run` in a folder."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text()

    def until(self, true: Callable[[], object], what: str) -> None:
        end = time.monotonic() + 120
        while not true():
            assert time.monotonic() < end, f"{what}: {self.out} {self.err}"
            time.sleep(0.05)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
    path = tmp_path / "syncline.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    (tmp_path / "left" / "hours.md").write_text("---\ntitle: Hours\n---\n\n9 to 5\n")

    def start(*arguments: str) -> Service:
        with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "syncline", "run", *arguments],
                cwd=tmp_path, stdout=out, stderr=err,
            )  # fmt: skip
        started.append(Service(tmp_path, process))
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


def test_it_works_follows_its_file_and_ends_when_told(run: Callable[..., Service]) -> None:
    service = run()
    right = service.folder / "right"
    service.until(lambda: list(right.iterdir()), "the first pass copies")
    service.until(lambda: "articles (here, there): active" in service.out, "it says who works")
    assert "full passes at '0 2 * * *'" in service.out

    path = service.folder / "syncline.toml"
    path.write_text(CONFIG.replace('left = "here"', 'left = "nowhere"'))
    service.until(lambda: "no connection 'nowhere'" in service.out, "the fault is told")
    assert "goes on" in service.out
    path.write_text(CONFIG)
    service.until(lambda: "read again" in service.out, "it follows")
    service.process.send_signal(signal.SIGHUP)
    service.until(lambda: service.out.count("read again") == 2, "it follows when asked")

    assert service.end() == 0
    assert "ending" in service.out
    assert service.out.endswith("ended; nothing is under way any more\n")
    assert "Traceback" not in service.err


def test_log_lines_can_be_json(run: Callable[..., Service], tmp_path: Path) -> None:
    import json

    path = tmp_path / "syncline.toml"
    path.write_text(CONFIG.replace("[service]", '[service]\nlog = "json"'))
    service = run()
    service.until(lambda: "active" in service.err, "it says who works")
    assert service.end() == 0
    assert service.out == ""
    lines = [json.loads(line) for line in service.err.splitlines()]
    assert any(line.get("job") == "articles" for line in lines)


def test_faults_end_it_before_it_begins(run: Callable[..., Service], tmp_path: Path) -> None:
    (tmp_path / "syncline.toml").write_text(CONFIG + "colour = 1\n")
    service = run()
    assert service.process.wait(timeout=120) == 2
    assert "colour" in service.err


def test_an_address_that_is_none_is_refused(run: Callable[..., Service]) -> None:
    service = run("--pages", "somewhere")
    assert service.process.wait(timeout=120) == 2
    assert "--pages: 'somewhere' is not an address" in service.err


def test_a_job_that_is_not_there_is_refused(run: Callable[..., Service]) -> None:
    service = run("artikles")
    assert service.process.wait(timeout=120) == 2
    assert "did you mean 'articles'?" in service.err
