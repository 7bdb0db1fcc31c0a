"""A mirror that hears of conversations through Amazon EventBridge and SQS, end to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from syncline.cli import main
from syncline.clock import SystemClock
from syncline.config import load
from syncline.engine.mirroring import StreamMetrics
from syncline.engine.mirroring.opening import StreamContext, open_source
from syncline.errors import ConfigError
from syncline.events import Event
from syncline.state import SqliteState
from syncline_simulators.running import Running, running

FILE = """
[connections.cx]
connector = "genesys"
region = "{region}"
client_id = "c"
client_secret = {{ env = "MIRROR_TEST_SECRET" }}
[connections.cloud]
connector = "aws"
region = "us-east-1"
endpoint = "{endpoint}"
access_key_id = {{ env = "MIRROR_TEST_SECRET" }}
secret_access_key = {{ env = "MIRROR_TEST_SECRET" }}
queue = "{queue}"
queue_wait = "1s"
[connections.out]
connector = "lines"
file = "out.jsonl"
[jobs.mirror]
kind = "events"
source = "{source}"
intake = "{intake}"
sink = "out"
topics = ["v2.detail.events.conversation.*"]
"""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRROR_TEST_SECRET", "test")


@pytest.fixture
def sqs() -> Iterator[Any]:
    """A stand-in of AWS, with a queue."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    endpoint = f"http://{host}:{port}"
    yield boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", **keys)
    server.stop()


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running("genesys") as found:
        found.act({"do": "traffic", "users": 5, "queues": 1})
        yield found


async def test_what_eventbridge_hands_on_arrives_once_and_leaves_the_queue(
    simulator: Running, sqs: Any, tmp_path: Path
) -> None:
    endpoint = sqs.meta.endpoint_url
    queue = sqs.create_queue(QueueName="mirror")["QueueUrl"]
    subscription = {"do": "subscribe", "url": endpoint, "queue": queue, "duplicate": 1}
    await asyncio.to_thread(simulator.act, {**subscription, "reorder": True})
    begin = {"do": "begin", "script": "call", "by_hand": True}
    call = (await asyncio.to_thread(simulator.act, begin))["id"]
    step = {"do": "step", "conversation": call, "changes": "all"}
    await asyncio.to_thread(simulator.act, step)
    region = simulator.connection["region"]
    text = FILE.format(region=region, endpoint=endpoint, queue=queue, source="cx", intake="cloud")
    events = await _heard(text, tmp_path, sqs, queue)
    assert {event.key for event in events} == {call}
    assert len({event.id for event in events}) == len(events)
    assert {"participant.joined", "communication.disconnected"} <= {one.type for one in events}


async def _heard(text: str, folder: Path, sqs: Any, queue: str) -> list[Event]:
    """Take everything that a source tells until the queue is empty."""
    state = SqliteState.memory()
    context = StreamContext(
        config=load(text.encode(), folder=folder),
        state=state,
        clock=SystemClock(),
        progress=lambda event, **fields: None,
        metrics=StreamMetrics(),
    )
    source = await open_source(context, "mirror", None)
    heard: list[Event] = []

    async def take() -> None:
        async for batch in source.batches():
            heard.extend(batch.events)
            batch.settle()

    taking = asyncio.create_task(take())
    async with asyncio.timeout(60):
        await asyncio.to_thread(_emptied, sqs, queue, heard)
    taking.cancel()
    await asyncio.wait([taking])
    await source.aclose()
    state.close()
    return heard


def _emptied(sqs: Any, queue: str, heard: list[Event]) -> None:
    """Wait until something was heard and nothing is left."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while True:
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        if heard and not any(int(found[name]) for name in names):
            return
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("source", "intake", "said"),
    [
        ("cx", "out", "the connector 'lines' has no queue"),
        ("cloud", "cloud", "the connector 'aws' has no messages"),
        ("cx", "nobody", "there is no connection 'nobody'"),
    ],
)
def test_a_queue_that_cannot_be_read_so_is_refused(
    tmp_path: Path, source: str, intake: str, said: str
) -> None:
    text = FILE.format(
        region="mypurecloud.ie", endpoint="http://127.0.0.1:1", queue="https://sqs/x",
        source=source, intake=intake,
    )  # fmt: skip
    with pytest.raises(ConfigError, match=said):
        load(text.encode(), folder=tmp_path)


def test_check_online_says_that_a_queue_is_not_there(
    simulator: Running,
    sqs: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MIRROR_TEST_SECRET", *simulator.env.values())
    queue = sqs.create_queue(QueueName="checked")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    endpoint, region = sqs.meta.endpoint_url, simulator.connection["region"]
    path = tmp_path / "syncline.toml"
    for name, code, said in [
        (queue, 0, "cloud: answers\n"),
        (f"{queue}-no", 1, f"cloud: queue {queue}-no: "),
    ]:
        text = FILE.format(
            region=region, endpoint=endpoint, queue=name, source="cx", intake="cloud"
        )
        path.write_text(text.replace('"c"', f'"{simulator.connection["client_id"]}"'))
        assert main(["--config", str(path), "check", "--online"]) == code
        assert said in capsys.readouterr().out
    # Nothing was taken from it.
    (message,) = sqs.receive_message(
        QueueUrl=queue, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_check_online_says_nothing_of_a_connection_without_a_queue(
    simulator: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MIRROR_TEST_SECRET", *simulator.env.values())
    text = FILE.format(
        region=simulator.connection["region"], endpoint="http://127.0.0.1:1", queue="",
        source="cx", intake="",
    )  # fmt: skip
    text = text.replace('"c"', f'"{simulator.connection["client_id"]}"')
    text = text.replace('queue = ""\nqueue_wait = "1s"', 'sink_bus = "default"')
    text = text.replace('intake = ""\nsink = "out"', 'sink = "cloud"')
    text = text.replace("v2.detail.events.conversation.*", "v2.users.*.conversations")
    path = tmp_path / "syncline.toml"
    path.write_text(text)
    main(["--config", str(path), "check", "--online"])
    said = capsys.readouterr().out
    assert "cx: " in said
    assert "cloud: " not in said
