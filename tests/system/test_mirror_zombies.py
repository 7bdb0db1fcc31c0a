"""A call whose end the vendor never tells is finalised once by one of two janitors, and corrected.

Everything is real but the vendor, which is simulated over its sockets and its REST interface.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from syncline.events.interaction import ENDED, FINALIZED
from syncline.testing.host import Host
from syncline.testing.mirrored import Judgement, done_of, judge
from syncline_checks.stream.hosts import CLIENTS, listener, text
from syncline_checks.stream.topics import Topics
from syncline_checks.stream.vendor import simulated
from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.testing import kafka_broker
from syncline_simulators.running import Running

__all__ = ["kafka_broker"]

pytestmark = [
    pytest.mark.xdist_group("kafka-merge"),
    pytest.mark.long(120),
    pytest.mark.timeout(600),
]

WORKER = Path(__file__).with_name("merge_worker.py")
PARTITIONS = 4
_PATIENCE = 90.0


@define(kw_only=True)
class Mirrored:
    """An organisation, and the topics that it is mirrored to."""

    vendor: Running
    topics: Topics

    def clean(self) -> list[dict[str, Any]]:
        """Return the events of the clean topic."""
        return [json.loads(value) for _, value in self.topics.clean()]

    def finalised(self) -> dict[str, dict[str, Any]]:
        """Return those that say that a conversation was found to have ended; each is there once."""
        found = [one for one in self.clean() if one["event_type"] == FINALIZED]
        by_key = {one["conversation_id"]: one for one in found}
        assert len(by_key) == len(found)
        return by_key

    def ended(self) -> set[str]:
        """Return the conversations that really ended, by the clean topic."""
        return {one["conversation_id"] for one in self.clean() if one["event_type"] == ENDED}

    def call(self, *, muted: bool) -> str:
        """Let one begin and end; a muted one ends without a word."""
        conversation = self.begun()
        if muted:
            self.vendor.act({"do": "drop-end", "conversation": conversation})
        self.vendor.act({"do": "step", "conversation": conversation, "changes": "all"})
        return conversation

    def begun(self) -> str:
        """Let one begin, and do no more."""
        begun = self.vendor.act({"do": "begin", "script": "call", "by_hand": True})
        return str(begun["id"])


def until(holds: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it does not come to.
    """
    ends = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError(f"it does not come to hold: {what()}")
        time.sleep(0.3)


@pytest.fixture
def mirrored(kafka_broker: Broker, tmp_path: Path) -> Iterator[Mirrored]:
    """Two listeners and two who merge, at work."""
    secret, name = secrets.token_urlsafe(24), f"t{uuid.uuid4().hex[:10]}"
    with ExitStack() as stack:
        vendor = stack.enter_context(
            simulated(
                tmp_path, clients=CLIENTS, secret=secret, truth=tmp_path / "truth.jsonl", seed=3
            )
        )
        configured = text(
            vendor.url, kafka_broker.bootstrap, partitions=PARTITIONS, heartbeat=3, topic=name
        )
        hosts = [listener(tmp_path, each, secret) for each in "ab"]
        for host in hosts:
            host.configure(configured)
        hosts[0].run("check", "--online", "--create")
        for each in ("one", "two"):
            stack.callback(_ended, _merging(tmp_path / each, configured, each, secret))
        for host in hosts:
            stack.callback(host.kill)
            host.start()
        until(lambda: vendor.act({"do": "notifications"})["open_sockets"] == len(hosts))
        yield Mirrored(vendor=vendor, topics=Topics(kafka_broker.bootstrap, PARTITIONS, name))


def _merging(folder: Path, text: str, instance: str, secret: str) -> subprocess.Popen[bytes]:
    host = Host(folder=folder, arguments=())
    host.configure(text)
    with host.log.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, str(WORKER), str(host.file), "clean"],
            env={**os.environ, "STREAM_SECRET": secret, "SYNCLINE_INSTANCE": instance},
            stdout=log, stderr=log,
        )  # fmt: skip


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_a_call_whose_end_is_never_told_is_finalised_once_and_a_late_real_end_corrects_it(
    mirrored: Mirrored,
) -> None:
    zombies = [mirrored.call(muted=True) for _ in range(6)]
    heard = mirrored.call(muted=False)
    going_on = mirrored.begun()
    mirrored.vendor.act({"do": "step", "conversation": going_on, "changes": 3})
    until(lambda: len(mirrored.finalised()) >= len(zombies))
    # Another process may merge these, and be behind.
    until(lambda: mirrored.ended() == {heard} and going_on in mirrored.topics.known())

    finalised = mirrored.finalised()
    assert finalised.keys() == set(zombies)
    assert all(one["synthetic"] and one["reason"] == "ended" for one in finalised.values())
    known = mirrored.topics.known()
    assert [known[each].state for each in (zombies[0], zombies[1], going_on)] == [
        "finalized", "finalized", "open",
    ]  # fmt: skip

    # The vendor tells of it after all: whoever reads learns how it really ended.
    assert mirrored.vendor.act({"do": "tell", "conversation": zombies[0]})["frames"] > 0
    until(lambda: zombies[0] in mirrored.ended())
    of_it = [one for one in mirrored.clean() if one["conversation_id"] == zombies[0]]
    assert [one["event_type"] for one in of_it].index(FINALIZED) < len(of_it) - 1
    assert not of_it[-1].get("synthetic")
    known = mirrored.topics.known()
    assert known[zombies[0]].state == "ended"
    assert known[zombies[1]].state == "finalized"
    assert mirrored.finalised().keys() == set(zombies)

    until(lambda: not judged(mirrored).faults, lambda: judged(mirrored).faults)
    assert judged(mirrored).finalised == len(zombies)


def judged(mirrored: Mirrored) -> Judgement:
    """Return what is wrong with what was merged so far."""
    return judge(map(done_of, mirrored.vendor.truth()), mirrored.clean(), listeners=2)
