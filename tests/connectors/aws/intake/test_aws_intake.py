"""SQS as an intake, over sockets, with boto3's own client as everybody else."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from syncline.config_store import Delivery
from syncline.errors import StoreError
from syncline_aws.intake import SqsIntake, open_intake
from syncline_aws.intake.messages import LIFE, delivery, raw, waits

Open = Callable[..., SqsIntake]


@pytest.fixture
async def open_(cloud: Any) -> AsyncIterator[Open]:
    """Opens intakes of a queue of the account."""
    async with AsyncExitStack() as stack:

        def opened(queue: str, *, first: float = 1.0, **others: Any) -> SqsIntake:
            given = {"queue_wait": timedelta(seconds=1), "visibility": timedelta(seconds=30)}
            settings = cloud.settings(queue=queue, **(given | others))
            intake = SqsIntake(settings, cloud.context(), first=first)
            stack.push_async_callback(intake.aclose)
            return intake

        yield opened


def standard(cloud: Any, **attributes: str) -> str:
    return str(cloud("sqs").create_queue(QueueName=cloud.name(), Attributes=attributes)["QueueUrl"])


def fifo(cloud: Any, **attributes: str) -> str:
    given = {"FifoQueue": "true", "ContentBasedDeduplication": "true", **attributes}
    found = cloud("sqs").create_queue(QueueName=f"{cloud.name()}.fifo", Attributes=given)
    return str(found["QueueUrl"])


def send(cloud: Any, queue: str, *bodies: str, group: str = "") -> None:
    more = {"MessageGroupId": group} if group else {}
    for body in bodies:
        cloud("sqs").send_message(QueueUrl=queue, MessageBody=body, **more)


def bodies(deliveries: Sequence[Delivery]) -> list[str]:
    return [one.body.decode() for one in deliveries]


def waiting(cloud: Any, queue: str) -> tuple[int, int]:
    """How many messages are visible, and how many are kept from others."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = cloud("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


async def until(intake: SqsIntake, count: int, seconds: float = 60) -> list[Delivery]:
    found: list[Delivery] = []
    async with asyncio.timeout(seconds):
        while len(found) < count:
            found += await intake.receive()
    return found


async def test_what_was_received_is_gone_once_it_is_done(cloud: Any, open_: Open) -> None:
    queue = standard(cloud)
    send(cloud, queue, *(f'{{"n": {n}}}' for n in range(25)))
    intake = open_(queue)
    found = await until(intake, 25)
    assert sorted(bodies(found)) == sorted(f'{{"n": {n}}}' for n in range(25))
    assert waiting(cloud, queue) == (0, 25)
    cloud.sim.clear_calls()
    await intake.done(found)
    assert waiting(cloud, queue) == (0, 0)
    assert cloud.calls().count("/sqs/DeleteMessageBatch") == 3


async def test_an_empty_queue_is_polled_without_keeping_the_loop(cloud: Any, open_: Open) -> None:
    intake = open_(standard(cloud))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    task = asyncio.create_task(tick())
    assert await intake.receive() == []
    task.cancel()
    assert ticks > 3


async def test_whoever_is_cancelled_while_waiting_loses_no_message(cloud: Any, open_: Open) -> None:
    queue = standard(cloud)
    intake = open_(queue)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await intake.receive()
    send(cloud, queue, "{}")
    assert bodies(await until(intake, 1)) == ["{}"]


async def test_what_a_poll_brings_after_the_end_is_given_back_at_once(
    cloud: Any, open_: Open
) -> None:
    queue = standard(cloud)
    intake = open_(queue)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await intake.receive()
    await intake.aclose()
    send(cloud, queue, "{}")
    await asyncio.sleep(1.5)  # the poll is over by now, and had the message
    async with asyncio.timeout(60):
        while waiting(cloud, queue) != (1, 0):  # noqa: ASYNC110 -- a queue is polled
            await asyncio.sleep(0.1)


async def test_messages_are_kept_from_others_for_as_long_as_they_are_worked(
    cloud: Any, open_: Open
) -> None:
    queue = fifo(cloud)
    send(cloud, queue, "{}", group="g")
    intake = open_(queue, visibility=timedelta(seconds=8))
    [one] = await until(intake, 1)
    await asyncio.sleep(9.5)
    assert waiting(cloud, queue) == (0, 1)
    await intake.done([one])
    assert waiting(cloud, queue) == (0, 0)


async def test_a_message_that_is_not_ours_any_more_comes_again_and_stops_nothing(
    cloud: Any, open_: Open
) -> None:
    queue = fifo(cloud)
    send(cloud, queue, '{"n": 1}', group="a")
    send(cloud, queue, '{"n": 2}', group="b")
    intake = open_(queue)
    found = await until(intake, 2)
    lost = found[0].receipt
    cloud("sqs").change_message_visibility(QueueUrl=queue, ReceiptHandle=lost, VisibilityTimeout=0)
    await asyncio.sleep(0.1)
    await intake.done(found)
    assert bodies(await until(intake, 1)) == bodies(found[:1])


async def test_a_failed_message_comes_again_after_a_while_and_ends_in_the_dead_letters(
    cloud: Any, open_: Open
) -> None:
    dead = standard(cloud)
    queue = standard(cloud, RedrivePolicy=redrive(cloud, dead, 2))
    send(cloud, queue, "not JSON", "{}")
    intake = open_(queue)
    found = await until(intake, 2)
    [bad] = [one for one in found if one.body == b"not JSON"]
    await intake.failed(bad, "a message is no JSON")
    await intake.done([one for one in found if one is not bad])
    assert waiting(cloud, queue) == (0, 1)
    [again] = await until(intake, 1)
    assert again.received == 2
    await intake.failed(again, "a message is no JSON")
    async with asyncio.timeout(60):
        while waiting(cloud, dead) != (1, 0):
            assert await intake.receive() == []
    assert waiting(cloud, queue) == (0, 0)


