"""DynamoDB tables as they are read: one DescribeTable each, and what is told of many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from syncline.errors import NotFound, SynclineError
from syncline.model import JSON

from ..calling import Calls
from .tags import owner, tags_of

TARGETS_PER_CALL = 50
"""Application Auto Scaling, DescribeScalableTargets: resource ids and results of one call."""


@frozen(kw_only=True)
class Table:
    """A table, and whose it is."""

    facts: Mapping[str, Any]
    """As DescribeTable shows it."""
    foreign: str = ""
    scaled: frozenset[str] = frozenset()
    """What of it Application Auto Scaling manages: `table/NAME`, `table/NAME/index/INDEX`."""


async def tables(
    calls: Calls, resources: Iterable[str], *, scaled: bool = True
) -> dict[str, Table | SynclineError]:
    """Return the tables of these resources (`table/NAME`, `table/NAME/index/INDEX`) by name."""
    asked = list(dict.fromkeys(resources))
    names = list(dict.fromkeys(resource.split("/")[1] for resource in asked))
    found = dict(zip(names, await asyncio.gather(*(_table(calls, n) for n in names)), strict=True))
    arns = [str(t["TableArn"]) for t in found.values() if not isinstance(t, SynclineError)]
    try:
        tags = await tags_of(calls, arns)
        managed = await _managed(calls, asked) if scaled else frozenset()
    except SynclineError as error:
        # Whether they are somebody else's is not known: none of them may be touched.
        return dict.fromkeys(names, error)
    own = calls.settings.owner
    return {
        name: table
        if isinstance(table, SynclineError)
        else Table(
            facts=table, foreign=owner(tags.get(str(table["TableArn"]), {}), own), scaled=managed
        )
        for name, table in found.items()
    }


async def _table(calls: Calls, name: str) -> dict[str, Any] | SynclineError:
    try:
        answer = await calls.read("dynamodb", "describe_table", TableName=name)
    except SynclineError as error:
        return error
    table: dict[str, Any] = answer["Table"]
    return table


async def _managed(calls: Calls, resources: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for start in range(0, len(resources), TARGETS_PER_CALL):
        found |= await _targets(calls, resources[start : start + TARGETS_PER_CALL])
    return frozenset(found)


async def _targets(calls: Calls, resources: list[str]) -> set[str]:
    found: set[str] = set()
    more: dict[str, Any] = {}
    while True:
        answer = await calls.read(
            "application-autoscaling",
            "describe_scalable_targets",
            ServiceNamespace="dynamodb",
            ResourceIds=resources,
            **more,
        )
        found |= {target["ResourceId"] for target in answer["ScalableTargets"]}
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}


def throughput_of(table: Table, index: str) -> dict[str, JSON] | None:
    """Return the fields of a table, or of one of its indexes; None where there is no such index."""
    facts: Mapping[str, Any] = table.facts
    part = facts if not index else _index(facts, index)
    if part is None:
        return None
    numbers = part.get("ProvisionedThroughput", {})
    last = numbers.get("LastDecreaseDateTime")
    states = {facts["TableStatus"], *_index_states(facts)}
    resource = f"table/{facts['TableName']}" + (f"/index/{index}" if index else "")
    return {
        "read_capacity": numbers.get("ReadCapacityUnits", 0),
        "write_capacity": numbers.get("WriteCapacityUnits", 0),
        # An index that changes blocks its table, and the other way round.
        "status": "ACTIVE" if states <= {"ACTIVE"} else "UPDATING",
        "billing_mode": (facts.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        "decreases_today": numbers.get("NumberOfDecreasesToday", 0),
        "last_decrease": "" if last is None else last.isoformat(),
        "auto_scaled": resource in table.scaled,
        "item_count": part.get("ItemCount", 0),
    }


def _index(facts: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    indexes = facts.get("GlobalSecondaryIndexes") or ()
    return next((index for index in indexes if index["IndexName"] == name), None)


def _index_states(facts: Mapping[str, Any]) -> set[str]:
    indexes = facts.get("GlobalSecondaryIndexes") or ()
    return {str(index.get("IndexStatus", "ACTIVE")) for index in indexes}


def gone(error: object) -> bool:
    """Return whether a table could not be read because there is none."""
    return isinstance(error, NotFound)


__all__ = ["Table", "gone", "tables", "throughput_of"]
