"""Shapes of request bodies: small checks that compose, and refuse what a model does not have.

A shape takes a value and the path where it was found, and returns the value as it will be kept;
it raises `Refusal` (400) otherwise. A member that is null counts as absent unless it says
otherwise: clients send nulls for what was never set.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from .errors import invalid_value, missing_field, unknown_member

Shape: TypeAlias = Callable[[Any, str], Any]

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@frozen
class Member:
    """One member of an object: its shape, whether it must be there, its value when it is not."""

    shape: Shape
    needed: bool = False
    default: Any = None
    clearable: bool = False
    """Whether a null is kept, because it takes the value away."""


def needed(shape: Shape) -> Member:
    """A member without which the request is refused."""
    return Member(shape, needed=True)


def otherwise(shape: Shape, default: Any) -> Member:
    """A member that the server fills in when it is absent."""
    return Member(shape, default=default)


def clearable(shape: Shape) -> Member:
    """A member whose value a null takes away."""
    return Member(shape, clearable=True)


def members(**fields: Shape | Member) -> Shape:
    """An object with these members, in this order, and no others.

    Absent members stay out of the result unless they have a default.
    """
    model = {name: f if isinstance(f, Member) else Member(f) for name, f in fields.items()}

    def check(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid_value(path or "body", "an object is expected")
        for name in value:
            if name not in model:
                raise unknown_member(name, path)
        return _filled(model, value, path)

    return check


def _filled(model: Mapping[str, Member], value: Mapping[str, Any], path: str) -> dict[str, Any]:
    kept = {}
    for name, member in model.items():
        found = value.get(name)
        if member.shape is ignored:
            continue
        if found is not None:
            kept[name] = member.shape(found, f"{path}.{name}" if path else name)
        elif name in value and member.clearable:
            kept[name] = None
        elif member.needed:
            raise missing_field(f"{path}.{name}" if path else name)
        elif member.default is not None:
            kept[name] = member.default
    return kept


def text(*, most: int | None = None, words: int | None = None, blank: bool = True) -> Shape:
    """A string without NUL, of at most `most` characters and `words` words."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise invalid_value(path, "a string is expected")
        if _NO_TEXT.search(value):
            raise invalid_value(path, "characters that are no text are not allowed")
        if most is not None and len(value) > most:
            raise invalid_value(path, f"at most {most} characters are allowed")
        if words is not None and len(value.split()) > words:
            raise invalid_value(path, f"at most {words} words are allowed")
        if not blank and not value.strip():
            raise invalid_value(path, "must not be blank")
        return value

    return check


def boolean(value: Any, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid_value(path, "a boolean is expected")
    return value


def integer(low: int = -(2**31), high: int = 2**31 - 1) -> Shape:
    """A whole number in the range; generated clients also send it as `3.0`."""

    def check(value: Any, path: str) -> int:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            raise invalid_value(path, "an integer is expected")
        if not low <= value <= high:
            raise invalid_value(path, f"must be between {low} and {high}")
        return int(value)

    return check


def number(value: Any, path: str) -> float:
    """A number, rounded to single precision: what a knowledge base keeps of it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid_value(path, "a number is expected")
    if not -3.4e38 < value < 3.4e38:
        raise invalid_value(path, "the number is out of range")
    return single(value)


def single(value: float) -> float:
    """The shortest decimal that stands for `value` in single precision."""
    (near,) = struct.unpack("f", struct.pack("f", value))
    for digits in range(6, 9):
        shortest = float(f"{near:.{digits}g}")
        if struct.pack("f", shortest) == struct.pack("f", near):
            return shortest
    return float(f"{near:.9g}")


def colour(value: Any, path: str) -> str:
    """A colour such as `#1a2b3c`."""
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise invalid_value(path, "a colour such as #000000 is expected")
    return value


def uuid(value: Any, path: str) -> str:
    """An id as the vendor makes them."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise invalid_value(path, "is not a valid id")
    return value.lower()


def one_of(*values: str) -> Shape:
    """One of the values, spelt exactly so."""

    def check(value: Any, path: str) -> str:
        if value not in values or not isinstance(value, str):
            raise invalid_value(path, f"must be one of {', '.join(values)}")
        return value

    return check


def listing(shape: Shape, *, most: int | None = None, least: int = 0) -> Shape:
    """A list of such values."""

    def check(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise invalid_value(path, "a list is expected")
        if most is not None and len(value) > most:
            raise invalid_value(path, f"at most {most} entries are allowed")
        if len(value) < least:
            raise invalid_value(path, f"at least {least} entries are expected")
        return [shape(entry, f"{path}[{n}]") for n, entry in enumerate(value)]

    return check


def ignored(value: Any, path: str) -> None:
    """A read-only member: clients send it back, the server does not look at it."""
    return


def read_only(*names: str) -> dict[str, Shape | Member]:
    """Members that a client may send back as it read them."""
    return dict.fromkeys(names, ignored)
