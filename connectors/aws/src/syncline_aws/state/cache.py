"""Texts that several processes share, each changed by one conditional update."""

from __future__ import annotations

from syncline.state.records import Fact

from . import keys
from .refusals import Unknown
from .table import Table


class TextCache:
    """The `FactStore` of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def fact(self, name: str) -> Fact | None:
        """Return a fact as it is now."""
        item = self._table.get(keys.fact(name))
        return Fact(text=str(item["text"]), version=int(item["n"])) if item else None

    def put_fact(self, name: str, text: str, *, after: Fact | None) -> bool:
        """Change a fact if it still is as it was read; tell whether it was changed."""
        values = {":text": {"S": text}, ":one": {"N": "1"}}
        condition = "attribute_not_exists(pk)"
        if after is not None:
            condition, values[":n"] = "n = :n", {"N": str(after.version)}
        try:
            changed = self._table.update(
                keys.fact(name),
                ConditionExpression=condition,
                UpdateExpression="SET #text = :text ADD n :one",
                ExpressionAttributeNames={"#text": "text"},
                ExpressionAttributeValues=values,
            )
        except Unknown:
            # Nobody else changes it without reading first: the next attempt sees what came of it.
            return False
        return changed is not None
