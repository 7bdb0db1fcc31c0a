"""What the demonstration of a mirror counts, shows and proves."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from rich.console import Console

from syncline.config import load
from syncline.errors import ConfigError
from syncline.events import Event
from syncline.events.interaction import (
    ALERTING,
    CONNECTED,
    ENDED,
    GAP,
    HELD,
    RECORDING,
    RESUMED,
    STARTED,
)
from syncline.model import JSON
from syncline_demo import command
from syncline_demo.mirror.audience import ALERTING as RINGS
from syncline_demo.mirror.audience import ENDED as OVER
from syncline_demo.mirror.audience import HELD as ON_HOLD
from syncline_demo.mirror.audience import TALKING, WAITING, Heard, listening, share, stage
from syncline_demo.mirror.brokers import PARTITIONS, TOPIC
from syncline_demo.mirror.hosts import hosts
from syncline_demo.mirror.measures import parsed, read
from syncline_demo.mirror.proof import lines, proved
from syncline_demo.mirror.view import Standing, summary, tables
from syncline_kafka.messages import Message, binary
from syncline_simulators.kafka.mock import MockCluster

AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
KINDS = (STARTED, ALERTING, CONNECTED, HELD, RESUMED, ENDED)


def events() -> Iterator[dict[str, Any]]:
    """One conversation, a second between two events."""
    for second, kind in enumerate(KINDS):
        at = (AT + timedelta(seconds=second)).isoformat()
        yield {
            "event_id": str(second), "event_type": kind, "conversation_id": "c",
            "participant_id": "p", "occurred_at": at, "synthetic": False,
            **({"agent_id": "agent"} if kind not in (STARTED, ENDED) else {}),
        }  # fmt: skip


def truth() -> Iterator[dict[str, Any]]:
    """What the simulator says of it."""
    for one in events():
        names = ("conversation_id", "participant_id", "occurred_at")
        yield {"type": one["event_type"], "frames": 1, **{name: one[name] for name in names}}


def heard(*, twice: bool = False) -> Heard:
    """A consumer that has read it a second after each event."""
    found = Heard()
    for one in [*events(), *(events() if twice else ())]:
        found.add(one, datetime.fromisoformat(one["occurred_at"]).timestamp() + 1)
    return found


def test_a_conversation_goes_from_waiting_to_its_end() -> None:
    place, places = WAITING, []
    for one in events():
        place = stage(one, place)
        places.append(place)
    assert places == [WAITING, RINGS, TALKING, ON_HOLD, TALKING, OVER]
    assert heard().counts() == {OVER: 1}
    assert heard().ended() == {"c"}


def test_lags_are_shared_out_by_their_size() -> None:
    assert share([3.0, 1.0, 2.0, 4.0], 0.5) == 3.0
    assert share([1.0], 0.99) == 1.0
    assert share([], 0.5) == 0.0


def test_the_proof_holds_where_all_was_heard_once() -> None:
    proof = proved(truth(), heard(), raw=12)
    text = "\n".join(lines(proof))
    assert proof.holds, text
    assert "6 repeats were dropped" in text
    assert "within 1.00 s" in text
    assert text.endswith("Every promise was kept.")


def test_the_proof_says_what_is_missing_and_what_came_twice() -> None:
    once_less = heard()
    del once_less.lines[1]
    missing = proved(truth(), once_less, raw=12)
    assert not missing.holds
    assert "     1  missing" in "\n".join(lines(missing))
    assert not proved(truth(), heard(twice=True), raw=12).holds
    assert not proved(truth(), heard(twice=True), raw=12, merged=False).holds


def test_only_a_merge_job_promises_the_order_of_two_listeners() -> None:
    turned = heard()
    turned.lines.reverse()
    assert not proved(truth(), turned, raw=12).holds
    assert proved(truth(), turned, raw=12, merged=False).holds


def test_nothing_that_happened_proves_nothing() -> None:
    assert not proved([], Heard(), raw=0).holds


def test_figures_of_a_process_are_read_from_its_page_of_metrics() -> None:
    page = """# HELP syncline_events_heard_total Events that sources told, by type.
