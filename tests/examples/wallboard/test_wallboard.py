"""The wallboard of the examples shows what events say, read from Kafka as its user runs it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from confluent_kafka import Producer

from syncline_simulators.kafka.testing import kafka_mock

EXAMPLE = Path(__file__).parents[3] / "examples" / "wallboard"
AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
SALES, SUPPORT = "queue-sales", "queue-support"
Line = Mapping[str, Any]

__all__ = ["kafka_mock"]


@pytest.fixture(scope="module")
def board() -> ModuleType:
    """The module of the example."""
    spec = importlib.util.spec_from_file_location("wallboard_board", EXAMPLE / "board.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


def lines(conversation: str, queue: str, *steps: tuple[str, str, str]) -> Iterator[Line]:
    """Events of one conversation: type, purpose and state, a second apart."""
    for second, (kind, purpose, state) in enumerate(steps):
        who = {"participant_id": f"{conversation}-{purpose}", "purpose": purpose}
        yield {
            "event_id": f"{conversation}-{second}",
            "event_type": kind,
            "conversation_id": conversation,
            "occurred_at": f"{AT + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S.000Z}",
            "synthetic": False,
            **(who if purpose else {}),
            **({"queue_id": queue} if purpose in ("acd", "agent") else {}),
            **({"agent_id": "agent-1"} if purpose == "agent" else {}),
            **({"state": state} if state else {}),
        }  # fmt: skip


ARRIVED = (
    ("conversation.started", "", ""),
    ("participant.joined", "customer", ""),
    ("communication.connected", "customer", "connected"),
    ("participant.joined", "acd", ""),
    ("communication.connected", "acd", "connected"),
)
RINGS = (
    *ARRIVED,
    ("communication.disconnected", "acd", "disconnected"),
    ("participant.left", "acd", ""),
    ("participant.joined", "agent", ""),
    ("communication.alerting", "agent", "alerting"),
)
TALKS = (*RINGS, ("communication.connected", "agent", "connected"))
ON_HOLD = (*TALKS, ("communication.held", "agent", "connected"))
OVER = (
    *TALKS,
    ("communication.disconnected", "agent", "disconnected"),
    ("acw", "agent", "pending"),
    ("participant.left", "agent", ""),
    ("conversation.ended", "", ""),
)
DONE = (*OVER, ("wrapup", "agent", ""), ("acw", "agent", "complete"))


def day() -> list[Line]:
    """Eight conversations, each at another place."""
    return [
        *lines("c1", SALES, *ARRIVED),
        *lines("c2", SALES, *ARRIVED),
        *lines("c3", SALES, *RINGS),
        *lines("c4", SALES, *TALKS),
        *lines("c5", SUPPORT, *ON_HOLD),
        *lines("c6", SUPPORT, *ON_HOLD, ("communication.resumed", "agent", "connected")),
        *lines("c7", SUPPORT, *OVER),
        *lines("c8", SUPPORT, *DONE),
    ]


EXPECTED = {
    SALES: {"waiting": 2, "alerting": 1, "talking": 1},
    SUPPORT: {"held": 1, "talking": 1, "acw": 1},
}


def shown(board: ModuleType, events: list[Line]) -> dict[str, dict[str, int]]:
    one = board.Board()
    for event in events:
        one.add(event)
    return {queue: dict(counts) for queue, counts in one.counts().items()}


def test_every_conversation_is_counted_where_it_is(board: ModuleType) -> None:
    assert shown(board, day()) == EXPECTED


def test_what_comes_late_moves_nothing_back(board: ModuleType) -> None:
    late = [{**event, "late": True} for event in day()]
    assert shown(board, [*day(), *late]) == EXPECTED


def test_a_conversation_whose_end_nobody_heard_leaves_the_board(board: ModuleType) -> None:
    finalized = {
        "event_id": "f", "event_type": "conversation.finalized", "conversation_id": "c4",
        "occurred_at": "2026-03-01T13:00:00.000Z", "synthetic": True,
    }  # fmt: skip
    assert shown(board, [*day(), finalized])[SALES] == {"waiting": 2, "alerting": 1}


def test_a_gap_changes_nothing(board: ModuleType) -> None:
    gap = {"event_id": "g", "event_type": "listener.gap", "occurred_at": "2026-03-01T09:00:00.000Z"}
    assert shown(board, [gap, *day()]) == EXPECTED


def test_nothing_is_remembered_of_what_is_over(board: ModuleType) -> None:
    one = board.Board()
    for number in range(50):
        for event in lines(f"c{number}", SALES, *DONE):
            one.add(event)
    assert one == board.Board()


def test_the_program_shows_what_two_listeners_wrote(kafka_mock: Any) -> None:
    kafka_mock.create("interactions", 3)
    producer = Producer({"bootstrap.servers": kafka_mock.bootstrap})
    for _ in ("listener a", "listener b"):
        for event in day():
            producer.produce(
                "interactions", json.dumps(event), event["conversation_id"],
                headers=[("ce_id", event["event_id"])],
            )  # fmt: skip
    assert producer.flush(20) == 0
    done = subprocess.run(
        [sys.executable, "wallboard.py", kafka_mock.bootstrap, "--seconds", "6"],
        cwd=EXAMPLE, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.replace("│", "|").split("|")[1:-1] for line in done.stdout.splitlines()]
    found = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows if len(row) == 6}
    assert found[SALES] == ["2", "1", "1", "", ""]
    assert found[SUPPORT] == ["", "", "1", "1", "1"]


def wallboard(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "wallboard.py", *arguments],
        cwd=EXAMPLE, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_kafka_that_is_not_there_is_said_in_one_line() -> None:
    done = wallboard("127.0.0.1:1", "--seconds", "3")
    assert done.returncode == 1
    assert done.stderr.startswith("wallboard: _ALL_BROKERS_DOWN: ")
    assert done.stderr.count("\n") == 1


def test_a_topic_that_is_not_there_is_named(kafka_mock: Any) -> None:
    done = wallboard(kafka_mock.bootstrap, "no topic of this name!", "--seconds", "20")
    assert done.returncode == 1
    assert "wallboard: topic 'no topic of this name!': " in done.stderr
    assert "Traceback" not in done.stderr


def test_login_and_tls_come_from_a_file(kafka_mock: Any, tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text("# of this user\nsecurity.protocol = ssl\n\nssl.ca.location=/no/such.pem\n")
    done = wallboard(kafka_mock.bootstrap, "--properties", str(path), "--seconds", "2")
    assert done.returncode != 0
    assert "ssl.ca.location failed" in done.stderr
