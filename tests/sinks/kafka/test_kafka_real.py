"""The sink over a real Kafka: logins, restarts, topics, rights, other clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
)
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.cimpl import NewTopic

from syncline.connector import Context, Preparation
from syncline.errors import ConfigError, Forbidden, Unavailable
from syncline.events import EventSink
from syncline.events.sink import EventsRejected
from syncline.secret import Secret
from syncline.testing.sink_contract import Arrived, SinkContract, event
from syncline_kafka import Security, Settings, connector
from syncline_kafka.merge.topics import partitions
from syncline_kafka.messages import event_of
from syncline_kafka.sink import KafkaSink
from syncline_kafka.topic_setup import prepare
from syncline_simulators.kafka.broker import Broker
from syncline_simulators.kafka.testing import USERS

pytestmark = [pytest.mark.xdist_group("kafka"), pytest.mark.long(120), pytest.mark.timeout(600)]


class TestKafkaIsASink(SinkContract):
    @pytest.fixture
    async def sink(
        self, kafka_broker: Broker, make_settings: Any, context: Context
    ) -> AsyncIterator[EventSink]:
        assert connector.raw_sink is not None
        sink = connector.raw_sink(make_settings(kafka_broker.bootstrap), context)
        yield sink
        await sink.aclose()

    @pytest.fixture
    def arrived(self, kafka_broker: Broker, topic: str, read_events: Any) -> Arrived:
        async def found(count: int) -> list[dict[str, Any]]:
            raw = f"{topic}.raw"
            events: list[dict[str, Any]] = await read_events(kafka_broker.bootstrap, raw, count)
            return events

        return found


@contextlib.asynccontextmanager
async def _open(settings: Settings, context: Context) -> AsyncIterator[KafkaSink]:
    sink = KafkaSink(settings, context, topic=settings.topic)
    try:
        yield sink
    finally:
        await sink.aclose()


async def _numbers(read_events: Any, broker: Broker, topic: str, count: int) -> list[int]:
    return [one["data"]["number"] for one in await read_events(broker.bootstrap, topic, count)]


@pytest.mark.parametrize("end", [Broker.stop, Broker.kill])
async def test_a_restart_is_waited_for_and_nothing_is_missing_or_out_of_order(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, read_events: Any,
    end: Any,
) -> None:  # fmt: skip
    async with _open(make_settings(kafka_broker.bootstrap, window=500), context) as sink:
        await sink.send([event(0)])
        begun = asyncio.Event()

        async def stream() -> None:
            for first in range(1, 2000, 10):
                calls.append(asyncio.create_task(sink.send([event(first + n) for n in range(10)])))
                begun.set()
                await asyncio.sleep(0.01)

        calls: list[asyncio.Task[None]] = []
        streaming = asyncio.create_task(stream())
        await begun.wait()
        await asyncio.to_thread(end, kafka_broker)
        await asyncio.to_thread(kafka_broker.start)
        await streaming
        await asyncio.gather(*calls)
    found = await _numbers(read_events, kafka_broker, topic, 2001)
    # The idempotent session mostly goes on over the restart. Where it does not, what had no answer
    # comes once more, in its order.
    assert list(dict.fromkeys(found)) == list(range(2001))


@pytest.mark.parametrize(
    ("protocol", "mechanism"),
    [
        ("sasl_plaintext", "PLAIN"),
        ("sasl_plaintext", "SCRAM-SHA-256"),
        ("sasl_ssl", "SCRAM-SHA-512"),
    ],
)
async def test_a_login_is_done(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, read_events: Any,
    protocol: str, mechanism: str,
) -> None:  # fmt: skip
    settings = make_settings(
        kafka_broker.address(protocol.upper()),
        security=_security(kafka_broker, protocol, mechanism, USERS["alice"]),
    )
    async with _open(settings, context) as sink:
        await sink.send([event(1)])
    assert await _numbers(read_events, kafka_broker, topic, 1) == [1]


def _security(broker: Broker, protocol: Any, mechanism: Any, password: str) -> Security:
    ca_file = str(broker.ca_file) if protocol.endswith("ssl") else ""
    login = {"mechanism": mechanism, "username": "alice", "password": Secret(password)}
    return Security(protocol=protocol, ca_file=ca_file, **(login if mechanism else {}))


async def test_tls_without_a_login(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, read_events: Any
) -> None:
    security = _security(kafka_broker, "ssl", "", "")
    settings = make_settings(kafka_broker.address("SSL"), security=security)
    async with _open(settings, context) as sink:
        await sink.send([event(1)])
    assert await _numbers(read_events, kafka_broker, topic, 1) == [1]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_a_wrong_password_is_forbidden_and_said_nowhere(
    kafka_broker: Broker, make_settings: Any, context: Context, mechanism: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    wrong = "not-the-pass-word"
    security = _security(kafka_broker, "sasl_plaintext", mechanism, wrong)
    settings = make_settings(kafka_broker.address("SASL_PLAINTEXT"), security=security)
    assert wrong not in repr(settings)
    async with _open(settings, context) as sink:
        with pytest.raises(Forbidden, match="user, password") as caught:
            await sink.send([event(1)])
        with pytest.raises(Forbidden):
            await sink.send([event(1)])
    with pytest.raises(Forbidden):
        await prepare(settings, context, Preparation(merged=True))
    assert wrong not in str(caught.value)
    assert wrong not in caplog.text


@contextlib.contextmanager
def _rules(broker: Broker, rules: list[AclBinding]) -> Iterator[None]:
    """Who may do what, while the block runs."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for made in admin.create_acls(rules).values():
        made.result(60)
    try:
        yield
    finally:
        filters = [
            AclBindingFilter(
                rule.restype, rule.name, rule.resource_pattern_type, rule.principal, rule.host,
                rule.operation, rule.permission_type,
            )
            for rule in rules
        ]  # fmt: skip
        for gone in admin.delete_acls(filters).values():
            gone.result(60)


