"""Partner events in a queue of Amazon SQS, with the client of AWS at its other end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A stand-in of AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def sqs(endpoint: str) -> Any:
    return boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", **KEYS)


@pytest.mark.parametrize("name", ["genesys", "genesys.fifo"])
def test_partner_events_arrive_in_a_queue_of_amazon(
    cloud: Any, sqs: Any, endpoint: str, name: str
) -> None:
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    queue = sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
    cloud.sim.act({"do": "subscribe", "url": endpoint, "queue": queue, "duplicate": 1})
    made = cloud.sim.act({"do": "create", "kind": "queue", "name": "Support"})["body"]["id"]
    found: list[Any] = []
    for _ in range(5):
        answer = sqs.receive_message(
            QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        found += answer.get("Messages", [])
        if len(found) >= (1 if fifo else 2):
            break
    # A queue in order drops what it got twice; any other hands it on twice.
    assert len(found) == (1 if fifo else 2)
    event = json.loads(found[0]["Body"])
    assert event["detail"]["eventBody"]["entity"] == {"id": made, "name": "Support"}
    if fifo:
        assert found[0]["Attributes"]["MessageGroupId"] == made
