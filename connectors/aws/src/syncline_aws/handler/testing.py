"""Events as AWS makes them, and what Lambda says about an invocation: for tests of functions."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl


class Invocation:
    """The context of an invocation that ends after so many seconds."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def __init__(self, seconds: float = 60) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return max(0, round((self._end - time.monotonic()) * 1000))


def rest(
    path: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    query: str = "",
    binary: bool = True,
    stage: str = "prod",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A REST API, or an HTTP API with payload 1.0."""
    given = {"Host": "abc.execute-api.eu-central-1.amazonaws.com", **(headers or {})}
    several: dict[str, list[str]] = {}
    for name, value in parse_qsl(query):
        several.setdefault(name, []).append(value)
    return {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": {n: v[-1] for n, v in several.items()} or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc", "stage": stage, "protocol": "HTTP/1.1",
            "httpMethod": method, "path": f"/{stage}{path}", "requestId": "r-1",
            "requestTimeEpoch": 1_700_000_000_000, "resourcePath": "/{proxy+}",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": _text(body, binary) if body else None,
        "isBase64Encoded": binary and bool(body),
    }  # fmt: skip


def http(
    path: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    query: str = "",
    binary: bool = True,
    stage: str = "$default",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """An HTTP API with payload 2.0, or a function URL."""
    mounted = path if stage == "$default" else f"/{stage}{path}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": mounted,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc", "stage": stage, "requestId": "r-2",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "abc",
            "routeKey": "$default", "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1_700_000_000_000,
            "http": {
                "method": method, "path": mounted, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "test",
            },
        },
        "isBase64Encoded": binary and bool(body),
    }  # fmt: skip
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query))
    if body:
        event["body"] = _text(body, binary)
    return event


def sqs(*bodies: str, queue: str = "work", groups: Sequence[str] = ()) -> dict[str, Any]:
    """A batch of a queue; the messages are `m0`, `m1`, and so on.

    Args:
        groups: of each message.
    """
    more = [{"MessageGroupId": group} for group in groups] or [{}] * len(bodies)
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000",
                    "SenderId": "AIDA", "ApproximateFirstReceiveTimestamp": "1700000000001",
                    **attributes,
                },
                "messageAttributes": {},
                "md5OfBody": "0" * 32,
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
                "awsRegion": "eu-central-1",
            }
            for number, (body, attributes) in enumerate(zip(bodies, more, strict=True))
        ]
    }  # fmt: skip


def launched(group: str) -> dict[str, Any]:
    """What Auto Scaling says when a machine came."""
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-123456789012",
        "detail-type": "EC2 Instance Launch Successful",
        "source": "aws.autoscaling",
        "account": "123456789012",
        "time": "2026-03-12T19:03:58Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:autoscaling:…", "arn:aws:ec2:…"],
        "detail": {
            "StatusCode": "InProgress", "AutoScalingGroupName": group, "ActivityId": "a",
            "EC2InstanceId": "i-1", "RequestId": "q", "StatusMessage": "",
            "Origin": "EC2", "Destination": "AutoScalingGroup",
            "Details": {"Availability Zone": "eu-central-1a", "Subnet ID": "subnet-1"},
        },
    }  # fmt: skip


def scheduled() -> dict[str, Any]:
    """What a rule with a schedule sends."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-03-12T19:00:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/every-minute"],
        "detail": {},
    }


def _text(body: bytes, binary: bool) -> str:
    return base64.b64encode(body).decode() if binary else body.decode()


__all__ = ["Invocation", "http", "launched", "rest", "scheduled", "sqs"]