def _rule(topic: str, user: str, operation: AclOperation, *, allow: bool) -> AclBinding:
    kind = AclPermissionType.ALLOW if allow else AclPermissionType.DENY
    pattern = ResourcePatternType.PREFIXED
    return AclBinding(ResourceType.TOPIC, topic, pattern, f"User:{user}", "*", operation, kind)


@pytest.fixture
def no_writing(kafka_broker: Broker, topic: str) -> Iterator[None]:
    """Alice may not write to the topic."""
    with _rules(kafka_broker, [_rule(topic, "alice", AclOperation.WRITE, allow=False)]):
        yield


@pytest.fixture
def told_rights(kafka_broker: Broker, topic: str) -> Iterator[None]:
    """Alice may do what the page of the connector tells, and nothing else."""
    page = (Path(__file__).parents[3] / "docs" / "connectors" / "kafka.md").read_text("utf-8")
    sentence = page.partition("have rights (ACLs)")[2]
    words = re.findall(r"`([A-Z][A-Za-z]+)`", sentence.partition("\n\n")[0])
    operations = [re.sub(r"(?<!^)([A-Z])", r"_\1", word).upper() for word in words]
    assert operations == ["WRITE", "DESCRIBE", "DESCRIBE_CONFIGS", "CREATE"]
    cluster = AclBinding(
        ResourceType.BROKER, "kafka-cluster", ResourcePatternType.LITERAL, "User:alice", "*",
        AclOperation.ALL, AclPermissionType.DENY,
    )  # fmt: skip
    allowed = [_rule(topic, "alice", AclOperation[name], allow=True) for name in operations]
    with _rules(kafka_broker, [*allowed, cluster]):
        yield


async def test_the_rights_that_are_told_suffice(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, told_rights: None,
    read_events: Any,
) -> None:  # fmt: skip
    security = _security(kafka_broker, "sasl_plaintext", "PLAIN", USERS["alice"])
    address = kafka_broker.address("SASL_PLAINTEXT")
    settings = make_settings(address, security=security, partitions=1, replication=1)
    made = await prepare(settings, context, Preparation(create=True, merged=True))
    assert [finding.fine for finding in made] == [True] * 3, made
    assert all(
        finding.fine for finding in await prepare(settings, context, Preparation(merged=True))
    )
    async with _open(settings, context) as sink:
        await sink.send([event(1)])
    assert await _numbers(read_events, kafka_broker, topic, 1) == [1]


async def test_a_missing_right_is_forbidden_and_names_the_topic(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, no_writing: None
) -> None:
    _create(kafka_broker, topic, 1)
    security = _security(kafka_broker, "sasl_plaintext", "PLAIN", USERS["alice"])
    settings = make_settings(kafka_broker.address("SASL_PLAINTEXT"), security=security)
    async with _open(settings, context) as sink:
        with pytest.raises(Forbidden, match=topic):
            await sink.send([event(1)])


