"""DynamoDB: UpdateTable with its rules, tables that are UPDATING, TTL, repeated transactions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
from botocore.exceptions import ClientError
from starlette.responses import Response

from ..kernel.simulator import Answer
from .call import Call
from .cloud import Cloud, Rule, answered, members, with_members
from .rations import of_today
from .refusals import refusal, refused
from .throughput import READ, WRITE, Change, Refused, Units, changes, refuse_decrease

TTL_PAUSE = 3600.0
"""UpdateTimeToLive: a further change within the hour of the last is a ValidationException."""
TOKEN_LASTS = 600.0
"""TransactWriteItems: `ClientRequestToken` makes a call idempotent for ten minutes."""


@attrs.define(kw_only=True)
class TableMemory:
    """What the rules know about one table."""

    until: float = 0.0
    """When it stops being UPDATING, in elapsed seconds."""
    before: dict[str, Units] = attrs.field(factory=dict)
    """What it shows until then, by index."""
    decreases: dict[str, list[datetime]] = attrs.field(factory=dict)
    increases: dict[str, datetime] = attrs.field(factory=dict)
    ttl_changed: float | None = None


class Tables:
    """The rules of DynamoDB, with what they remember."""

    def __init__(self) -> None:
        self._tables: dict[str, TableMemory] = {}
        self._tokens: dict[str, tuple[float, bytes, Response]] = {}

    def rules(self) -> dict[str, Rule]:
        """By operation."""
        return {
            "UpdateTable": self._update,
            "DescribeTable": self._describe,
            "DeleteTable": self._delete,
            "UpdateTimeToLive": self._time_to_live,
            "TransactWriteItems": self._transaction,
        }

    def memory(self, name: str) -> TableMemory:
        """What is known about a table, by its name or ARN."""
        return self._tables.setdefault(name.rpartition("/")[2], TableMemory())

    async def _update(self, cloud: Cloud, call: Call) -> Response:
        name = str(call.params.get("TableName", ""))
        table = await _table(cloud, call, name)
        memory = self.memory(name)
        _refuse_busy(cloud, call, memory, name)
        try:
            made = changes(table, call.params)
            for change in made:
                refuse_decrease(change, memory.decreases.get(change.index, []), cloud.now())
        except Refused as error:
            raise refusal(call, error.code, str(error)) from None
        passed = await cloud.forward(call)
        if passed.status != 200:
            return answered(passed)
        _remember(cloud, memory, made)
        found = members(passed)
        found["TableDescription"] = self.seen(cloud, found["TableDescription"])
        return with_members(passed, found)

    async def _describe(self, cloud: Cloud, call: Call) -> Response:
        passed = await cloud.forward(call)
        if passed.status != 200:
            return answered(passed)
        found = members(passed)
        found["Table"] = self.seen(cloud, found["Table"])
        return with_members(passed, found)

    async def _delete(self, cloud: Cloud, call: Call) -> Response:
        name = str(call.params.get("TableName", ""))
        _refuse_busy(cloud, call, self.memory(name), name)
        passed = await cloud.forward(call)
        if passed.status == 200:
            self._tables.pop(name.rpartition("/")[2], None)
        return answered(passed)

    def seen(self, cloud: Cloud, table: Mapping[str, Any]) -> dict[str, Any]:
        """The table as DynamoDB shows it: old numbers until the update is complete."""
        memory = self.memory(table["TableName"])
        busy = cloud.elapsed() < memory.until
        shown = dict(table)
        if busy:
            shown["TableStatus"] = "UPDATING"
        shown["ProvisionedThroughput"] = _shown(
            cloud, memory, "", table["ProvisionedThroughput"], busy
        )
        if table.get("GlobalSecondaryIndexes"):
            shown["GlobalSecondaryIndexes"] = [
                self._index(cloud, memory, index, busy) for index in table["GlobalSecondaryIndexes"]
            ]
        return shown

    def _index(
        self, cloud: Cloud, memory: TableMemory, index: Mapping[str, Any], busy: bool
    ) -> dict[str, Any]:
        name = index["IndexName"]
        raw = index.get("ProvisionedThroughput", {})
        shown = {**index, "ProvisionedThroughput": _shown(cloud, memory, name, raw, busy)}
        return shown | ({"IndexStatus": "UPDATING"} if busy and name in memory.before else {})

    async def _time_to_live(self, cloud: Cloud, call: Call) -> Response:
        name = str(call.params.get("TableName", ""))
        await _table(cloud, call, name)
        asked = call.params["TimeToLiveSpecification"]
        now = await cloud.ask("dynamodb", "describe_time_to_live", TableName=name)
        _refuse_ttl(call, asked, now["TimeToLiveDescription"])
        memory = self.memory(name)
        if memory.ttl_changed is not None and cloud.elapsed() < memory.ttl_changed + TTL_PAUSE:
            message = "Time to live has been modified multiple times within a fixed interval"
            raise refusal(call, "ValidationException", message)
        passed = await cloud.forward(call)
        if passed.status == 200:
            memory.ttl_changed = cloud.elapsed()
        return answered(passed)

    async def _transaction(self, cloud: Cloud, call: Call) -> Response:
        token = call.params.get("ClientRequestToken")
        if not token:
            return answered(await cloud.forward(call))
        said = json.dumps({**call.params, "ClientRequestToken": ""}, sort_keys=True).encode()
        until, before, answer = self._tokens.get(token, (0.0, b"", Response()))
        if cloud.elapsed() < until:
            if before != said:
                message = "Request parameters are different from those of the token's first use"
                raise refusal(call, "IdempotentParameterMismatchException", message)
            return answer
        passed = await cloud.forward(call)
        if passed.status == 200:
            self._tokens[token] = (cloud.elapsed() + TOKEN_LASTS, said, answered(passed))
        return answered(passed)


async def _table(cloud: Cloud, call: Call, name: str) -> dict[str, Any]:
    """The table as moto has it."""
    try:
        found = await cloud.ask("dynamodb", "describe_table", TableName=name)
    except ClientError:
        message = f"Requested resource not found: Table: {name} not found"
        raise refusal(call, "ResourceNotFoundException", message) from None
    table: dict[str, Any] = found["Table"]
    return table


def _refuse_busy(cloud: Cloud, call: Call, memory: TableMemory, name: str) -> None:
    if cloud.elapsed() < memory.until:
        message = (
            "Attempt to change a resource which is still in use: Table is being updated: " + name
        )
        raise Answer(refused(call, "ResourceInUseException", message))


def _remember(cloud: Cloud, memory: TableMemory, made: list[Change]) -> None:
    memory.until = cloud.elapsed() + cloud.habits.update_lasts
    memory.before = {change.index: change.before for change in made}
    for change in made:
        if change.before.lowers(change.after):
            memory.decreases.setdefault(change.index, []).append(cloud.now())
        else:
            memory.increases[change.index] = cloud.now()


def _shown(
    cloud: Cloud, memory: TableMemory, index: str, raw: Mapping[str, Any], busy: bool
) -> dict[str, Any]:
    decreases = memory.decreases.get(index, [])
    shown = {**raw, "NumberOfDecreasesToday": len(of_today(decreases, cloud.now()))}
    if decreases:
        shown["LastDecreaseDateTime"] = decreases[-1].timestamp()
    if index in memory.increases:
        shown["LastIncreaseDateTime"] = memory.increases[index].timestamp()
    if busy and index in memory.before:
        shown |= {READ: memory.before[index].read, WRITE: memory.before[index].write}
    return shown


def _refuse_ttl(call: Call, asked: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    enabled = now.get("TimeToLiveStatus") == "ENABLED"
    attribute = now.get("AttributeName")
    if enabled and asked["Enabled"] and attribute != asked["AttributeName"]:
        message = (
            f"TimeToLive is active on a different AttributeName: current AttributeName is "
            f"{attribute}"
        )
        raise refusal(call, "ValidationException", message)
    if enabled == asked["Enabled"]:
        state = "enabled" if enabled else "disabled"
        raise refusal(call, "ValidationException", f"TimeToLive is already {state}")
