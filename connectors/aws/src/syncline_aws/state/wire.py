"""Items as DynamoDB speaks of them, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, TypeAlias

from .keys import Key

Value: TypeAlias = "str | int | bytes"
Item: TypeAlias = dict[str, Value]
"""The attributes of an item by name; `pk` and `sk` are its key, `v` names its latest commit."""

_WORTH_COMPRESSING = 1000
"""Characters of JSON; below, compression saves no capacity unit."""


def to_wire(item: Mapping[str, Value]) -> dict[str, Any]:
    """Return an item with the types written out."""
    return {name: value_to_wire(value) for name, value in item.items()}


def value_to_wire(value: Value) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case _:
            return {"N": str(value)}


def from_wire(raw: Mapping[str, Any]) -> Item:
    """Return the item that `to_wire` wrote."""
    return {name: _value(value) for name, value in raw.items()}


def _value(raw: Mapping[str, Any]) -> Value:
    match raw:
        case {"S": str(text)}:
            return text
        case {"N": str(digits)}:
            return int(digits)
        case {"B": data}:
            return bytes(data)
        case _:
            raise ValueError(f"an attribute of type {sorted(raw)} is none of Syncline's")


def key_to_wire(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def key_of(item: Item) -> Key:
    """Return the key of an item."""
    return str(item["pk"]), str(item["sk"])


def new(at: Key, body: Any = None, /, **attributes: Value) -> Item:
    """Return an item; `body`, any JSON, is kept compressed where that saves something."""
    item: Item = {"pk": at[0], "sk": at[1], **attributes}
    if body is not None:
        text = json.dumps(body, separators=(",", ":"))
        item["d"] = text if len(text) < _WORTH_COMPRESSING else zlib.compress(text.encode(), 6)
    return item


def body_of(item: Item) -> Any:
    """Return the JSON that `new` kept."""
    kept = item["d"]
    return json.loads(zlib.decompress(kept) if isinstance(kept, bytes) else str(kept))


def size_of(item: Item) -> int:
    """Return about how many bytes an item has, names included, as DynamoDB counts."""
    return sum(len(name) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    match value:
        case str():
            return len(value.encode("utf-8", "surrogatepass"))
        case bytes():
            return len(value)
        case _:
            return 12
