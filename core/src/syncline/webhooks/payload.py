"""The JSON of a delivery, read strictly: it is genuine, and may still make no sense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..errors import Rejected

LONGEST_ID = 512
"""Characters of an item's id."""


def json_object(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object that a body is.

    Raises:
        Rejected: it is no UTF-8, no JSON, no object, or one key stands in an object twice.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except RecursionError:
        raise Rejected("the body is nested too deeply") from None
    except ValueError as error:
        raise Rejected(f"the body is not JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise Rejected("the body is JSON, and no object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of one text must not see two values: the last of a name is not better.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


# One for all: to make a decoder costs as much as to read a delivery with it.
_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def item_id(value: object, *, number: bool = False) -> str:
    """Return the id of an item, which some systems write as a number.

    Args:
        number: only decimal digits will do.

    Raises:
        Rejected: it cannot be an id.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_ID:
        raise Rejected("an id is neither a text nor a number")
    if not text.isprintable() or (number and not (text.isascii() and text.isdigit())):
        raise Rejected("an id has characters that no id has")
    return text


def moment(milliseconds: object) -> datetime | None:
    """Return the time that a number of milliseconds since 1970 says; None when it says none."""
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


__all__ = ["LONGEST_ID", "item_id", "json_object", "moment"]
