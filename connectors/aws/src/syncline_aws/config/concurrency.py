"""Concurrency of Lambda functions: reserved for a function, provisioned for an alias or version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncline.config_items import ConfigRecord, Objection, kind_and_name
from syncline.errors import NotFound, SynclineError
from syncline.model import JSON, Ref

from ..calling import Calls
from ..kinds import ALIAS, FUNCTION
from .holding import Answer, Found, missing, number
from .tags import owner

UNRESERVED = 100
"""PutFunctionConcurrency: so much of the account's concurrency stays unreserved."""


class Concurrencies:
    """The functions of one region."""

    kinds = (
        ALIAS,
        FUNCTION,
    )

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        names = list(dict.fromkeys(place_of(ref)[0] for ref in refs))
        told = await asyncio.gather(*(self._function(name) for name in names))
        functions = dict(zip(names, told, strict=True))
        unreserved = await self._unreserved(refs)
        for answer in await asyncio.gather(
            *(self._found(ref, functions[place_of(ref)[0]], unreserved) for ref in refs)
        ):
            yield answer

    async def _function(self, name: str) -> dict[str, Any] | SynclineError:
        try:
            return await self._calls.read("lambda", "get_function", FunctionName=name)
        except SynclineError as error:
            return error

    async def _unreserved(self, refs: Sequence[Ref]) -> int | SynclineError:
        """Return what the account has left; asked once, and only for functions."""
        if not any(kind_and_name(ref)[0] == FUNCTION for ref in refs):
            return 0
        try:
            answer = await self._calls.read("lambda", "get_account_settings")
        except SynclineError as error:
            return error
        return int(answer["AccountLimit"]["UnreservedConcurrentExecutions"])

    async def _found(
        self, ref: Ref, function: dict[str, Any] | SynclineError, unreserved: int | SynclineError
    ) -> Answer:
        if isinstance(function, NotFound):
            return missing(ref, "function of this name")
        if isinstance(function, SynclineError):
            return ref, function
        settings = self._calls.settings
        tags = function.get("Tags") or {} if settings.heed_tags else {}
        foreign = owner(tags, settings.owner)
        reserved = (function.get("Concurrency") or {}).get("ReservedConcurrentExecutions")
        name, qualifier = place_of(ref)
        if qualifier:
            return await self._alias(ref, name, qualifier, reserved, foreign)
        if isinstance(unreserved, SynclineError):
            return ref, unreserved
        values: dict[str, JSON] = {"unreserved": unreserved}
        if reserved is not None:
            values["reserved_concurrency"] = reserved
        return Found(ref=ref, values=values, versioned=("reserved_concurrency",), foreign=foreign)

    async def _alias(
        self, ref: Ref, name: str, qualifier: str, reserved: int | None, foreign: str
    ) -> Answer:
        try:
            told = await self._calls.read(
                "lambda",
                "get_provisioned_concurrency_config",
                FunctionName=name,
                Qualifier=qualifier,
            )
        except NotFound as error:
            if "ProvisionedConcurrencyConfigNotFound" not in str(error):
                return missing(ref, "alias or version of this name; it is named 'function:alias'")
            told = {}
        except SynclineError as error:
            return ref, error
        return Found(
            ref=ref,
            values=_provisioned(told, reserved),
            versioned=("provisioned_concurrency",),
            foreign=foreign,
        )

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        values = record.values
        name, qualifier = place_of(record.ref)
        if not qualifier:
            left = number(values, "unreserved") + number(values, "reserved_concurrency")
            return _pool(left, number(wanted, "reserved_concurrency"))
        if qualifier == "$LATEST":
            return Objection(why="$LATEST takes no provisioned concurrency: name an alias")
        asked = number(wanted, "provisioned_concurrency")
        reserved = values.get("reserved_concurrency")
        if isinstance(reserved, int) and asked > reserved:
            return Objection(
                why=f"{name} reserves {reserved} executions, and {asked} cannot be kept ready of "
                "them: reserve more, or give the rule a maximum"
            )
        return None

    def busy(self, record: ConfigRecord) -> bool:
        return False

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        name, qualifier = place_of(record.ref)
        if not qualifier:
            await self._calls.write(
                "lambda",
                "put_function_concurrency",
                ref=record.ref,
                FunctionName=name,
                ReservedConcurrentExecutions=number(wanted, "reserved_concurrency"),
            )
            return
        place = {"FunctionName": name, "Qualifier": qualifier}
        asked = number(wanted, "provisioned_concurrency")
        if asked:
            await self._calls.write(
                "lambda",
                "put_provisioned_concurrency_config",
                ref=record.ref,
                ProvisionedConcurrentExecutions=asked,
                **place,
            )
        else:
            # 0 is no value of the configuration: without any it is not there.
            await self._calls.write(
                "lambda", "delete_provisioned_concurrency_config", ref=record.ref, **place
            )


def _pool(left: int, asked: int) -> Objection | None:
    if left - asked >= UNRESERVED or not asked:
        return None
    return Objection(
        why=f"the account has {left} executions for it, of which {UNRESERVED} stay unreserved: "
        f"{asked} are too many; have the account's limit raised, or give the rule a maximum"
    )


def _provisioned(told: Mapping[str, Any], reserved: int | None) -> dict[str, JSON]:
    values: dict[str, JSON] = {
        "provisioned_concurrency": told.get("RequestedProvisionedConcurrentExecutions", 0),
        "available": told.get("AvailableProvisionedConcurrentExecutions", 0),
        "status": told.get("Status", ""),
    }
    return values if reserved is None else {**values, "reserved_concurrency": reserved}


def place_of(ref: Ref) -> tuple[str, str]:
    """Return function and qualifier that a ref names; the latter is empty for the function."""
    kind, name = kind_and_name(ref)
    if kind == FUNCTION:
        return name, ""
    function, _, qualifier = name.rpartition(":")
    return function or qualifier, qualifier if function else "-"


__all__ = ["Concurrencies", "place_of"]
