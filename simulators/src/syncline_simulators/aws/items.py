"""What the admin address shows: every object, as the vendor would describe it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .simulator import Amazon


def items(amazon: Amazon) -> list[dict[str, Any]]:
    """Groups, tables, functions, parameters and configurations, each with `kind` and `values`."""
    return [found for show in _SHOWN.values() for found in show(amazon, "")]


def item(amazon: Amazon, item_id: str) -> dict[str, Any] | None:
    """One of them by `<kind>/<name>`, without looking at the others."""
    kind, _, name = item_id.partition("/")
    show = _SHOWN.get(kind)
    if show is None or not name:
        return None
    try:
        return next(show(amazon, name), None)
    except ClientError:
        return None


def _item(kind: str, name: str, values: dict[str, Any], version: object = None) -> dict[str, Any]:
    shown = json.loads(json.dumps(values, default=str))
    return {
        "id": f"{kind}/{name}",
        "title": name,
        "kind": kind,
        "body": json.dumps(shown, sort_keys=True),
        "values": shown,
        "state": "current",
        "version": version,
        "parent": None,
        "restricted": False,
        "labels": [],
    }


def _groups(amazon: Amazon, only: str) -> Iterator[dict[str, Any]]:
    movements = amazon.groups.movements
    for group in amazon.cloud.groups(only or None):
        for machine in group["Instances"]:
            if machine["InstanceId"] in movements.pending:
                machine["LifecycleState"] = "Pending"
        yield _item("autoscaling-group", group["AutoScalingGroupName"], group)


def _tables(amazon: Amazon, only: str) -> Iterator[dict[str, Any]]:
    cloud = amazon.cloud
    pages = cloud.backend.client("dynamodb").get_paginator("list_tables")
    names = [only] if only else [name for page in pages.paginate() for name in page["TableNames"]]
    for name in names:
        table = cloud.tell("dynamodb", "describe_table", TableName=name)["Table"]
        ttl = cloud.tell("dynamodb", "describe_time_to_live", TableName=name)
        shown = amazon.tables.seen(cloud, table)
        yield _item("dynamodb-table", name, {**shown, **ttl["TimeToLiveDescription"]})


def _functions(amazon: Amazon, only: str) -> Iterator[dict[str, Any]]:
    cloud = amazon.cloud
    pages = cloud.backend.client("lambda").get_paginator("list_functions")
    found = (
        [cloud.tell("lambda", "get_function", FunctionName=only)["Configuration"]]
        if only
        else [function for page in pages.paginate() for function in page["Functions"]]
    )
    for function in found:
        name = function["FunctionName"]
        concurrency = {
            "reserved": amazon.functions.reserved.get(name),
            "provisioned": amazon.functions.provisioned(name),
        }
        yield _item("lambda-function", name, {**function, **concurrency})


def _parameters(amazon: Amazon, only: str) -> Iterator[dict[str, Any]]:
    cloud = amazon.cloud
    pages = cloud.backend.client("ssm").get_paginator("get_parameters_by_path")
    found = (
        [cloud.tell("ssm", "get_parameter", Name=only, WithDecryption=True)["Parameter"]]
        if only
        else [
            parameter
            for page in pages.paginate(Path="/", Recursive=True, WithDecryption=True)
            for parameter in page["Parameters"]
        ]
    )
    for parameter in found:
        yield _item("ssm-parameter", parameter["Name"], parameter, parameter["Version"])


def _configurations(amazon: Amazon, only: str) -> Iterator[dict[str, Any]]:
    for place, deployed in amazon.configurations.deployed.items():
        name = amazon.configurations.names.get(place, "/".join(place))
        if only in ("", name):
            newest = deployed[-1]
            content = newest.content.decode("utf-8", "replace")
            values = {"content": content, "deployment": newest.number}
            yield _item("appconfig", name, values, newest.version)


_SHOWN: Mapping[str, Callable[[Amazon, str], Iterator[dict[str, Any]]]] = {
    "autoscaling-group": _groups,
    "dynamodb-table": _tables,
    "lambda-function": _functions,
    "ssm-parameter": _parameters,
    "appconfig": _configurations,
}
"""What shows all objects of a kind, or the one of a name."""
