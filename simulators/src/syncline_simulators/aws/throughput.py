"""UpdateTable as DynamoDB takes it: what moto 5.2.5 accepts without a word. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from .rations import next_decrease, of_today

READ, WRITE = "ReadCapacityUnits", "WriteCapacityUnits"
_UNITS = {READ: "readCapacityUnits", WRITE: "writeCapacityUnits"}


class Refused(Exception):
    """DynamoDB refuses the call: its code, and its text."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@attrs.frozen(kw_only=True)
class Units:
    """The throughput of a table or an index."""

    read: int
    write: int

    def lowers(self, other: Units) -> bool:
        """Whether going from here to the other lowers either number."""
        return other.read < self.read or other.write < self.write


@attrs.frozen(kw_only=True)
class Change:
    """One throughput that a call changes; `index` is empty for the table's own."""

    index: str
    before: Units
    after: Units


def units(raw: Mapping[str, Any]) -> Units:
    """The two numbers of a `ProvisionedThroughput`."""
    return Units(read=int(raw.get(READ, 0)), write=int(raw.get(WRITE, 0)))


def wanted(params: Mapping[str, Any]) -> dict[str, Units]:
    """The throughputs that a call asks for, by index; the table's own under the empty name.

    Raises:
        Refused: a number is below 1.
    """
    found = {}
    if "ProvisionedThroughput" in params:
        found[""] = _checked(params["ProvisionedThroughput"])
    for change in params.get("GlobalSecondaryIndexUpdates") or ():
        update = change.get("Update")
        if update:
            found[update["IndexName"]] = _checked(update["ProvisionedThroughput"])
    return found


def _checked(raw: Mapping[str, Any]) -> Units:
    for name, value in ((READ, raw.get(READ, 0)), (WRITE, raw.get(WRITE, 0))):
        if int(value) < 1:
            raise Refused(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at "
                f"'provisionedThroughput.{_UNITS[name]}' failed to satisfy constraint: Member must "
                "have value greater than or equal to 1",
            )
    return units(raw)


def changes(table: Mapping[str, Any], params: Mapping[str, Any]) -> list[Change]:
    """What a call changes of the table that DescribeTable shows.

    Raises:
        Refused: the table does not take it, in whole or in part.
    """
    asked = wanted(params)
    _refuse_on_demand(table, params, asked)
    _refuse_mixture(params, asked)
    current = {"": units(table["ProvisionedThroughput"])} | {
        index["IndexName"]: units(index.get("ProvisionedThroughput", {}))
        for index in table.get("GlobalSecondaryIndexes") or ()
    }
    found = []
    for index, after in asked.items():
        if index not in current:
            raise Refused(
                "ValidationException",
                f"The table does not have the specified index: {index}",
            )
        if current[index] == after:
            raise Refused("ValidationException", _unchanged(index, after))
        found.append(Change(index=index, before=current[index], after=after))
    return found


def _refuse_on_demand(
    table: Mapping[str, Any], params: Mapping[str, Any], asked: Mapping[str, Units]
) -> None:
    now = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    if asked and params.get("BillingMode", now) == "PAY_PER_REQUEST":
        raise Refused(
            "ValidationException",
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor "
            "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )


def _refuse_mixture(params: Mapping[str, Any], asked: Mapping[str, Units]) -> None:
    indexes = params.get("GlobalSecondaryIndexUpdates") or ()
    made = [change for change in indexes if "Create" in change or "Delete" in change]
    kinds = [bool(asked), bool(made), "StreamSpecification" in params, "ReplicaUpdates" in params]
    if sum(kinds) > 1 or len(made) > 1:
        raise Refused(
            "ValidationException",
            "One or more parameter values were invalid: Only one type of change can be made by one "
            "UpdateTable: throughput, stream settings, or the creation or deletion of one index",
        )


def _unchanged(index: str, same: Units) -> str:
    what = f"index {index}" if index else "table"
    return (
        f"The provisioned throughput for the {what} will not change. The requested value equals "
        f"the current value. Current ReadCapacityUnits provisioned for the {what}: {same.read}. "
        f"Requested ReadCapacityUnits: {same.read}. Current WriteCapacityUnits provisioned for the "
        f"{what}: {same.write}. Requested WriteCapacityUnits: {same.write}."
    )


def refuse_decrease(change: Change, decreases: list[datetime], now: datetime) -> None:
    """Refuse to lower a throughput whose decreases of the day are used up.

    Raises:
        Refused: the next one is allowed only later.
    """
    if not change.before.lowers(change.after):
        return
    allowed = next_decrease(decreases, now)
    if allowed > now:
        what = f"index {change.index}" if change.index else "table"
        raise Refused(
            "LimitExceededException",
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
            "given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC "
            f"day can be performed at most once every 3600 seconds. The {what} has had "
            f"{len(of_today(decreases, now))} decreases today, the last at "
            f"{decreases[-1].isoformat()}. The next can be made at {allowed.isoformat()}.",
        )
