"""SQS: de-duplication, receipts and the disorder of standard queues."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest


def _fifo(aws: Any, **attributes: str) -> str:
    name = f"queue-{uuid4().hex[:8]}.fifo"
    given = {"FifoQueue": "true", **attributes}
    return str(aws("sqs").create_queue(QueueName=name, Attributes=given)["QueueUrl"])


def _bodies(aws: Any, queue: str, **options: Any) -> list[str]:
    answer = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, **options)
    return [message["Body"] for message in answer.get("Messages", ())]


def test_a_second_message_with_the_same_id_is_dropped_and_answered_like_the_first(
    aws: Any,
) -> None:
    queue = _fifo(aws)
    send = aws("sqs").send_message
    sent = {"QueueUrl": queue, "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    first = send(MessageBody="one", **sent)
    second = send(MessageBody="one", **sent)
    assert first["MessageId"] == second["MessageId"]
    assert _bodies(aws, queue) == ["one"]


def test_after_five_minutes_it_is_delivered_again(aws: Any) -> None:
    queue = _fifo(aws, ContentBasedDeduplication="true", VisibilityTimeout="0")
    send = aws("sqs").send_message
    first = send(QueueUrl=queue, MessageBody="same", MessageGroupId="g")
    aws.sim.clock(advance="301s")
    second = send(QueueUrl=queue, MessageBody="same", MessageGroupId="g")
    assert first["MessageId"] != second["MessageId"]
    assert _bodies(aws, queue) == ["same", "same"]


def test_the_scope_of_de_duplication_can_be_the_group(aws: Any) -> None:
    by_group = _fifo(
        aws, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId"
    )
    by_queue = _fifo(aws)
    for queue in (by_group, by_queue):
        for group in ("a", "b"):
            aws("sqs").send_message(
                QueueUrl=queue, MessageBody=group, MessageGroupId=group, MessageDeduplicationId="d"
            )
    assert sorted(_bodies(aws, by_group)) == ["a", "b"]
    assert _bodies(aws, by_queue) == ["a"]


def test_a_batch_is_de_duplicated_by_entry(aws: Any) -> None:
    queue = _fifo(aws)
    entries = [
        {
            "Id": str(number),
            "MessageBody": body,
            "MessageGroupId": "g",
            "MessageDeduplicationId": body,
        }
        for number, body in enumerate(["a", "b", "a"])
    ]
    told = aws("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
    ids = {entry["Id"]: entry["MessageId"] for entry in told["Successful"]}
    assert set(ids) == {"0", "1", "2"}
    assert ids["0"] == ids["2"] != ids["1"]
    assert _bodies(aws, queue) == ["a", "b"]


def test_the_id_that_the_sender_gave_is_delivered(aws: Any) -> None:
    queue = _fifo(aws)
    aws("sqs").send_message(
        QueueUrl=queue, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="mine"
    )
    answer = aws("sqs").receive_message(QueueUrl=queue, MessageSystemAttributeNames=["All"])
    assert answer["Messages"][0]["Attributes"]["MessageDeduplicationId"] == "mine"


def test_a_message_without_a_group_is_refused(aws: Any, refused: Any) -> None:
    queue = _fifo(aws)
    code, _ = refused(aws("sqs").send_message, QueueUrl=queue, MessageBody="x")
    assert "MissingParameter" in code


def test_a_receipt_of_a_fifo_queue_ends_with_its_visibility(aws: Any, refused: Any) -> None:
    queue = _fifo(aws, ContentBasedDeduplication="true")
    sqs = aws("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageGroupId="g")
    [message] = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)["Messages"]
    time.sleep(1.1)
    stale = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
    code, text = refused(sqs.delete_message, **stale)
    assert (code, "has expired" in text) == ("InvalidParameterValue", True)
    entries = [{"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}]
    told = sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Code"] for entry in told["Failed"]] == ["InvalidParameterValue"]
    [again] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert refused(sqs.delete_message, **stale)[0] == "InvalidParameterValue"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    assert _bodies(aws, queue) == []


def test_a_longer_visibility_keeps_a_receipt(aws: Any) -> None:
    queue = _fifo(aws, ContentBasedDeduplication="true")
    sqs = aws("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageGroupId="g")
    [message] = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)["Messages"]
    receipt = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(**receipt, VisibilityTimeout=30)
    time.sleep(1.1)
    sqs.delete_message(**receipt)


def test_a_longer_visibility_of_several_keeps_their_receipts(aws: Any) -> None:
    queue = _fifo(aws, ContentBasedDeduplication="true")
    sqs = aws("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageGroupId="g")
    [message] = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)["Messages"]
    entry = {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}
    kept = [{**entry, "VisibilityTimeout": 30}]
    told = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=kept)
    assert [done["Id"] for done in told["Successful"]] == ["1"]
    time.sleep(1.1)
    told = sqs.delete_message_batch(QueueUrl=queue, Entries=[entry])
    assert "Failed" not in told


@pytest.fixture
def disorder(aws: Any) -> Any:
    """Messages of standard queues come twice and out of order."""
    aws.sim.act({"do": "settings", "duplicate": 1.0, "reorder": True})
    yield
    aws.sim.act({"do": "settings", "duplicate": 0.0, "reorder": False})


def test_messages_of_a_standard_queue_can_come_twice_and_out_of_order(
    aws: Any, disorder: None
) -> None:
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    bodies = [str(number) for number in range(10)]
    for body in bodies:
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    received: list[str] = []
    for _ in range(20):
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            received.append(message["Body"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert sorted(received) == sorted(bodies * 2)
    assert received[:10] != bodies


def test_a_queue_with_many_messages_takes_the_next_as_quickly(aws: Any) -> None:
    # What else the machine does is no part of it: one try without much of that is enough.
    assert any(how_much_longer(aws("sqs"), f"long{n}.fifo") < 4 for n in range(5))


def how_much_longer(sqs: Any, name: str) -> float:
    """Return how many times the seconds of the first calls the last of a hundred takes."""
    url = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
    seconds = []
    for call in range(100):
        entries = [
            {"Id": f"{n}", "MessageBody": "x", "MessageGroupId": f"{n}",
             "MessageDeduplicationId": f"{call}-{n}"}
            for n in range(10)
        ]  # fmt: skip
        began = time.perf_counter()
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        seconds.append(time.perf_counter() - began)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=4)
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert told == dict(zip(names, ("996", "4"), strict=True))
    return min(seconds[-25:]) / min(seconds[:25])
