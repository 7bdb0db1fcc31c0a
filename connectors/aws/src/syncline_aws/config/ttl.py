"""Time to live of DynamoDB tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from syncline.config_items import ConfigRecord, Objection
from syncline.errors import Held, Rejected, SynclineError
from syncline.model import JSON, Ref

from ..calling import Calls
from ..kinds import TTL
from .describing import Table, gone, tables
from .holding import Answer, Found, missing, name_of

PAUSE = timedelta(hours=1)
"""UpdateTimeToLive: a further change within the hour of the last one is refused."""
LOOK_AGAIN = timedelta(minutes=5)


class TimesToLive:
    """The time to live of the tables of one region."""

    kinds = (TTL,)

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        found = await tables(self._calls, [f"table/{name_of(ref)}" for ref in refs], scaled=False)
        told = await asyncio.gather(*(self._told(name_of(ref)) for ref in refs))
        for ref, ttl in zip(refs, told, strict=True):
            table = found[name_of(ref)]
            if not isinstance(table, Table):
                yield missing(ref, "table of this name") if gone(table) else (ref, table)
            elif isinstance(ttl, SynclineError):
                yield ref, ttl
            else:
                yield Found(
                    ref=ref,
                    values=values_of(ttl),
                    versioned=("enabled", "attribute"),
                    foreign=table.foreign,
                )

    async def _told(self, table: str) -> dict[str, Any] | SynclineError:
        try:
            answer = await self._calls.read("dynamodb", "describe_time_to_live", TableName=table)
        except SynclineError as error:
            return error
        told: dict[str, Any] = answer["TimeToLiveDescription"]
        return told

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        values = record.values
        after = {**values, **wanted}
        if values["status"] in ("ENABLING", "DISABLING"):
            return Objection(
                why="a change of it is under way, which takes up to an hour",
                until=now + LOOK_AGAIN,
            )
        if after["enabled"] and not after.get("attribute"):
            return Objection(why="it has no attribute yet: give the field `attribute` a rule, too")
        if "attribute" in wanted and not after["enabled"]:
            return Objection(why="DynamoDB takes an attribute only when it is switched on")
        if "attribute" in wanted and values["enabled"]:
            return Objection(
                why="another attribute can be named only after it was switched off: switch it off, "
                "and on again an hour later"
            )
        return None

    def busy(self, record: ConfigRecord) -> bool:
        return False

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        after = {**record.values, **wanted}
        specification = {"Enabled": after["enabled"], "AttributeName": after["attribute"]}
        try:
            await self._calls.write(
                "dynamodb",
                "update_time_to_live",
                ref=record.ref,
                TableName=name_of(record.ref),
                TimeToLiveSpecification=specification,
            )
        except Rejected as error:
            if "multiple times" not in str(error):
                raise
            until = self._calls.clock.now() + PAUSE
            raise Held(str(error), until=until, ref=record.ref) from error


def values_of(told: Mapping[str, Any]) -> dict[str, JSON]:
    """Return the fields that DescribeTimeToLive shows. Pure."""
    status = str(told.get("TimeToLiveStatus", "DISABLED"))
    values: dict[str, JSON] = {"enabled": status in ("ENABLED", "ENABLING"), "status": status}
    if told.get("AttributeName"):
        values["attribute"] = str(told["AttributeName"])
    return values


__all__ = ["TimesToLive", "values_of"]
