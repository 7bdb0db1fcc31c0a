"""The AWS simulator as a whole: its processes, its log, limits and faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it has no types
import pytest
from botocore.exceptions import ClientError

from syncline_simulators.running import AdminError, running

START = [
    {"kind": "autoscaling-group", "name": "ivr", "desired": 3, "max": 9, "tags": {"a": "b"}},
    {"kind": "dynamodb-table", "name": "calls", "read": 7, "write": 8, "ttl": "expires"},
    {"kind": "dynamodb-table", "name": "scaled", "auto_scaled": True},
    {"kind": "lambda-function", "name": "flow", "reserved": 20, "aliases": ["live"]},
    {"kind": "ssm-parameter", "name": "/acme/hours", "value": "9-17"},
    {"kind": "secret", "name": "genesys", "value": {"client_secret": "s"}},
    {"kind": "appconfig", "name": "acme/prod/hours", "content": {"open": True}},
    {"kind": "queue", "name": "letters"},
    {"kind": "queue", "name": "news", "dead_letters": "letters", "receives": 2},
    {"kind": "event-rule", "name": "r", "pattern": {"source": ["x"]}, "queue": "news"},
]


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A file with one object of every kind."""
    file = tmp_path / "account.json"
    file.write_text(json.dumps(START), encoding="utf-8")
    return file


def _children(process: subprocess.Popen[str]) -> Any:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_moto_ends_with_the_simulator_however_that_ends(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "syncline_simulators", "aws"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    assert set(line) == {"system", "url", "admin_url", "connection", "env"}
    assert line["connection"]["connector"] == "aws"
    [child] = _children(process)
    os.kill(process.pid, number)
    process.wait(60)
    process.stdout.close()
    assert process.returncode == (0 if number == signal.SIGTERM else -number)
    child.wait(60)
    assert not child.is_running()


def test_it_starts_with_what_a_file_lists(start: Path) -> None:
    with running("aws", load=start) as sim:
        found = {item["id"]: item["values"] for item in sim.items()}
    assert len(found["autoscaling-group/ivr"]["Instances"]) == 3
    assert found["dynamodb-table/calls"]["ProvisionedThroughput"]["WriteCapacityUnits"] == 8
    assert found["dynamodb-table/calls"]["TimeToLiveStatus"] == "ENABLED"
    assert found["lambda-function/flow"]["reserved"] == 20
    assert found["ssm-parameter//acme/hours"]["Value"] == "9-17"
    assert json.loads(found["appconfig/acme/prod/hours"]["content"]) == {"open": True}


def test_a_file_that_cannot_be_used_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    file = tmp_path / "bad.json"
    for content, said in (
        ({}, "is not a list"),
        ([{"kind": "bucket", "name": "x"}], "object 1: 'kind' is one of"),
        ([{"kind": "ssm-parameter", "name": "x", "colour": 1}], "has no field 'colour'"),
        ([{"kind": "ssm-parameter", "name": "a b", "value": ""}], "object 1"),
    ):
        file.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(ValueError, match=said), running("aws", load=file):
            pass
    assert set(psutil.Process().children(recursive=True)) == before


def test_calls_are_logged_by_operation(aws: Any) -> None:
    aws("dynamodb").list_tables()
    aws("autoscaling").describe_auto_scaling_groups()
    calls = aws.sim.calls()
    assert [call["path"] for call in calls] == [
        "/dynamodb/ListTables",
        "/autoscaling/DescribeAutoScalingGroups",
    ]
    assert {call["credential"] for call in calls} == {aws.sim.env["AWS_ACCESS_KEY_ID"]}


THROTTLED = {
    "dynamodb": ("list_tables", "ThrottlingException"),
    "autoscaling": ("describe_auto_scaling_groups", "Throttling"),
    "lambda": ("list_functions", "TooManyRequestsException"),
    "sqs": ("list_queues", "RequestThrottled"),
    "ssm": ("describe_parameters", "ThrottlingException"),
}


@pytest.mark.parametrize("service", sorted(THROTTLED))
def test_each_service_throttles_in_its_own_words(aws: Any, service: str, refused: Any) -> None:
    operation, code = THROTTLED[service]
    aws.sim.faults([{"kind": "rate-limited", "match": {"path": f"^/{service}/"}}])
    assert refused(getattr(aws(service), operation))[0] == code
    getattr(aws(service), operation)()


def test_the_standard_mode_of_boto3_repeats_what_was_throttled(aws: Any) -> None:
    client = aws.client("autoscaling", retries={"mode": "standard", "total_max_attempts": 4})
    aws.sim.faults([{"kind": "rate-limited", "times": 2}])
    client.describe_auto_scaling_groups()
    client.close()
    assert [call["fault"] for call in aws.sim.calls()] == ["rate-limited", "rate-limited", None]


def test_a_failure_of_the_service_is_seen_by_both_protocols(aws: Any, refused: Any) -> None:
    for service in ("dynamodb", "autoscaling"):
        aws.sim.faults([{"kind": "status", "status": 503}])
        assert refused(getattr(aws(service), THROTTLED[service][0]))[0] == "ServiceUnavailable"


def test_a_limit_counts_for_each_access_key() -> None:
    with running("aws", rate_limit="3/min") as sim:
        import boto3

        client = boto3.client(
            "ssm",
            region_name="eu-central-1",
            endpoint_url=sim.url,
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=boto3.session.Config(retries={"total_max_attempts": 1}),
        )
        for _ in range(3):
            client.describe_parameters()
        with pytest.raises(ClientError, match="ThrottlingException"):
            client.describe_parameters()
        client.close()


def test_acts_that_make_no_sense_are_refused(aws: Any) -> None:
    for action, status in (
        ({"do": "dance"}, 400),
        ({"do": "create", "kind": "bucket", "name": "x"}, 400),
        ({"do": "settings", "colour": 1}, 400),
        ({"do": "settings", "update_lasts": "soon"}, 400),
        ({"do": "event"}, 400),
        ({"do": "edit", "id": "queue/x"}, 400),
        ({"do": "edit", "id": "autoscaling-group/none", "desired": 1}, 409),
    ):
        with pytest.raises(AdminError) as caught:
            aws.sim.act(action)
        assert caught.value.status == status, action


def test_unsigned_requests_are_refused(aws: Any) -> None:
    import httpx

    answer = httpx.post(aws.sim.url, content=b"", trust_env=False)
    assert answer.status_code == 403


def test_conditional_writes_at_the_same_time_succeed_once(aws: Any) -> None:
    """moto checks and writes in threads; here one call of a service is done after the other."""
    from concurrent.futures import ThreadPoolExecutor

    name = f"race-{time.monotonic_ns()}"
    aws.sim.act({"do": "create", "kind": "dynamodb-table", "name": name, "on_demand": True})

    def take(number: int) -> bool:
        try:
            aws("dynamodb").put_item(
                TableName=name,
                Item={"pk": {"S": "lease"}, "owner": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError:
            return False
        return True

    aws("dynamodb")
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(40))) == 1
