"""Which objects an event of AWS is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.testing import MemoryCache
from syncline_aws import Settings
from syncline_aws.events import AwsEvents, open_events


def _reader(region: str = "eu-central-1") -> AwsEvents:
    context = Context(connection="cloud", clock=SystemClock(), cache=MemoryCache())
    return open_events(Settings(region=region), context)


def _refs(envelope: Any) -> list[str] | None:
    changes = _reader().read({"region": "eu-central-1", **envelope})
    return None if changes is None else [change.ref.id for change in changes]


def _recorded(source: str, name: str, given: Any) -> dict[str, Any]:
    return {
        "source": "aws." + source,
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "requestParameters": given,
        },
    }


LAUNCHED: dict[str, Any] = {
    "source": "aws.autoscaling",
    "detail-type": "EC2 Instance Launch Successful",
    "detail": {
        "AutoScalingGroupName": "ivr",
        "StatusCode": "InProgress",
        "EC2InstanceId": "i-1",
        "ActivityId": "a",
    },
}


def test_a_launch_is_about_its_group() -> None:
    assert _refs(LAUNCHED) == ["autoscaling-group/ivr"]


@pytest.mark.parametrize(
    ("event", "refs"),
    [
        (
            _recorded("autoscaling", "SetDesiredCapacity", {"autoScalingGroupName": "ivr"}),
            ["autoscaling-group/ivr"],
        ),
        (
            _recorded(
                "dynamodb",
                "UpdateTable",
                {
                    "tableName": "arn:aws:dynamodb:eu-central-1:1:table/calls",
                    "globalSecondaryIndexUpdates": [{"update": {"indexName": "by-x"}}, {}, 3],
                },
            ),
            ["dynamodb-table/calls", "dynamodb-ttl/calls", "dynamodb-index/calls/by-x"],
        ),
        (
            _recorded(
                "application-autoscaling",
                "RegisterScalableTarget",
                {"resourceId": "table/calls/index/by-x"},
            ),
            ["dynamodb-index/calls/by-x"],
        ),
        (
            _recorded(
                "lambda",
                "PutProvisionedConcurrencyConfig20190930",
                {"functionName": "flow", "qualifier": "live"},
            ),
            ["lambda-function/flow", "lambda-alias/flow:live"],
        ),
        (
            _recorded(
                "lambda",
                "PutFunctionConcurrency20171031",
                {"functionName": "arn:aws:lambda:eu-central-1:1:function:flow"},
            ),
            ["lambda-function/flow"],
        ),
        (_recorded("ssm", "PutParameter", {"name": "/a/b"}), ["ssm-parameter//a/b"]),
        (
            {
                "source": "aws.ssm",
                "detail-type": "Parameter Store Change",
                "detail": {"name": "/a/b", "operation": "Update"},
            },
            ["ssm-parameter//a/b"],
        ),
        (_recorded("ssm", "PutParameter", None), []),
        (_recorded("autoscaling", "PutScalingPolicy", {}), []),
    ],
)
def test_a_recorded_call_is_about_what_its_parameters_name(event: Any, refs: list[str]) -> None:
    assert _refs(event) == refs


def test_events_of_others_are_not_of_this_connection() -> None:
    assert _refs({**LAUNCHED, "region": "us-east-1"}) is None
    assert _refs({**LAUNCHED, "source": "aws.partner/genesys.com/cloud/o/s"}) is None
    assert _refs(_recorded("s3", "PutObject", {"bucketName": "b"})) is None
    assert _refs({"source": "aws.autoscaling", "detail": "none"}) is None


def test_without_a_region_events_of_every_region_count() -> None:
    changes = _reader("").read({**LAUNCHED, "region": "us-east-1"})
    assert changes is not None
    assert len(changes) == 1


_NAMES = st.sampled_from(
    [
        "source",
        "detail",
        "detail-type",
        "region",
        "eventSource",
        "requestParameters",
        "tableName",
        "globalSecondaryIndexUpdates",
        "update",
        "indexName",
        "functionName",
        "qualifier",
        "resourceId",
        "AutoScalingGroupName",
    ]
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
_SOURCES = st.sampled_from(
    ["dynamodb", "lambda", "ssm", "autoscaling", "application-autoscaling", "s3"]
)


@settings(max_examples=150, deadline=None)
@given(source=_SOURCES, parameters=VALUES, detail=VALUES)
def test_whatever_an_event_holds_only_objects_come_out(
    source: str, parameters: Any, detail: Any
) -> None:
    for event in (
        _recorded(source, "Anything", parameters),
        {"source": f"aws.{source}", "detail-type": "x", "detail": detail},
    ):
        changes = _reader().read(event)
        assert changes is None or all(change.ref.connection == "cloud" for change in changes)
