"""What `docs/tutorial-mirror.md` shows can be used as it stands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from syncline.config import load
from syncline_simulators.kafka.testing import kafka_mock

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "tutorial-mirror.md").read_text(encoding="utf-8")

__all__ = ["kafka_mock"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_file_of_the_tutorial_has_no_faults() -> None:
    (toml,) = blocks("toml")
    jobs = load(toml.encode()).jobs
    assert {name: job.kind for name, job in jobs.items()} == {"mirror": "events", "clean": "merge"}


def test_the_commands_of_the_tutorial_exist_with_their_options(tmp_path: Path) -> None:
    lines = [line.partition("#")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line]
    assert len(commands) == 7
    for words in commands:
        done = subprocess.run(
            [sys.executable, "-m", "syncline", *words, "--help"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        for word in words:
            assert word in done.stdout + " mirror a", f"{words}: {done.stdout}"


def test_links_of_the_tutorial_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE)
    assert len(links) > 6
    for link in links:
        assert (DOCS / link).exists(), link


def test_the_permissions_of_the_tutorial_are_those_of_the_connectors_page() -> None:
    said = re.findall(r"`([a-z]\w*):(\w+):view`", PAGE)
    page = (DOCS / "connectors" / "genesys-interactions.md").read_text(encoding="utf-8")
    known = {
        "".join(re.findall(r"\w", one)).lower()
        for one in re.findall(r"`(\w+ > [\w ]+ > View)`", page)
    }
    assert len(said) == 5
    assert {f"{area}{what}view".lower() for area, what in said} <= known


@pytest.mark.parametrize("size", [800, 18_000, 36_000, 50_000])
def test_the_tutorial_counts_channels_and_clients_right(size: int) -> None:
    row = re.search(rf"^\| {size:,} \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert row is not None
    channels = -(-size // 1000)
    clients = -(-channels // 18)
    assert [int(cell) for cell in row.groups()] == [channels, clients, 2 * clients + 2]


def test_the_consumer_of_the_tutorial_handles_each_event_once(kafka_mock: Any) -> None:
    kafka_mock.create("interactions", 2)
    producer = Producer({"bootstrap.servers": kafka_mock.bootstrap})
    for event in [{"event_id": str(number % 10)} for number in range(20)]:
        producer.produce(
            "interactions", json.dumps(event), "conversation",
            headers=[("ce_id", event["event_id"])],
        )  # fmt: skip
    assert producer.flush(20) == 0
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  the page's own
    handled: list[str] = []

    def handle(event: Mapping[str, Any]) -> None:
        handled.append(event["event_id"])

    names["follow"](kafka_mock.bootstrap, handle, lambda: len(handled) >= 10)
    assert handled == [str(number) for number in range(10)]