def _create(broker: Broker, topic: str, partitions: int, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    named = {name.replace("_", "."): value for name, value in config.items()}
    [made] = admin.create_topics([NewTopic(topic, partitions, 1, config=named)]).values()
    made.result(60)


async def test_a_topic_that_takes_only_small_batches_takes_what_is_small(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, read_events: Any
) -> None:
    _create(kafka_broker, topic, 1, max_message_bytes="2000")
    settings = make_settings(
        kafka_broker.bootstrap, linger=timedelta(milliseconds=100), compression="none"
    )
    async with _open(settings, context) as sink:
        batch = [event(n, text="x" * (4000 if n == 3 else 500)) for n in range(8)]
        with pytest.raises(EventsRejected) as caught:
            await sink.send(batch)
    assert list(caught.value.reasons) == ["id-3"]
    assert await _numbers(read_events, kafka_broker, topic, 7) == [0, 1, 2, 4, 5, 6, 7]


async def test_missing_topics_are_found_made_and_then_fine(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str
) -> None:
    settings = make_settings(
        kafka_broker.bootstrap, partitions=3, replication=1, dead_letter_topic=f"{topic}.dead"
    )
    found = await prepare(settings, context, Preparation(merged=True))
    assert [finding.fine for finding in found] == [False] * 4
    assert all("--create" in finding.text for finding in found)
    made = await prepare(settings, context, Preparation(create=True, merged=True))
    assert [finding.fine for finding in made] == [True] * 4
    again = await prepare(settings, context, Preparation(create=True, merged=True))
    assert [(finding.fine, "made" in finding.text) for finding in again] == [(True, False)] * 4
    others = await prepare(make_settings(kafka_broker.bootstrap), context, Preparation(merged=True))
    assert "has 3 partitions and should have 48" in others[0].text


async def test_brokers_that_do_not_answer_are_unavailable(
    make_settings: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline_kafka.brokers.PATIENCE", 1.0)
    with pytest.raises(Unavailable, match="kafka: bus: listing topics"):
        await prepare(make_settings("127.0.0.1:1"), context, Preparation())


@pytest.mark.parametrize(
    ("address", "security", "said"),
    [
        ("no-such-host.invalid:9092", {}, "check the names in bootstrap_servers"),
        ("127.0.0.1:1", {}, "Connection refused"),
        ("SSL", {"protocol": "ssl"}, "check security.protocol and security.ca_file"),
        ("PLAINTEXT", {"protocol": "ssl"}, "check security.protocol and security.ca_file"),
        ("SASL_PLAINTEXT", {}, "check bootstrap_servers and security.protocol"),
        ("SSL", {"protocol": "ssl", "ca_file": "nowhere.pem"}, "see that security.ca_file is the"),
    ],
)
@pytest.mark.parametrize("whose", ["check", "merge"])
async def test_what_is_wrong_with_a_connection_is_said_with_what_to_look_at(
    kafka_broker: Broker, make_settings: Any, context: Context, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch, address: str, security: Any, said: str, whose: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("syncline_kafka.brokers.PATIENCE", 2.0)
    place = address if ":" in address else kafka_broker.address(address)
    settings = make_settings(place, security=Security(**security))
    asked = (
        prepare(settings, context, Preparation())
        if whose == "check"
        else asyncio.to_thread(partitions, settings, "clean")
    )
    with pytest.raises((Unavailable, ConfigError)) as caught:
        await asked
    assert said in str(caught.value)


async def test_a_tombstone_is_read_as_the_end_of_a_key(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, read_messages: Any
) -> None:
    _create(kafka_broker, topic, 1, cleanup_policy="compact")
    async with _open(make_settings(kafka_broker.bootstrap), context) as sink:
        await sink.send([event(1)])
    producer = Producer({"bootstrap.servers": kafka_broker.bootstrap})
    producer.produce(topic, value=None, key=b"k")
    assert producer.flush(20) == 0
    found = await read_messages(kafka_broker.bootstrap, topic, 2)
    read = [event_of(m.key(), m.value(), m.headers()) for m in found]
    assert [one.id if one is not None else None for one in read] == ["id-1", None]


async def test_the_time_of_a_record_is_the_events_own(
    kafka_broker: Broker, make_settings: Any, context: Context, topic: str, read_messages: Any
) -> None:
    async with _open(make_settings(kafka_broker.bootstrap), context) as sink:
        await sink.send([event(1)])
    [message] = await read_messages(kafka_broker.bootstrap, topic, 1)
    assert message.timestamp()[1] == event(1).occurred_at.timestamp() * 1000


_PROGRAM = """
import asyncio, json, sys
from syncline.clock import SystemClock
from syncline.connector import Context, Preparation
from syncline.testing.sink_contract import event
from syncline_kafka import Settings
from syncline_kafka.sink import KafkaSink
import signal

class Nothing:
    def get(self, key): return None
    def put(self, key, value): pass

async def main(bootstrap, topic):
    settings = Settings(bootstrap_servers=(bootstrap,), topic=topic)
    context = Context(connection="bus", clock=SystemClock(), cache=Nothing())
    sink = KafkaSink(settings, context, topic=topic)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    calls = []
    while not over.is_set():
        calls.append(asyncio.create_task(sink.send([event(len(calls))])))
        if len(calls) == 50:
            print("going", flush=True)
        await asyncio.sleep(0)
    await sink.aclose()
    told = await asyncio.gather(*calls, return_exceptions=True)
    print(json.dumps(sum(one is None for one in told)))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_program_that_ends_has_written_what_it_was_told_is_written(
    kafka_broker: Broker, topic: str, read_events: Any
) -> None:
    _create(kafka_broker, topic, 1)
    durable = await asyncio.to_thread(_ended_program, kafka_broker.bootstrap, topic)
    found = await _numbers(read_events, kafka_broker, topic, durable)
    assert durable >= 1
    assert found[:durable] == list(range(durable))


def _ended_program(bootstrap: str, topic: str) -> int:
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, bootstrap, topic], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "going\n"
        program.send_signal(signal.SIGTERM)
        durable = int(json.loads(program.stdout.read()))
        assert program.wait(60) == 0
    return durable
