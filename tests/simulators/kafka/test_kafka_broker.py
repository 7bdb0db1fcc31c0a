"""A real Kafka that is stopped, killed and started again; confluent-kafka is its client."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.options import MECHANISMS, BrokerOptions
from syncline_simulators.kafka.testing import USERS

pytestmark = [
    pytest.mark.xdist_group("kafka-broker"),
    pytest.mark.long(90),
    pytest.mark.timeout(600),
]


def _topic() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def _write(config: Mapping[str, str | int], topic: str, values: list[bytes]) -> None:
    producer = Producer({"message.timeout.ms": 30_000, "log_level": 0, **config})
    failed: list[object] = []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda e, _: failed.append(e) if e else None)
    assert producer.flush(40) == 0
    assert failed == []


def _read(broker: Broker, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap, "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest", "enable.auto.commit": False,
        }
    )  # fmt: skip
    try:
        consumer.subscribe([topic])
        found: list[bytes | None] = []
        until = time.monotonic() + 60
        while len(found) < count and time.monotonic() < until:
            message = consumer.poll(1)
            if message is not None and message.error() is None:
                found.append(message.value())
        return found
    finally:
        consumer.close()


def test_what_is_written_is_read(kafka_broker: Broker) -> None:
    topic = _topic()
    _write({"bootstrap.servers": kafka_broker.bootstrap}, topic, [b"one", b"two"])
    assert sorted(map(str, _read(kafka_broker, topic, 2))) == ["b'one'", "b'two'"]


def test_what_was_acknowledged_is_there_after_a_kill(kafka_broker: Broker) -> None:
    topic, address = _topic(), kafka_broker.bootstrap
    _write({"bootstrap.servers": address}, topic, [b"kept"])
    kafka_broker.kill()
    kafka_broker.start()
    assert kafka_broker.bootstrap == address
    assert _read(kafka_broker, topic, 1) == [b"kept"]


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_user_logs_in(kafka_broker: Broker, protocol: str, mechanism: str) -> None:
    topic = _topic()
    _write(_login(kafka_broker, protocol, mechanism, USERS["alice"]), topic, [b"hers"])
    assert _read(kafka_broker, topic, 1) == [b"hers"]


@pytest.mark.parametrize("mechanism", MECHANISMS[:2])
def test_a_wrong_password_is_refused(kafka_broker: Broker, mechanism: str) -> None:
    said: list[str] = []
    config: dict[str, Any] = _login(kafka_broker, "SASL_PLAINTEXT", mechanism, "wrong")
    config["error_cb"] = lambda error: said.append(error.name())
    admin = AdminClient(config)
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=2)
    deadline = time.monotonic() + 60
    while "_AUTHENTICATION" not in said and time.monotonic() < deadline:
        admin.poll(0.5)
    assert "_AUTHENTICATION" in said


def test_its_certificate_is_verified(kafka_broker: Broker) -> None:
    config: dict[str, Any] = {
        "bootstrap.servers": kafka_broker.address("SSL"),
        "security.protocol": "SSL",
        "log_level": 0,
    }
    with pytest.raises(KafkaException):
        AdminClient(config).list_topics(timeout=2)
    trusting = {**config, "ssl.ca.location": str(kafka_broker.ca_file)}
    assert AdminClient(trusting).list_topics(timeout=60).brokers


def _login(broker: Broker, protocol: str, mechanism: str, password: str) -> dict[str, str | int]:
    config: dict[str, str | int] = {
        "bootstrap.servers": broker.address(protocol), "security.protocol": protocol,
        "sasl.mechanisms": mechanism, "sasl.username": "alice", "sasl.password": password,
        "log_level": 0,
    }  # fmt: skip
    return config | ({"ssl.ca.location": str(broker.ca_file)} if "SSL" in protocol else {})


def test_a_broker_ends_with_the_program_that_started_it(kafka_broker: Broker) -> None:
    script = (
        "import sys\nfrom syncline_simulators.kafka.broker import Broker\n"
        "from syncline_simulators.kafka.options import BrokerOptions\nfrom pathlib import Path\n"
        # An id that begins like an option is an id all the same.
        "options = BrokerOptions(heap=96, cluster='-AABAgMEBQYHCAkKCwwNDg')\n"
        "broker = Broker(options, data=Path(sys.argv[1]))\n"
        "broker.start()\nprint(broker.pid, flush=True)\nsys.stdin.read()\n"
    )
    folder = kafka_broker.ca_file
    assert folder is not None
    data = folder.parent / "another"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.kill()
    until = time.monotonic() + 60
    while _running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _running(pid)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_a_port_that_is_taken_is_said_with_kafkas_own_words(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    port = int(kafka_broker.bootstrap.rpartition(":")[2])
    taken = Broker(BrokerOptions(port=port, heap=96), data=tmp_path)
    with pytest.raises(OSError, match="in use"), taken:
        pass
