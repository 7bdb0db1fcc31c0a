"""What a connection may say, and what librdkafka is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncline.config import load
from syncline.errors import ConfigError
from syncline.secret import Secret
from syncline_kafka import Security
from syncline_kafka.configuration import producer
from syncline_kafka.settings import PINNED

GOOD = """
[connections.bus]
connector = "kafka"
bootstrap_servers = ["kafka-1:9092", "[::1]:9093"]
topic = "interactions"
linger = "20ms"
compression = "zstd"

[connections.bus.security]
protocol = "sasl_ssl"
mechanism = "SCRAM-SHA-512"
username = "syncline"
password = { env = "KAFKA_PASSWORD" }
ca_file = "ca.pem"

[connections.bus.librdkafka]
"socket.keepalive.enable" = true
"statistics.interval.ms" = 5000

[connections.bus.librdkafka_secrets]
"ssl.key.password" = { env = "KEY_PASSWORD" }
"""


def _problems(text: str, folder: Path) -> str:
    jobs = '\n[jobs.j]\nkind = "events"\nsource = "bus"\nsink = "bus"\ntopics = ["a"]\n'
    try:
        load((text + jobs).encode(), folder=folder)
    except ConfigError as error:
        return "\n".join(p for p in error.problems if "connections.bus" in p)
    return ""


def test_a_whole_connection_is_read_from_a_file(tmp_path: Path) -> None:
    assert _problems(GOOD, tmp_path) == ""


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ('["kafka-1:9092", "[::1]:9093"]', "[]", "name one at least"),
        ('"kafka-1:9092"', '"kafka-1"', "'kafka-1' is no address such as 'kafka-1:9092'"),
        ('"kafka-1:9092"', '"a:1,b:2"', "is no address"),
        ('topic = "interactions"', 'topic = "a b"', "a topic has up to 249"),
        ('topic = "interactions"', 'topic = "a"\nraw_topic = "a"', "have to differ"),
        ('"zstd"', '"rar"', "lz4"),
        ('"SCRAM-SHA-512"', '"PLAIN2"', "PLAIN"),
        ('username = "syncline"', "", "needs username and password"),
        ('mechanism = "SCRAM-SHA-512"', "", "needs a mechanism"),
        ('"sasl_ssl"', '"ssl"', "has no login"),
        ('"socket.keepalive.enable" = true', '"a" = [1]', "is no text, number, true or false"),
        ('"socket.keepalive.enable" = true', '"ssl.key.password" = "x"', "librdkafka_secrets"),
        ('"socket.keepalive.enable" = true', '"linger.ms" = 1', "a setting of its own: linger"),
        ('"zstd"', '"zstd"\nencoding = "avro"\nenvelope = "structured"', "avro"),
        ('"20ms"', '"20ms"\nwindow = 0', "window"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, changed: str, to: str, said: str) -> None:
    assert changed in GOOD
    assert said in _problems(GOOD.replace(changed, to), tmp_path)


@pytest.mark.parametrize("name", sorted(PINNED))
def test_what_is_pinned_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    found = _problems(GOOD.replace('"socket.keepalive.enable" = true', f'"{name}" = 1'), tmp_path)
    assert f"librdkafka.{name} is not to be changed: {PINNED[name]}" in found


def test_librdkafka_is_told_what_the_settings_say(make_settings: Any) -> None:
    security = Security(
        protocol="sasl_ssl", mechanism="PLAIN", username="u", password=Secret("pass-word"),
        ca_file="/ca.pem",
    )  # fmt: skip
    told = producer(
        make_settings(
            "h:1", security=security, linger=timedelta(milliseconds=7.5),
            librdkafka={"socket.nagle.disable": True},
            librdkafka_secrets={"ssl.key.password": Secret("of-the-key")},
        )
    )  # fmt: skip
    expected = {
        "bootstrap.servers": "h:1", "security.protocol": "sasl_ssl", "sasl.mechanisms": "PLAIN",
        "sasl.username": "u", "sasl.password": "pass-word", "ssl.ca.location": "/ca.pem",
        "socket.nagle.disable": True, "ssl.key.password": "of-the-key", "linger.ms": 7.5,
        "compression.type": "lz4", "partitioner": "murmur2_random", "enable.idempotence": True,
        "acks": "all", "message.timeout.ms": 0,
    }  # fmt: skip
    assert expected.items() <= told.items()


def test_secrets_are_not_shown(make_settings: Any) -> None:
    security = Security(
        protocol="sasl_ssl", mechanism="PLAIN", username="u", password=Secret("pass-word")
    )
    settings = make_settings("h:1", security=security, librdkafka_secrets={"a": Secret("hush")})
    assert "pass-word" not in repr(settings)
    assert "hush" not in repr(settings)
