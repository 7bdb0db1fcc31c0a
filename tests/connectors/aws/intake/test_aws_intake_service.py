"""The service with a queue: machines come, EventBridge tells, a table follows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from syncline.config import load
from syncline.runner import Runner


@pytest.fixture
def queue(cloud: Any) -> str:
    """A queue that the events of Auto Scaling go to."""
    name = cloud.name()
    url = cloud("sqs").create_queue(QueueName=name)["QueueUrl"]
    found = cloud("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["aws.autoscaling"]})
    cloud("events").put_rule(Name=name, EventPattern=pattern)
    target = {"Id": "1", "Arn": found["Attributes"]["QueueArn"]}
    cloud("events").put_targets(Rule=name, Targets=[target])
    return str(url)


@pytest.fixture
async def service(
    cloud: Any, queue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, str]]:
    """A group, and the table that a running service lets follow it; it neither polls nor sweeps."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASERVICE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    group = cloud.create("autoscaling-group", desired=3, min=0, max=20)
    table = cloud.create("dynamodb-table", read=5, write=5)
    config = f"""\
state = "state.db"
[connections.cloud]
connector = "aws"
region = "eu-central-1"
endpoint = "{cloud.sim.url}"
queue = "{queue}"
queue_wait = "1s"
[jobs.capacity]
kind = "config"
debounce = "0s"
poll = "0s"
schedule = "0 0 1 1 *"
[[jobs.capacity.rules]]
from = {{ asg = "cloud:autoscaling-group/{group}" }}
to = "cloud:dynamodb-table/{table}#read_capacity"
expression = "asg.in_service * 10"
"""
    async with Runner(load(config.encode(), folder=tmp_path)) as runner:
        running = asyncio.create_task(runner.run())
        yield group, table
        await runner.stop()
        await running


async def until(cloud: Any, table: str, capacity: int) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(read, cloud, table) != capacity:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def read(cloud: Any, table: str) -> int:
    found = cloud("dynamodb").describe_table(TableName=table)["Table"]
    return int(found["ProvisionedThroughput"]["ReadCapacityUnits"])


async def test_machines_that_come_change_the_table_within_seconds(
    cloud: Any, queue: str, service: tuple[str, str]
) -> None:
    group, table = service
    await until(cloud, table, 30)  # the first full pass
    await asyncio.to_thread(
        cloud("sqs").send_message, QueueUrl=queue, MessageBody="a message of somebody else"
    )
    await asyncio.to_thread(
        cloud("autoscaling").set_desired_capacity, AutoScalingGroupName=group, DesiredCapacity=6
    )
    await until(cloud, table, 60)
