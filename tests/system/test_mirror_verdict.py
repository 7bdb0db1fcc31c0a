"""The verdict on a stream that is judged in parts finds what is planted in any of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from syncline.events.interaction import CONNECTED, DISCONNECTED, ENDED, GAP, HELD, JOINED, STARTED
from syncline_checks.stream.shards import Shards, lines_of, parts, sharded
from syncline_checks.stream.verdict import Verdict, judged

AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
LIFE = (STARTED, JOINED, CONNECTED, HELD, DISCONNECTED, ENDED)
KEYS = [f"c{number}" for number in range(20)]
Lines = list[dict[str, Any]]


def _truth() -> Lines:
    return [
        {
            "conversation_id": key, "type": kind, "frames": 2,
            "occurred_at": (AT + timedelta(seconds=second)).isoformat(),
        }
        for second, kind in enumerate(LIFE) for key in KEYS
    ]  # fmt: skip


def _heard() -> Lines:
    return [
        {
            **line, "event_id": f"e{number}", "event_type": line["type"], "synthetic": False,
        }
        for number, line in enumerate(_truth())
    ]  # fmt: skip


def _shards(lines: Lines, folder: Path) -> Shards:
    keyed = ((line["conversation_id"].encode(), json.dumps(line).encode()) for line in lines)
    return sharded(keyed, folder, 4)


def _judged(heard: Lines, folder: Path) -> Verdict:
    folder.mkdir(exist_ok=True)
    truth = folder / "truth.jsonl"
    truth.write_text("".join(json.dumps(line) + "\n" for line in _truth()), encoding="utf-8")
    told = sharded(lines_of(truth), folder / "truth", 4)
    return judged(told, _shards(heard, folder / "heard"), listeners=2)


def _gap(listener: str) -> dict[str, Any]:
    until = (AT + timedelta(seconds=9)).isoformat()
    return {
        "conversation_id": f"listener/{listener}", "event_id": listener, "event_type": GAP,
        "listener": listener, "synthetic": False, "gap_from": AT.isoformat(), "gap_to": until,
    }  # fmt: skip


def test_a_stream_in_parts_without_a_fault_has_none(tmp_path: Path) -> None:
    verdict = _judged(_heard(), tmp_path)
    assert verdict.faults == {}
    assert verdict.done == verdict.heard == len(LIFE) * len(KEYS)


PLANTED: dict[str, Callable[[Lines], Lines]] = {
    "missing": lambda heard: heard[:50] + heard[51:],
    "repeated": lambda heard: [*heard, {**heard[50], "late": True}],
    "invented": lambda heard: [*heard, {**heard[50], "event_id": "x", "late": True}],
    "disordered": lambda heard: [*heard[20:], *heard[:20]],
    "unended": lambda heard: heard[:-1],
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_in_any_part_is_found_with_an_example(fault: str, tmp_path: Path) -> None:
    verdict = _judged(PLANTED[fault](_heard()), tmp_path)
    assert verdict.faults[fault]
    assert verdict.examples[fault]


def test_a_gap_in_one_part_excuses_values_in_all_others(tmp_path: Path) -> None:
    heard = [line for line in _heard() if line["event_type"] != HELD]
    assert _judged(heard, tmp_path / "none").faults == {"missing": len(KEYS)}
    assert _judged([*heard, _gap("a")], tmp_path / "one").faults == {"missing": len(KEYS)}
    verdict = _judged([*heard, _gap("a"), _gap("b")], tmp_path / "both")
    assert (verdict.faults, verdict.excused) == ({}, {HELD: len(KEYS)})


def test_a_longer_stream_has_more_parts_up_to_what_can_be_open_at_once() -> None:
    assert [parts(changes) for changes in (1, 50_000, 1_000_000, 10**9)] == [1, 2, 50, 64]