syncline_events_heard_total{sync_job="mirror",listener="a",type="acw"} 3.0
syncline_events_heard_total{sync_job="mirror",listener="a",type="wrapup"} 4.0
syncline_events_repeated_total{sync_job="mirror",listener="a"} 9.0
syncline_stream_lag_seconds{sync_job="mirror",listener="a"} 0.25
syncline_channels{sync_job="mirror",listener="a",what="open"} 2.0
syncline_channels{sync_job="mirror",listener="a",what="topics"} 55.0
syncline_events_merged_total{sync_job="clean",listener="one",result="told"} 8.0
process_cpu_seconds_total 3.5
"""
    found = parsed(page)
    assert (found.heard, found.repeats, found.told) == (7, 9, 8)
    assert (found.channels, found.topics, found.lag) == (2, 55, 0.25)


def test_a_process_that_serves_nothing_has_no_figures() -> None:
    assert read(None) is None
    assert read("http://127.0.0.1:9") is None


@pytest.mark.parametrize("merges", [True, False])
def test_each_host_has_a_configuration_without_faults(tmp_path: Path, merges: bool) -> None:
    found = hosts(tmp_path, "http://127.0.0.1:1", "127.0.0.1:2", "secret", merges=merges)
    assert len(found) == (4 if merges else 2)
    for host in found.values():
        jobs = load(host.file.read_bytes()).jobs
        assert {*jobs} == ({"mirror", "clean"} if merges else {"mirror"})
        assert "secret" not in host.file.read_text(encoding="utf-8").replace("client_secret", "")


def test_the_view_shows_what_is_read_and_who_is_away(tmp_path: Path) -> None:
    there = hosts(tmp_path, "http://127.0.0.1:1", "127.0.0.1:2", "secret", merges=True)
    reading = heard()
    gap = {"event_id": "g", "event_type": GAP, "occurred_at": AT.isoformat(), "synthetic": False}
    reading.add(gap, 0.0)
    standing = Standing(hosts=there, heard=reading)
    assert "7 in all, lag 1.00 s" in summary(standing)
    assert summary(standing).endswith("0 twice, gaps told: 1")
    written = StringIO()
    console = Console(file=written, width=140)
    for table in tables(standing):
        console.print(table)
    shown = written.getvalue()
    assert shown.count("away") == 4
    assert "7 events" in shown


def test_options_of_the_mirror_are_refused_elsewhere() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(ConfigError, match="belong to `syncline demo mirror`"):
        command.run(parser.parse_args(["--mock"]))
    with pytest.raises(ConfigError, match="beyond 0"):
        command.run(parser.parse_args(["mirror", "--rate", "-1"]))


@pytest.mark.xdist_group("kafka-demo")
def test_the_reader_drops_what_two_listeners_named_differently() -> None:
    def told(listener: str, second: float, state: str = "active") -> Message:
        at, event_id = AT + timedelta(seconds=second), f"{state}, says {listener}"
        said: dict[str, JSON] = {
            "event_id": event_id, "event_type": RECORDING, "conversation_id": "c",
            "occurred_at": at.isoformat(), "recording_state": state, "listener": listener,
        }  # fmt: skip
        return binary(
            Event(
                id=event_id, type=RECORDING, key="c", source="genesys/cx", occurred_at=at,
                observed_at=at, data=said,
            )
        )  # fmt: skip

    with MockCluster() as kafka:
        kafka.create(TOPIC, PARTITIONS)
        producer = Producer({"bootstrap.servers": kafka.bootstrap})
        for message in (told("a", 0), told("b", 0.1), told("a", 0), told("a", 9, "paused")):
            producer.produce(
                TOPIC, message.value, message.key, partition=0, headers=message.headers
            )
        assert producer.flush(30) == 0
        with listening(kafka.bootstrap, drop=True) as found:
            for _ in range(600):
                if len(found.lines) == 2:
                    break
                time.sleep(0.1)
        said = [line["event_id"] for line in found.lines]
    assert (said, found.repeats) == (["active, says a", "paused, says a"], 2)
