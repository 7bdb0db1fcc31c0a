"""Transactions of moto's DynamoDB without a deep copy of the whole table for each action in them.

moto 5.2.5 keeps that copy to undo what a failed transaction did. An index of the items is enough,
as long as no item is changed in place: so the one that an update is about is copied first.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def quicken() -> None:
    """Exchange the copying in this process."""
    setattr(models, "copy", SimpleNamespace(deepcopy=_copied, copy=copy.copy))  # noqa: B010
    update = models.DynamoDBBackend.update_item

    def updated(self: Any, table_name: str, key: dict[str, Any], *rest: Any, **named: Any) -> Any:
        _exchange(self.get_table(table_name), key)
        return update(self, table_name, key, *rest, **named)

    setattr(models.DynamoDBBackend, "update_item", updated)  # noqa: B010 - mypy knows methods


def _copied(thing: Any) -> Any:
    if not isinstance(thing, Table):
        return copy.deepcopy(thing)
    twin = copy.copy(thing)
    twin.items = copy.copy(thing.items)
    if thing.has_range_key:
        for hash_key, found in thing.items.items():
            twin.items[hash_key] = copy.copy(found)
    return twin


def _exchange(table: Any, key: Mapping[str, Any]) -> None:
    """Put a copy of this item in its place; moto says what is wrong with a key that is none."""
    if table.hash_key_attr not in key:
        return
    rows, at = table.items, DynamoType(key[table.hash_key_attr])
    if table.has_range_key:
        if at not in rows or table.range_key_attr not in key:
            return
        rows, at = rows[at], DynamoType(key[table.range_key_attr])
    if at in rows:
        rows[at] = copy.deepcopy(rows[at])
