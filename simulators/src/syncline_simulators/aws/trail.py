"""CloudTrail: the calls that changed something, who made them, and events of them."""

from __future__ import annotations

import json
from collections import deque
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from .backend import ACCOUNT, REGION
from .call import Call, Protocol
from .cloud import Cloud, Rule, answered

_READS = ("Describe", "Get", "List", "Batch", "Receive", "Query", "Scan", "Send", "Start")
_SOURCES = {"autoscaling", "dynamodb", "lambda", "ssm", "application-autoscaling", "appconfig"}
_DATA = ("PutItem", "UpdateItem", "DeleteItem", "Transact", "Execute")
"""Calls about items, which are not recorded."""
_VERSIONS = {
    "PutFunctionConcurrency": "PutFunctionConcurrency20171031",
    "DeleteFunctionConcurrency": "DeleteFunctionConcurrency20171031",
    "PutProvisioned": "PutProvisionedConcurrencyConfig",
    "DeleteProvisioned": "DeleteProvisionedConcurrencyConfig",
}
"""The names that CloudTrail has for calls of Lambda."""
KEPT = 10_000


class Trail:
    """The event history, which every account has, and the trail that sends its entries."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._history: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def rules(self) -> dict[str, Rule]:
        """By operation."""
        return {"LookupEvents": self._lookup}

    def record(self, call: Call, who: str | None, status: int) -> None:
        """Keep a call that changed something; with a trail, also send an event."""
        left_out = call.operation.startswith((*_READS, *_DATA, "/"))
        if status >= 300 or left_out or call.service not in _SOURCES:
            return
        now = self._cloud.now()
        detail = {
            "eventVersion": "1.08",
            "userIdentity": {"type": "IAMUser", "arn": arn_of(who), "userName": who},
            "eventTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{call.service}.amazonaws.com",
            "eventName": _VERSIONS.get(call.operation, call.operation),
            "awsRegion": REGION,
            "requestParameters": _parameters(call),
            "eventID": str(uuid4()),
            "eventType": "AwsApiCall",
        }
        self._history.append({"at": now.timestamp(), "detail": detail})
        if self._cloud.habits.trail:
            source = f"aws.{call.service}"
            self._cloud.outbox.put(source, "AWS API Call via CloudTrail", detail)

    async def _lookup(self, cloud: Cloud, call: Call) -> Response:
        """The calls with one attribute, newest first; it is EventName that can be looked for."""
        attributes = call.params.get("LookupAttributes") or ()
        wanted = [a["AttributeValue"] for a in attributes if a["AttributeKey"] == "EventName"]
        since = float(call.params.get("StartTime", 0))
        found = [
            entry
            for entry in reversed(self._history)
            if entry["at"] >= since and (not wanted or entry["detail"]["eventName"] in wanted)
        ]
        most = int(call.params.get("MaxResults", 50))
        return JSONResponse({"Events": [_event(entry) for entry in found[:most]]})


def arn_of(key: str | None) -> str:
    """The user that an access key belongs to: one of its own for each."""
    return f"arn:aws:iam::{ACCOUNT}:user/{key}"


async def identity(cloud: Cloud, call: Call) -> Response:
    """GetCallerIdentity with that user, where moto knows the key of no user or role."""
    passed = await cloud.forward(call)
    own = arn_of(call.key).encode()
    return answered(
        passed, passed.body.replace(b"arn:aws:sts::%s:user/moto" % ACCOUNT.encode(), own)
    )


def _event(entry: dict[str, Any]) -> dict[str, Any]:
    detail = entry["detail"]
    return {
        "EventId": detail["eventID"],
        "EventName": detail["eventName"],
        "EventTime": entry["at"],
        "EventSource": detail["eventSource"],
        "Username": detail["userIdentity"]["userName"],
        "CloudTrailEvent": json.dumps(detail),
    }


def _lower(value: Any) -> Any:
    """The members of an input as CloudTrail writes them."""
    if isinstance(value, list):
        return [_lower(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {name[:1].lower() + name[1:]: _lower(inner) for name, inner in value.items()}


def _parameters(call: Call) -> dict[str, Any]:
    given = dict(call.params)
    if call.protocol is Protocol.QUERY:
        given = {k: v for k, v in given.items() if k not in ("Action", "Version")}
    lowered: dict[str, Any] = _lower(given)
    return lowered
