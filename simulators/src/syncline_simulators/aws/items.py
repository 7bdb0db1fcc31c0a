"""What the admin address shows: every object, as the vendor would describe it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .functions import own
from .members import machines

if TYPE_CHECKING:
    from .simulator import Amazon


def items(amazon: Amazon) -> list[dict[str, Any]]:
    """Groups, tables, functions, parameters and configurations, each with `kind` and `values`."""
    return [
        *_groups(amazon),
        *_tables(amazon),
        *_functions(amazon),
        *_parameters(amazon),
        *_configurations(amazon),
    ]


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


def _groups(amazon: Amazon) -> Iterator[dict[str, Any]]:
    movements = amazon.groups.movements
    for group in amazon.cloud.groups():
        for machine in machines([group]).values():
            if machine.id in movements.pending:
                machine.facts["LifecycleState"] = "Pending"  # type: ignore[index]  # a dict of boto3
        yield _item("autoscaling-group", group["AutoScalingGroupName"], group)


def _tables(amazon: Amazon) -> Iterator[dict[str, Any]]:
    cloud = amazon.cloud
    for name in cloud.tell("dynamodb", "list_tables")["TableNames"]:
        table = cloud.tell("dynamodb", "describe_table", TableName=name)["Table"]
        ttl = cloud.tell("dynamodb", "describe_time_to_live", TableName=name)
        shown = amazon.tables.seen(cloud, table)
        yield _item("dynamodb-table", name, {**shown, **ttl["TimeToLiveDescription"]})


def _functions(amazon: Amazon) -> Iterator[dict[str, Any]]:
    pages = amazon.cloud.backend.client("lambda").get_paginator("list_functions")
    for function in (f for page in pages.paginate() for f in page["Functions"]):
        name = function["FunctionName"]
        concurrency = {
            "reserved": own(amazon.cloud, name),
            "provisioned": amazon.functions.provisioned(name),
        }
        yield _item("lambda-function", name, {**function, **concurrency})


def _parameters(amazon: Amazon) -> Iterator[dict[str, Any]]:
    pages = amazon.cloud.backend.client("ssm").get_paginator("get_parameters_by_path")
    found = pages.paginate(Path="/", Recursive=True, WithDecryption=True)
    for parameter in (p for page in found for p in page["Parameters"]):
        yield _item("ssm-parameter", parameter["Name"], parameter, parameter["Version"])


def _configurations(amazon: Amazon) -> Iterator[dict[str, Any]]:
    for place, deployed in amazon.configurations.deployed.items():
        newest = deployed[-1]
        values = {"content": newest.content.decode("utf-8", "replace"), "deployment": newest.number}
        yield _item(
            "appconfig",
            amazon.configurations.names.get(place, "/".join(place)),
            values,
            newest.version,
        )
