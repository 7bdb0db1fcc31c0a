"""Provisioned throughput of DynamoDB tables and their indexes.

What DynamoDB refuses is found before it is asked: unchanged numbers never get here, numbers below 1
are out of range, an on-demand table takes none, lowering is rationed, and one change at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from syncline.config_items import ConfigRecord, Objection, kind_and_name
from syncline.errors import Held
from syncline.model import JSON, Ref

from ..calling import Calls
from ..kinds import INDEX, TABLE
from .decreases import Book, Decreases, greater
from .describing import Table, gone, tables, throughput_of
from .holding import Answer, Found, missing, name_of, number
from .rationing import next_decrease

UPDATE_LASTS = timedelta(seconds=30)
"""When to look again at a table that is being updated; AWS does not tell how long it takes."""
_CAPACITIES = ("read_capacity", "write_capacity")


class Throughputs:
    """The throughput of the tables and indexes of one region."""

    kinds = (
        INDEX,
        TABLE,
    )

    def __init__(self, calls: Calls, book: Book) -> None:
        self._calls = calls
        self._book = book

    async def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        found = await tables(self._calls, [resource_of(ref) for ref in refs])
        now = self._calls.clock.now()
        lowered = self._book.today(now)
        for ref in refs:
            resource = resource_of(ref)
            table = found[resource.split("/")[1]]
            if isinstance(table, Table):
                yield self._found(ref, table, lowered.get(resource, Decreases()), now)
            elif gone(table):
                yield missing(ref, "table of this name")
            else:
                yield ref, table

    def _found(self, ref: Ref, table: Table, lowered: Decreases, now: datetime) -> Found:
        values = throughput_of(table, place_of(ref)[1])
        if values is None:
            return missing(ref, "index of this name; an index is named 'table/index'")
        values |= _told(greater(_decreases(values), lowered, now))
        foreign = table.foreign
        if values["auto_scaled"] and not self._calls.settings.allow_auto_scaled:
            foreign = foreign or (
                "Application Auto Scaling manages it and would undo what is written; take it off "
                "there, or set allow_auto_scaled = true"
            )
        return Found(
            ref=ref, values=values, versioned=(*_CAPACITIES, "billing_mode"), foreign=foreign
        )

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        values = record.values
        if values["billing_mode"] == "PAY_PER_REQUEST":
            return Objection(
                why="the table is on demand: it has no provisioned throughput to set; switch its "
                "billing mode to PROVISIONED, or take the rule away"
            )
        if values["auto_scaled"] and not self._calls.settings.allow_auto_scaled:
            return Objection(why=f"{record.foreign or 'Application Auto Scaling manages it'}")
        if values["status"] != "ACTIVE":
            return Objection(
                why="the table is being updated, and takes one change at a time",
                until=now + UPDATE_LASTS,
            )
        return _ration(values, wanted, now)

    def busy(self, record: ConfigRecord) -> bool:
        return record.values.get("status", "ACTIVE") != "ACTIVE"

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        """Send both numbers, as UpdateTable demands; one that is not wanted is sent as read."""
        table, index = place_of(record.ref)
        numbers = {**record.values, **wanted}
        throughput = {
            "ReadCapacityUnits": number(numbers, "read_capacity"),
            "WriteCapacityUnits": number(numbers, "write_capacity"),
        }
        update: dict[str, Any] = {"ProvisionedThroughput": throughput}
        if index:
            change = {"Update": {"IndexName": index, **update}}
            update = {"GlobalSecondaryIndexUpdates": [change]}
        try:
            await self._calls.write(
                "dynamodb", "update_table", ref=record.ref, TableName=table, **update
            )
        except Held as held:
            raise _rationed(held, record, self._calls.clock.now()) from held
        if _lowers(record.values, wanted):
            told, now = _decreases(record.values), self._calls.clock.now()
            self._book.lowered(resource_of(record.ref), told.of(now), now)


def _ration(
    values: Mapping[str, JSON], wanted: Mapping[str, JSON], now: datetime
) -> Objection | None:
    if not _lowers(values, wanted):
        return None
    today = _decreases(values)
    allowed = next_decrease(today.times, today.last, now)
    if allowed <= now:
        return None
    return Objection(
        why=f"DynamoDB lets it be lowered four times a UTC day and then once an hour, and it was "
        f"{today.times} times today",
        until=allowed,
    )


def _lowers(values: Mapping[str, JSON], wanted: Mapping[str, JSON]) -> bool:
    return any(number(wanted, name) < number(values, name) for name in wanted)


def _decreases(values: Mapping[str, JSON]) -> Decreases:
    last = values.get("last_decrease")
    moment = datetime.fromisoformat(last) if isinstance(last, str) and last else None
    return Decreases(number(values, "decreases_today"), moment)


def _told(found: Decreases) -> dict[str, JSON]:
    last = "" if found.last is None else found.last.isoformat()
    return {"decreases_today": found.times, "last_decrease": last}


def _rationed(held: Held, record: ConfigRecord, now: datetime) -> Held:
    """Return the same with the time of the ration, where that is what DynamoDB refused for."""
    if "LimitExceededException" not in str(held):
        return held
    # It was lowered by somebody else since it was read: an hour is the longest that it takes.
    today = _decreases(record.values)
    until = next_decrease(today.times, today.last, now)
    return Held(str(held), until=until if until > now else now + timedelta(hours=1), ref=record.ref)


def place_of(ref: Ref) -> tuple[str, str]:
    """Return table and index that a ref names; the index is empty for the table itself."""
    kind, name = kind_and_name(ref)
    if kind != INDEX:
        return name, ""
    table, _, index = name.partition("/")
    return table, index or "-"


def resource_of(ref: Ref) -> str:
    """Return the id of Application Auto Scaling: `table/NAME` or `table/NAME/index/INDEX`."""
    table, index = place_of(ref)
    return f"table/{table}/index/{index}" if index else f"table/{name_of(ref)}"


__all__ = ["Throughputs", "place_of", "resource_of"]
