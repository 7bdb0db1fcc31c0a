"""A mirror while the vendor is away, or Kafka for too long: told, and complete afterwards."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from syncline.events.interaction import GAP
from syncline.testing.host import Host
from syncline.testing.mirrored import done_of, gaps, judge
from syncline_checks.stream.hosts import CLIENTS
from syncline_checks.stream.topics import Topics
from syncline_checks.stream.vendor import simulated
from syncline_checks.stream.verdict import SLACK
from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.options import BrokerOptions
from syncline_simulators.running import Running

TEXT = """
[connections.cx]
connector = "genesys"
region = "{url}"
client_id = "listener-a"
client_secret = {{ env = "STREAM_SECRET" }}
heartbeat = "2s"
analytics_lag = "1s"
repairs_per_minute = 6000
requests_per_minute = 100000
[connections.out]
{sink}
[jobs.mirror]
kind = "events"
source = "cx"
sink = "out"
topics = ["v2.users.*.conversations", "v2.routing.queues.*.conversations"]
[jobs.mirror.privacy]
attributes = ["*"]
attribute_values = "keep"
[jobs.mirror.spool]
megabytes = 16
[service]
pages = "127.0.0.1:0"
webhooks = ""
"""
_PATIENCE = 600.0 if "SYNCLINE_SOAK" in os.environ else 120.0


@pytest.fixture
def secret() -> str:
    return secrets.token_urlsafe(24)


@pytest.fixture
def vendor(tmp_path: Path, secret: str) -> Iterator[Running]:
    truth = tmp_path / "truth.jsonl"
    with simulated(tmp_path, clients=CLIENTS, secret=secret, truth=truth, seed=5) as running:
        running.act({"do": "notifications", "heartbeat": 2})
        yield running


@pytest.fixture
def host(tmp_path: Path, secret: str) -> Iterator[Host]:
    made = Host(folder=tmp_path / "host", arguments=("run",), environment={"STREAM_SECRET": secret})
    yield made
    made.kill()


def until(
    holds: Callable[[], object], what: Callable[[], object] = lambda: "", every: float = 0.2
) -> None:
    """Wait until something holds.

    Args:
        every: seconds between two looks.

    Raises:
        TimeoutError: it does not come to.
    """
    ends = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError(f"it does not come to hold: {what()}")
        time.sleep(every)


def listening(vendor: Running) -> bool:
    return bool(vendor.act({"do": "notifications"})["open_sockets"])


def ready(host: Host) -> dict[str, Any]:
    """Return what `/readyz` says."""
    opened = build_opener(ProxyHandler({}))
    try:
        with opened.open(f"{host.pages}/readyz", timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        found = json.load(error)
    return found


def begun(host: Host, vendor: Running, sink: str) -> None:
    host.configure(TEXT.format(url=vendor.url, sink=sink))
    host.start()
    until(lambda: host.pages and listening(vendor), lambda: host.log.read_text()[-3000:])


def traffic(vendor: Running, changes: int, per_second: float, *, pace: int) -> None:
    vendor.act(
        {
            "do": "traffic", "changes": changes, "pace": pace,
            "conversations_per_second": per_second,
        }
    )  # fmt: skip


def finished(vendor: Running) -> bool:
    return bool(vendor.act({"do": "traffic"})["counts"]["finished"])


def faults(vendor: Running, heard: list[dict[str, Any]]) -> dict[str, int]:
    """Return what is wrong with what was heard, gaps considered."""
    silences = [*gaps(one for one in heard if one["event_type"] == GAP)]
    judgement = judge(map(done_of, vendor.truth()), heard, slack=SLACK, silences=silences)
    return judgement.faults


@pytest.mark.long(40)
def test_a_vendor_that_is_away_for_a_while_is_told_of_and_all_is_read_again(
    vendor: Running, host: Host
) -> None:
    begun(host, vendor, 'connector = "lines"\nfile = "out.jsonl"')
    out = host.folder / "out.jsonl"

    def heard() -> list[dict[str, Any]]:
        return [json.loads(line)["data"] for line in out.read_text("utf-8").splitlines()]

    traffic(vendor, 200, 15, pace=120)
    until(lambda: out.exists() and len(heard()) > 50)
    until(lambda: ready(host)["degraded"] == [], lambda: ready(host))
    vendor.act({"do": "notifications", "refuse": 503})
    vendor.faults([{"kind": "status", "status": 503, "probability": 1}])
    vendor.act({"do": "close-sockets", "how": "reset"})
    lost = {"ready": True, "degraded": ["mirror: 0 of 1 channels are open"]}
    until(lambda: lost.items() <= ready(host).items(), lambda: ready(host))
    until(lambda: "degraded: 0 of 1 channels are open" in host.run("status"))
    until(lambda: finished(vendor))

    vendor.clear_faults()
    vendor.act({"do": "notifications", "refuse": 0})
    until(lambda: listening(vendor))
    until(lambda: any(one["event_type"] == GAP for one in heard()))
    until(lambda: not faults(vendor, heard()), lambda: faults(vendor, heard()))
    assert sum(bool(one.get("repaired")) for one in heard()) > 50
    until(lambda: ready(host)["degraded"] == [], lambda: ready(host))
    assert host.stop() == 0


@pytest.mark.soak
def test_a_kafka_that_is_away_for_too_long_fills_the_spool_and_nothing_is_missing(
    vendor: Running, host: Host
) -> None:
    sink = 'connector = "kafka"\ntopic = "interactions"\npartitions = 2\nreplication = 1\n'
    with Broker(BrokerOptions(partitions=2)) as broker:
        sink += f'bootstrap_servers = ["{broker.bootstrap}"]'
        host.configure(TEXT.format(url=vendor.url, sink=sink))
        host.run("check", "--online", "--create")
        begun(host, vendor, sink)
        vendor.act({"do": "notifications", "buffer": 16_000_000})
        broker.kill()
        traffic(vendor, 40_000, 400, pace=30)
        until(lambda: not ready(host)["ready"], lambda: ready(host))
        assert "mirror: the spool is full, and nothing more is heard" in ready(host)["reasons"]
        assert "not ready: the spool is full" in host.run("status")
        until(lambda: finished(vendor))
        waiting = sum(path.stat().st_size for path in host.folder.glob("*-mirror/a/spool/*.events"))
        assert 16_000_000 < waiting < 20_000_000
        host.note()
        assert host.peak < 400 * 1024 * 1024

        broker.start()
        topics = Topics(broker.bootstrap, 2)

        def heard() -> list[dict[str, Any]]:
            return [json.loads(value) for _, value in topics.clean()]

        until(lambda: ready(host)["ready"] and not ready(host)["degraded"], lambda: ready(host))
        assert vendor.act({"do": "notifications"})["dropped_readers"] > 0
        until(lambda: any(one["event_type"] == GAP for one in heard()), every=10)
        until(lambda: not faults(vendor, heard()), lambda: faults(vendor, heard()), every=10)
        assert host.stop() == 0
