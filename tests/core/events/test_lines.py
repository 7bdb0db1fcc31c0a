"""The sink of lines keeps the contract of sinks, in a file and on standard output."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncline import plugins
from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.engine.opening.state import PassingCache
from syncline.errors import Unavailable
from syncline.events import EventSink
from syncline.events.lines import Lines, LinesSettings
from syncline.model import JSON
from syncline.testing.sink_contract import Arrived, SinkContract
from syncline.testing.streams import happening


def lines_of(path: Path) -> list[dict[str, JSON]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


class TestLinesKeepTheContract(SinkContract):
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "out" / "events.jsonl"

    @pytest.fixture
    async def sink(self, file: Path) -> AsyncIterator[EventSink]:
        connector = plugins.load("lines")
        assert connector.sink is not None
        context = Context(connection="out", clock=SystemClock(), cache=PassingCache())
        opened = connector.sink(LinesSettings(file=str(file)), context)
        assert opened is not None
        yield opened
        await opened.aclose()

    @pytest.fixture
    def arrived(self, file: Path) -> Arrived:
        async def read(count: int) -> list[dict[str, JSON]]:
            return lines_of(file)

        return read


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def sent(settings: LinesSettings, *numbers: int, filler: str = "") -> None:
    sink = Lines(settings=settings)
    for number in numbers:
        await sink.send([happening(number, filler=filler)])
    await sink.aclose()


async def test_a_large_file_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    await sent(
        LinesSettings(file=str(path), max_megabytes=1, keep=2), *range(7), filler="x" * 600_000
    )
    assert names(tmp_path) == ["e.jsonl", "e.jsonl.1", "e.jsonl.2"]
    files = [path.with_name("e.jsonl.2"), path.with_name("e.jsonl.1"), path]
    assert [one["id"] for each in files for one in lines_of(each)] == [f"e{n}" for n in range(2, 7)]


async def test_half_a_line_of_a_crash_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    await sent(LinesSettings(file=str(path)), 1)
    with path.open("a") as file:
        file.write('{"id": "e2", "data": "' + "x" * 200_000)
    await sent(LinesSettings(file=str(path)), 3)
    assert [one["id"] for one in lines_of(path)] == ["e1", "e3"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_comes_behind_a_failure_fails_too(tmp_path: Path) -> None:
    (tmp_path / "in the way").touch()
    sink = Lines(settings=LinesSettings(file=str(tmp_path / "in the way" / "e.jsonl")))
    answers = await asyncio.gather(
        *(sink.send([happening(number)]) for number in (1, 2)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    assert "cannot be written" in str(answers[0])
    assert "what was sent before" in str(answers[1])
    (tmp_path / "in the way").unlink()
    await sink.send([happening(3)])
    await sink.aclose()


def test_without_a_file_they_go_to_standard_output() -> None:
    program = (
        "import asyncio\n"
        "from syncline.events.lines import Lines, LinesSettings\n"
        "from syncline.testing.streams import happening\n"
        "asyncio.run(Lines(settings=LinesSettings()).send([happening(1, name='Jörg')]))\n"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    assert json.loads(done.stdout.decode("utf-8"))["data"] == {"name": "Jörg"}
