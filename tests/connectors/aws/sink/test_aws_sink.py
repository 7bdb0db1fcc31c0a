"""A bus of EventBridge and a FIFO queue as sinks, over sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from syncline.errors import Forbidden, Rejected, Unavailable
from syncline.events import EventSink
from syncline.testing.sink_contract import Arrived, SinkContract, event
from syncline_aws.sink import BusSink, QueueSink, open_sink
from syncline_aws.sink.packing import SIZE, packed, rounds


async def taken(cloud: Any, queue: str, count: int) -> list[Any]:
    """The bodies of so many messages, taken out; fewer where no more come."""
    found: list[Any] = []
    for _ in range(1500):
        told = await asyncio.to_thread(
            cloud("sqs").receive_message, QueueUrl=queue, MaxNumberOfMessages=10
        )
        for message in told.get("Messages", ()):
            found.append(json.loads(message["Body"]))
            cloud("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        if len(found) >= count and not told.get("Messages"):
            break
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
def fifo(cloud: Any) -> str:
    made = cloud("sqs").create_queue(
        QueueName=f"{cloud.name()}.fifo", Attributes={"FifoQueue": "true"}
    )
    return str(made["QueueUrl"])


@pytest.fixture
def bus(cloud: Any) -> tuple[str, str]:
    """A bus, and a queue that everything on it goes to."""
    name = cloud.name()
    queue = cloud("sqs").create_queue(QueueName=cloud.name())["QueueUrl"]
    found = cloud("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    cloud("events").create_event_bus(Name=name)
    pattern = json.dumps({"source": [{"exists": True}]})
    cloud("events").put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    target = {"Id": "1", "Arn": found["Attributes"]["QueueArn"]}
    cloud("events").put_targets(Rule=name, EventBusName=name, Targets=[target])
    return name, str(queue)


class TestAFifoQueueIsASink(SinkContract):
    forgets = True

    @pytest.fixture
    async def sink(self, cloud: Any, fifo: str) -> AsyncIterator[EventSink]:
        sink = QueueSink(cloud.settings(sink_queue=fifo), cloud.context())
        yield sink
        await sink.aclose()

    @pytest.fixture
    def arrived(self, cloud: Any, fifo: str) -> Arrived:
        async def found(count: int) -> list[dict[str, Any]]:
            return await taken(cloud, fifo, count)

        return found

    async def test_an_entry_that_failed_is_sent_again(
        self, cloud: Any, sink: EventSink, arrived: Arrived
    ) -> None:
        failed = {"Id": "0", "Code": "InternalError", "SenderFault": False, "Message": "later"}
        refuse(cloud, "/sqs/SendMessageBatch", {"Failed": [failed]}, times=2)
        await sink.send([event(1), event(2)])
        assert [one["id"] for one in await arrived(2)] == ["id-1", "id-2"]


class TestABusIsASink(SinkContract):
    ordered = False

    @pytest.fixture
    async def sink(self, cloud: Any, bus: tuple[str, str]) -> AsyncIterator[EventSink]:
        sink = BusSink(cloud.settings(sink_bus=bus[0]), cloud.context())
        yield sink
        await sink.aclose()

    @pytest.fixture
    def arrived(self, cloud: Any, bus: tuple[str, str]) -> Arrived:
        async def found(count: int) -> list[dict[str, Any]]:
            return [one["detail"] for one in await taken(cloud, bus[1], count)]

        return found

    async def test_an_entry_that_failed_is_sent_again(
        self, cloud: Any, sink: EventSink, arrived: Arrived
    ) -> None:
        failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slower"}
        answer = {"FailedEntryCount": 1, "Entries": [failed]}
        refuse(cloud, "/events/PutEvents", answer, times=2)
        await sink.send([event(1)])
        assert [one["id"] for one in await arrived(1)] == ["id-1"]

    async def test_entries_that_fail_for_ever_are_said(self, cloud: Any, sink: EventSink) -> None:
        failed = {"ErrorCode": "InternalFailure", "ErrorMessage": "sorry"}
        answer = {"FailedEntryCount": 1, "Entries": [failed]}
        refuse(cloud, "/events/PutEvents", answer, times=99)
        with pytest.raises(Unavailable, match=r"1 were not taken after 6 tries .InternalFailure"):
            await sink.send([event(1)])

    async def test_a_listener_sees_the_type_and_the_source(
        self, cloud: Any, bus: tuple[str, str], sink: EventSink
    ) -> None:
        await sink.send([event(1)])
        [envelope] = await taken(cloud, bus[1], 1)
        assert (envelope["detail-type"], envelope["source"]) == ("syncline.updated", "syncline")

    async def test_a_source_that_the_bus_refuses_is_no_reason_to_try_again(
        self, cloud: Any, bus: tuple[str, str]
    ) -> None:
        settings = cloud.settings(sink_bus=bus[0])
        object.__setattr__(settings, "sink_source", "aws.autoscaling")
        sink = BusSink(settings, cloud.context())
        with pytest.raises(Rejected, match="NotAuthorizedForSource"):
            await sink.send([event(1)])
        calls = [c for c in cloud.sim.calls() if c["path"] == "/events/PutEvents"]
        assert len(calls) == 1
        await sink.aclose()


def refuse(cloud: Any, path: str, answer: dict[str, Any], *, times: int) -> None:
    """Answer so many calls like this, without doing anything."""
    fault = {"kind": "status", "status": 200, "body": answer, "times": times}
    cloud.sim.faults([{**fault, "match": {"path": path}}])


async def test_what_may_not_be_sent_is_forbidden(cloud: Any, fifo: str) -> None:
    body = {"__type": "com.amazon.coral.service#AccessDeniedException"}
    fault = {"kind": "status", "status": 400, "body": body, "times": 9}
    cloud.sim.faults([{**fault, "match": {"path": "/sqs/SendMessageBatch"}}])
    sink = QueueSink(cloud.settings(sink_queue=fifo), cloud.context())
    with pytest.raises(Forbidden):
        await sink.send([event(1)])
    await sink.aclose()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sink_source": "aws.autoscaling"}, "sink_source"),
        ({"sink_source": ""}, "sink_source"),
        ({"sink_queue": "https://sqs/1/standard"}, "FIFO"),
        ({"sink_queue": "work.fifo"}, "https"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    cloud: Any, given: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        cloud.settings(**given)


async def test_a_connection_may_have_both_one_or_none(
    cloud: Any, fifo: str, bus: tuple[str, str]
) -> None:
    assert open_sink(cloud.settings(), cloud.context()) is None
    both = open_sink(cloud.settings(sink_queue=fifo, sink_bus=bus[0]), cloud.context())
    assert both is not None
    await both.send([event(1)])
    await both.aclose()
    assert len(await taken(cloud, fifo, 1)) == len(await taken(cloud, bus[1], 1)) == 1


def test_a_call_has_ten_entries_at_most_and_no_more_bytes_than_it_carries() -> None:
    assert [len(part) for part in packed(range(23), lambda _: 1)] == [10, 10, 3]
    assert [len(part) for part in packed(range(3), lambda _: SIZE // 2)] == [2, 1]


def test_each_round_has_a_key_once_and_keeps_its_order() -> None:
    events = [event(n, key=key) for n, key in enumerate("aabac")]
    found = [[(one.key, one.id) for one in part] for part in rounds(events)]
    assert found == [
        [("a", "id-0"), ("b", "id-2"), ("c", "id-4")],
        [("a", "id-1")],
        [("a", "id-3")],
    ]
