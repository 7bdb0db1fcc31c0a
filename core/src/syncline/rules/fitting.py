"""Values and types: a value is taken as another type only where nothing of it is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ..config_items import FieldType
from ..model import JSON
from .numbers import INT_MAX, INT_MIN, in_text

MAX_DEPTH = 32
"""Lists and maps inside each other."""


class Misfit(ValueError):
    """The value is not of the type; the sentence begins with the value."""


def fitted(value: object, type_: FieldType) -> JSON:
    """Return a value as JSON of a type: 500.0 is the whole number 500, 500.5 is none.

    Raises:
        Misfit: the value is not of the type, or no JSON (NaN, a time, bytes).
    """
    if value is None and type_ is not FieldType.ANY:
        raise Misfit(f"null, not {NAMES[type_]}")
    return _FITTING[type_](value)


NAMES: Mapping[FieldType, str] = {
    FieldType.INT: "a whole number",
    FieldType.DOUBLE: "a number",
    FieldType.BOOL: "true or false",
    FieldType.STRING: "a text",
    FieldType.LIST: "a list",
    FieldType.MAP: "a map",
    FieldType.ANY: "a value",
}
"""What people call each type."""


def _whole(value: object) -> JSON:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit(f"{said(value)}, not a whole number")
    if isinstance(value, float):
        if not value.is_integer():  # NaN and the infinities are none, either
            raise Misfit(f"{value!r}, which is no whole number (int(…) would cut it)")
        value = int(value)
    return _in_range(value)


def _in_range(value: int) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise Misfit(f"{value}, which is beyond whole numbers of 64 bits")
    return value


def _double(value: object) -> JSON:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit(f"{said(value)}, not a number")
    if isinstance(value, float):
        return _finite(value)
    if float(_in_range(value)) != value:
        raise Misfit(f"{value}, which a double cannot hold exactly")
    return float(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise Misfit(f"{'not a number (NaN)' if math.isnan(value) else 'infinite'}")
    return value


def _plain(type_: type, name: str) -> Callable[[object], JSON]:
    def fits(value: object) -> JSON:
        if not isinstance(value, type_):
            raise Misfit(f"{said(value)}, not {name}")
        return _json(value)

    return fits


def _json(value: object, depth: int = 0) -> JSON:
    """Return a value that JSON and the expression language both can say."""
    if depth > MAX_DEPTH:
        raise Misfit(f"nested more than {MAX_DEPTH} deep")
    match value:
        case None | bool() | str():
            return value
        case int():
            return _in_range(value)
        case float():
            return _finite(value)
        case list() | tuple():
            return [_json(each, depth + 1) for each in value]
        case dict():
            return {_key(key): _json(each, depth + 1) for key, each in value.items()}
        case _:
            raise Misfit(f"{said(value)}, which no field can hold")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise Misfit(f"a map with the key {key!r}; keys are texts")
    return key


def said(value: object) -> str:
    """Return what a message calls a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {in_text(value)}" if math.isfinite(value) else repr(value)
        case str():
            return f"the text {value if len(value) <= 40 else value[:37] + '...'!r}"
        case list() | tuple():
            return "a list"
        case dict():
            return "a map"
        case _:
            return f"a {type(value).__name__}"


_FITTING: Mapping[FieldType, Callable[[object], JSON]] = {
    FieldType.INT: _whole,
    FieldType.DOUBLE: _double,
    FieldType.BOOL: _plain(bool, NAMES[FieldType.BOOL]),
    FieldType.STRING: _plain(str, NAMES[FieldType.STRING]),
    FieldType.LIST: _plain(list, NAMES[FieldType.LIST]),
    FieldType.MAP: _plain(dict, NAMES[FieldType.MAP]),
    FieldType.ANY: _json,
}


__all__ = ["NAMES", "Misfit", "fitted", "said"]
