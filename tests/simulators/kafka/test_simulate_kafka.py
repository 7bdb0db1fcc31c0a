"""`python -m syncline_simulators kafka`, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from syncline_simulators.kafka.broker import Broker

pytestmark = [pytest.mark.xdist_group("kafka-broker"), pytest.mark.long(90)]
COMMAND = [sys.executable, "-m", "syncline_simulators", "kafka"]


@contextmanager
def _started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_mock_prints_one_line_and_ends_on_a_signal(number: signal.Signals) -> None:
    with _started("--mock") as (process, line):
        assert set(line) == {"system", "bootstrap", "connection", "env"}
        admin = AdminClient({"bootstrap.servers": line["bootstrap"]})
        assert admin.list_topics(timeout=60).brokers
        process.send_signal(number)
        assert process.wait(60) == 0


def test_the_real_one_keeps_its_topics_and_ends_in_good_order(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    options = ("--data", str(tmp_path), "--sasl", "SCRAM-SHA-256", "--tls", "--heap", "96")
    for _ in range(2):
        with _started(*options) as (process, line):
            security = line["connection"]["security"]
            assert security["protocol"] == "sasl_ssl"
            admin = AdminClient(
                {
                    "bootstrap.servers": line["bootstrap"], "security.protocol": "SASL_SSL",
                    "sasl.mechanisms": security["mechanism"], "sasl.username": security["username"],
                    "sasl.password": line["env"][security["password"]["env"]],
                    "ssl.ca.location": security["ca_file"],
                }
            )  # fmt: skip
            assert admin.list_topics(timeout=60).brokers
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            with pytest.raises(ProcessLookupError):
                os.kill(line["pid"], 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--load", "x"], "--load: not with this system"),
        (["--mock", "--tls"], "--tls: not with this system"),
        (["--partitions", "0"], "at least 1 partition"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: list[str], said: str) -> None:
    ended = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_kafkas_options_are_refused_elsewhere() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "syncline_simulators", "confluence", "--tls"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr.strip()) == (
        2, "simulate confluence: --tls: not with this system"
    )  # fmt: skip