def redrive(cloud: Any, dead: str, most: int) -> str:
    names = ["QueueArn"]
    found = cloud("sqs").get_queue_attributes(QueueUrl=dead, AttributeNames=names)
    arn = found["Attributes"]["QueueArn"]
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(most)})


async def test_the_rest_of_a_group_waits_for_its_failed_message_and_for_no_other(
    cloud: Any, open_: Open
) -> None:
    queue = fifo(cloud)
    send(cloud, queue, "bad", '{"n": 1}', '{"n": 2}', group="a")
    send(cloud, queue, '{"n": 3}', group="b")
    intake = open_(queue)
    found = await until(intake, 4)
    await intake.failed(found[0], "no JSON")
    await intake.done(found[1:])
    assert sum(waiting(cloud, queue)) == 3
    order: list[str] = []
    while len(order) < 3:
        for one in await until(intake, 1):
            order.append(one.body.decode())
            await intake.done([one])
    assert order == ["bad", '{"n": 1}', '{"n": 2}']


async def test_a_poisoned_message_of_a_fifo_queue_goes_to_the_dead_letters_alone(
    cloud: Any, open_: Open
) -> None:
    dead = fifo(cloud)
    queue = fifo(cloud, RedrivePolicy=redrive(cloud, dead, 2))
    send(cloud, queue, "bad", '{"n": 1}', '{"n": 2}', group="a")
    intake = open_(queue)
    order: list[str] = []
    async with asyncio.timeout(60):
        while len(order) < 2:
            for one in await intake.receive():
                if one.body == b"bad":
                    await intake.failed(one, "no JSON")
                    break
                await intake.done([one])
                order.append(one.body.decode())
    assert order == ['{"n": 1}', '{"n": 2}']
    assert (waiting(cloud, dead), waiting(cloud, queue)) == ((1, 0), (0, 0))


async def test_messages_that_come_twice_and_out_of_order_are_all_done(
    cloud: Any, open_: Open
) -> None:
    cloud.sim.act({"do": "settings", "duplicate": 1.0, "reorder": True})
    try:
        queue = standard(cloud)
        send(cloud, queue, *(f'{{"n": {n}}}' for n in range(10)))
        intake = open_(queue)
        seen: list[str] = []
        async with asyncio.timeout(60):
            while len(seen) < 20:
                found = await intake.receive()
                seen += bodies(found)
                await intake.done(found)
        assert len(set(seen)) == 10
        assert waiting(cloud, queue) == (0, 0)
    finally:
        cloud.sim.act({"do": "settings", "duplicate": 0.0, "reorder": False})


async def test_a_queue_that_is_not_there_says_so(cloud: Any, open_: Open) -> None:
    intake = open_(f"{cloud.sim.url}/123456789012/nowhere")
    with pytest.raises(StoreError, match=r"ReceiveMessage of .*/nowhere"):
        await intake.receive()


async def test_a_throttled_acknowledgement_is_repeated(cloud: Any, open_: Open) -> None:
    queue = standard(cloud)
    send(cloud, queue, "{}")
    intake = open_(queue)
    found = await until(intake, 1)
    cloud.sim.faults(
        [{"kind": "rate-limited", "match": {"path": "/sqs/DeleteMessageBatch"}, "times": 2}]
    )
    await intake.done(found)
    assert waiting(cloud, queue) == (0, 0)


def test_a_connection_without_a_queue_has_no_intake(cloud: Any) -> None:
    assert open_intake(cloud.settings(), cloud.context()) is None


def test_the_length_of_a_poll_is_bounded_by_the_vendor(cloud: Any) -> None:
    with pytest.raises(ValueError, match="queue_wait"):
        cloud.settings(queue_wait=timedelta(seconds=21))


@pytest.mark.parametrize(
    ("body", "bytes_"),
    [
        ('{"a": 1}', b'{"a": 1}'),
        (base64.b64encode(b'{"a": 1}').decode(), b'{"a": 1}'),
        ("not JSON", b"not JSON"),
        ("abcd", b"abcd"),
        ("", b""),
    ],
)
def test_a_body_in_base64_is_decoded_where_it_is_an_object(body: str, bytes_: bytes) -> None:
    assert raw(body) == bytes_


def test_a_failed_message_waits_twice_as_long_each_time_and_never_beyond_its_life() -> None:
    assert [waits(n, 0.0, first=5) for n in (1, 2, 3)] == [5, 10, 20]
    assert waits(10_000, 0.0) == 900
    assert waits(3, LIFE) == 0


def test_a_message_without_attributes_is_one_that_came_first() -> None:
    found = delivery({"MessageId": "m", "ReceiptHandle": "r", "Body": "{}"}, fifo=True)
    assert (found.id, found.receipt, found.received, found.group) == ("m", "r", 1, "")


def test_groups_of_a_standard_queue_order_nothing() -> None:
    message = {"MessageId": "m", "ReceiptHandle": "r", "Attributes": {"MessageGroupId": "g"}}
    assert [delivery(message, fifo=fifo).group for fifo in (False, True)] == ["", "g"]
