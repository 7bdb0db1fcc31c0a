"""The sink over librdkafka's mock cluster: order, room, refusals, outages, the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from confluent_kafka import KafkaError

from syncline.connector import Context
from syncline.errors import ConfigError, Forbidden, Unavailable
from syncline.events import EventSink
from syncline.events.sink import EventsRejected
from syncline.testing.sink_contract import Arrived, SinkContract, event
from syncline_kafka import connector
from syncline_kafka.sink import KafkaSink
from syncline_simulators.kafka.mock import INIT_PRODUCER, PRODUCE, MockCluster

pytestmark = pytest.mark.timeout(300)


class TestKafkaIsASink(SinkContract):
    @pytest.fixture
    async def sink(
        self, kafka_mock: MockCluster, make_settings: Any, context: Context
    ) -> AsyncIterator[EventSink]:
        assert connector.sink is not None
        sink = connector.sink(make_settings(kafka_mock.bootstrap), context)
        assert sink is not None
        yield sink
        await sink.aclose()

    @pytest.fixture
    def arrived(self, kafka_mock: MockCluster, topic: str, read_events: Any) -> Arrived:
        async def found(count: int) -> list[dict[str, Any]]:
            events: list[dict[str, Any]] = await read_events(kafka_mock.bootstrap, topic, count)
            return events

        return found


class Bench:
    """A sink over a mock cluster, and what arrived there."""

    def __init__(
        self, cluster: MockCluster, topic: str, settings: Any, context: Context, read: Any
    ):
        self.cluster, self.topic = cluster, topic
        self._settings, self._context, self._read = settings, context, read
        self.sinks: list[KafkaSink] = []

    def sink(self, **others: Any) -> KafkaSink:
        settings = self._settings(self.cluster.bootstrap, **others)
        self.sinks.append(KafkaSink(settings, self._context, topic=self.topic))
        return self.sinks[-1]

    async def numbers(self, count: int, topic: str | None = None) -> list[int]:
        """The numbers of what arrived, partition by partition."""
        found = await self._read(self.cluster.bootstrap, topic or self.topic, count)
        return [one["data"]["number"] for one in found]


@pytest.fixture
async def bench(
    kafka_mock: MockCluster, topic: str, make_settings: Any, context: Context, read_events: Any
) -> AsyncIterator[Bench]:
    kafka_mock.create(topic, 4)
    made = Bench(kafka_mock, topic, make_settings, context, read_events)
    yield made
    for sink in made.sinks:
        await sink.aclose()


async def test_what_librdkafka_does_not_take_is_told_when_the_sink_is_opened(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="librdkafka refuses the settings"):
        bench.sink(librdkafka={"no.such.setting": 1})


async def test_calls_side_by_side_keep_the_order_of_a_key(bench: Bench) -> None:
    sink = bench.sink()
    calls = [sink.send([event(n * 10 + m) for m in range(10)]) for n in range(50)]
    await asyncio.gather(*calls)
    assert await bench.numbers(500) == list(range(500))


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REQUEST_TIMED_OUT,
    ],
)
async def test_errors_that_pass_change_nothing(bench: Bench, code: int) -> None:
    sink = bench.sink()
    bench.cluster.fail(PRODUCE, [code, 0, code, code])
    await asyncio.gather(*(sink.send([event(n)]) for n in range(200)))
    assert await bench.numbers(200) == list(range(200))


async def test_an_outage_is_waited_for(bench: Bench) -> None:
    sink = bench.sink()
    await sink.send([event(0)])
    bench.cluster.down()
    calls = [asyncio.create_task(sink.send([event(n)])) for n in range(1, 50)]
    _, waiting = await asyncio.wait(calls, timeout=1.5)
    assert len(waiting) == 49
    bench.cluster.up()
    await asyncio.gather(*calls)
    assert await bench.numbers(50) == list(range(50))


async def test_an_outage_is_warned_of_once(
    bench: Bench, caplog: pytest.LogCaptureFixture, seen: Any
) -> None:
    often = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 50}
    sink = bench.sink(librdkafka=often)
    await sink.send([event(0)])
    bench.cluster.down()
    call = asyncio.create_task(sink.send([event(1)]))
    async with asyncio.timeout(60):
        while len(seen.of("kafka.error")) < 2:  # noqa: ASYNC110 -- librdkafka's own threads tell
            await asyncio.sleep(0.05)
    bench.cluster.up()
    await call
    ours = [r for r in caplog.records if r.name == "syncline_kafka.producer"]
    assert [r.levelname for r in ours] == ["WARNING"]


async def test_no_more_is_under_way_than_there_is_room_for(bench: Bench) -> None:
    sink = bench.sink(window=20)
    await sink.send([event(0)])
    bench.cluster.down()
    calls = [asyncio.create_task(sink.send([event(n)])) for n in range(1, 100)]
    await asyncio.sleep(0.5)
    assert sink._producing.under_way == 20
    bench.cluster.up()
    await asyncio.gather(*calls)
    assert await bench.numbers(100) == list(range(100))


async def test_a_batch_that_is_larger_than_the_room_is_sent(bench: Bench) -> None:
    await bench.sink(window=7).send([event(n) for n in range(100)])
    assert await bench.numbers(100) == list(range(100))


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.UNKNOWN_PRODUCER_ID,
    ],
)
async def test_a_lost_session_is_begun_again_in_order(bench: Bench, code: int, seen: Any) -> None:
    sink = bench.sink()
    await sink.send([event(0)])
    bench.cluster.fail(PRODUCE, [code])
    await asyncio.gather(*(sink.send([event(n)]) for n in range(1, 100)))
    found = await bench.numbers(100)
    # What was stored and not acknowledged may come twice: the ids are the same.
    assert list(dict.fromkeys(found)) == list(range(100))


async def test_a_producer_that_may_not_begin_a_session_is_forbidden(bench: Bench) -> None:
    sink = bench.sink()
    bench.cluster.fail(INIT_PRODUCER, [KafkaError.CLUSTER_AUTHORIZATION_FAILED])
    with pytest.raises(Forbidden, match=r"CLUSTER_AUTHORIZATION_FAILED.*rights"):
        await sink.send([event(1)])
    await sink.send([event(1)])
    assert await bench.numbers(1) == [1]


async def test_what_may_not_be_written_is_forbidden_and_so_is_what_follows(bench: Bench) -> None:
    sink = bench.sink()
    await sink.send([event(0)])
    bench.cluster.fail(PRODUCE, [KafkaError.TOPIC_AUTHORIZATION_FAILED])
    told = await asyncio.gather(
        *(sink.send([event(n)]) for n in range(1, 5)), return_exceptions=True
    )
    assert isinstance(told[0], Forbidden)
    assert bench.topic in str(told[0])
    assert all(isinstance(one, (Forbidden, Unavailable)) for one in told)
    for n in range(1, 5):
        await sink.send([event(n)])
    assert list(dict.fromkeys(await bench.numbers(5))) == list(range(5))


async def test_a_refused_batch_is_sent_one_by_one_and_the_culprit_named(bench: Bench) -> None:
    sink = bench.sink(linger=_seconds(0.2))
    await sink.send([event(0)])
    # The whole batch, and then the second of those that are sent alone.
    too_large = KafkaError.MSG_SIZE_TOO_LARGE
    bench.cluster.fail(PRODUCE, [too_large, 0, too_large])
    with pytest.raises(EventsRejected) as caught:
        await sink.send([event(n) for n in range(1, 6)])
    assert list(caught.value.reasons) == ["id-2"]
    assert await bench.numbers(5) == [0, 1, 3, 4, 5]


async def test_others_of_a_batch_are_durable_when_one_is_refused(bench: Bench, seen: Any) -> None:
    sink = bench.sink()
    with pytest.raises(EventsRejected) as caught:
        await sink.send([event(1), event(2, text="x" * 2_000_000), event(3)])
    assert list(caught.value.reasons) == ["id-2"]
    assert await bench.numbers(2) == [1, 3]
    assert [fields["reason"] for fields in seen.of("kafka.refused")] == ["MSG_SIZE_TOO_LARGE"]


async def test_what_is_refused_goes_to_the_topic_for_it(bench: Bench, read_messages: Any) -> None:
    letters = f"{bench.topic}.dead"
    sink = bench.sink(dead_letter_topic=letters)
    await sink.send([event(0)])
    bench.cluster.fail(PRODUCE, [KafkaError.INVALID_RECORD] * 2)
    await sink.send([event(1)])
    [letter] = await read_messages(bench.cluster.bootstrap, letters, 1)
    headers = dict(letter.headers())
    assert headers["ce_id"] == b"id-1"
    assert headers["syncline-topic"] == bench.topic.encode()
    assert b"INVALID_RECORD" in headers["syncline-reason"]


async def test_what_the_topic_for_it_refuses_too_is_handed_back(bench: Bench) -> None:
    sink = bench.sink(dead_letter_topic=f"{bench.topic}.dead")
    with pytest.raises(EventsRejected, match="id-1"):
        await sink.send([event(1, text="x" * 2_000_000)])


async def test_the_end_waits_for_what_is_under_way(bench: Bench) -> None:
    sink = bench.sink(linger=_seconds(0.3))
    calls = [asyncio.create_task(sink.send([event(n)])) for n in range(20)]
    await asyncio.sleep(0)
    await sink.aclose()
    await asyncio.gather(*calls)
    assert await bench.numbers(20) == list(range(20))


@pytest.mark.parametrize(("window", "handed"), [(100, 6), (4, 4)])
async def test_what_remains_at_the_end_is_said(
    bench: Bench, caplog: pytest.LogCaptureFixture, window: int, handed: int
) -> None:
    sink = bench.sink(close_timeout=_seconds(0.3), window=window)
    await sink.send([event(0)])
    bench.cluster.down()
    calls = [asyncio.create_task(sink.send([event(n), event(n + 1)])) for n in (1, 3, 5)]
    await asyncio.sleep(0.1)
    await sink.aclose()
    for call in calls:
        with pytest.raises(Unavailable, match=r"closed|failed"):
            await asyncio.wait_for(call, 60)
    said = [r for r in caplog.records if "before the end; whoever sent them keeps" in r.message]
    assert [r.events for r in said] == [handed]  # type: ignore[attr-defined]  # a field of the log
    assert [r.levelname for r in said] == ["WARNING"]
    with pytest.raises(Unavailable, match="closed"):
        await sink.send([event(9)])


async def test_what_nobody_waits_for_any_more_is_written_before_the_end(bench: Bench) -> None:
    sink = bench.sink(linger=_seconds(0.3))
    call = asyncio.create_task(sink.send([event(0), event(1)]))
    await asyncio.sleep(0.1)
    call.cancel()
    await sink.aclose()
    assert await bench.numbers(2) == [0, 1]


async def test_a_caller_that_gives_up_disturbs_nobody(bench: Bench) -> None:
    sink = bench.sink(window=5)
    await sink.send([event(0)])
    bench.cluster.down()
    lost = asyncio.create_task(sink.send([event(n) for n in range(1, 20)]))
    later = asyncio.create_task(sink.send([event(20)]))
    await asyncio.sleep(0.2)
    lost.cancel()
    bench.cluster.up()
    await later
    assert (await bench.numbers(2))[-1] == 20


async def test_two_sinks_write_to_one_topic(bench: Bench) -> None:
    one, other = bench.sink(), bench.sink()
    await asyncio.gather(
        *(one.send([event(n, key="a")]) for n in range(0, 40, 2)),
        *(other.send([event(n, key="b")]) for n in range(1, 40, 2)),
    )
    assert sorted(await bench.numbers(40)) == list(range(40))


def _seconds(seconds: float) -> Any:
    from datetime import timedelta

    return timedelta(seconds=seconds)
