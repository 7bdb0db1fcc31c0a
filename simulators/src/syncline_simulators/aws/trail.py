"""A trail that sends the calls that change something to EventBridge, where one is switched on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .call import Call, Protocol

if TYPE_CHECKING:
    from .cloud import Cloud

_READS = ("Describe", "Get", "List", "Batch", "Receive", "Query", "Scan", "Send", "Start")
_SOURCES = {"autoscaling", "dynamodb", "lambda", "ssm", "application-autoscaling", "appconfig"}


class Trail:
    """The trail of the account."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def record(self, call: Call, status: int) -> None:
        """Send `AWS API Call via CloudTrail` for a call that changed something."""
        reads = call.operation.startswith(_READS) or call.operation.startswith("/")
        if not self._cloud.habits.trail or status >= 300 or reads or call.service not in _SOURCES:
            return
        now = self._cloud.now()
        detail = {
            "eventVersion": "1.08",
            "eventTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{call.service}.amazonaws.com",
            "eventName": call.operation,
            "awsRegion": "eu-central-1",
            "requestParameters": _lower(call),
            "eventID": str(uuid4()),
            "eventType": "AwsApiCall",
        }
        self._cloud.outbox.put(
            f"aws.{call.service}", "AWS API Call via CloudTrail", json.loads(json.dumps(detail))
        )


def _lower(call: Call) -> dict[str, Any]:
    """The members of the input as a trail writes them; of no item of a table."""
    given = call.params
    if call.protocol is Protocol.QUERY:
        given = {k: v for k, v in given.items() if k not in ("Action", "Version")}
    return {name[:1].lower() + name[1:]: value for name, value in given.items()}
