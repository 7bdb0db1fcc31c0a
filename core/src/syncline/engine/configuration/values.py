"""What either end of a rule holds, as the state remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ...config_items import ConfigItem, ConfigRecord, at_path, item_digest, kind_and_name
from ...model import JSON, Ref
from ...rules import Apply, Refused
from ...state.records import Half
from .rulebook import ManagedField

_VALUE = "value"


class Absent:
    """The object has no such field now."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent()
Held: TypeAlias = "JSON | Absent"
"""The value of a field, or that there is none."""


def held_at(record: ConfigRecord, path: str) -> Held:
    """Return what an object holds at a path."""
    try:
        return at_path(record.values, path)
    except KeyError:
        return ABSENT


def target_item(one: ManagedField, value: Held) -> ConfigItem:
    """Return the field as it is kept and compared: nothing else of its object."""
    kind, name = kind_and_name(one.rule.target.ref)
    return ConfigItem(kind=kind, name=name, values=_values(one.rule.target.path, value))


def source_item(one: ManagedField, value: Held) -> ConfigItem:
    """Return the input of a two-way rule as it is kept."""
    source = one.rule.source
    kind, name = kind_and_name(source.ref)
    return ConfigItem(kind=kind, name=name, values=_values(source.path or "", value))


def said_item(one: ManagedField, shaped: Apply | Refused) -> ConfigItem:
    """Return what a rule says, inside its bounds and on its step, as it is kept and compared."""
    values: dict[str, JSON] = {_VALUE: _plain(shaped.value)}
    if not isinstance(shaped, Apply):
        # What is out of range is another answer than the same number in range.
        values["refused"] = True
    return ConfigItem(kind="rule", name=f"{one.job}/{one.rule.name}", values=values)


def value_of(item: ConfigItem) -> Held:
    """Return the one value that an item of this module holds."""
    values = [value for key, value in item.values.items() if key != "refused"]
    return values[0] if values else ABSENT


def half_of(item: ConfigItem, ref: Ref) -> Half:
    """Return the half that remembers `item` as what `ref` holds."""
    key = item_digest(item)
    return Half(ref=ref, digest=key, value=key)


def _values(path: str, value: Held) -> Mapping[str, JSON]:
    return {} if isinstance(value, Absent) else {path: _plain(value)}


def _plain(value: JSON) -> JSON:
    """Return the value with one form for each number: 5.0 is 5."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case _:
            return value


__all__ = [
    "ABSENT",
    "Absent",
    "Held",
    "half_of",
    "held_at",
    "said_item",
    "source_item",
    "target_item",
    "value_of",
]
