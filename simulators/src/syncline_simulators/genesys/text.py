"""The words of a body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .document import Variation


def texts(value: Any) -> Iterator[str]:
    """The texts of a body in the order in which they are read."""
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict):
        found = value.get("text")
        if isinstance(found, str):
            yield found
        for name, one in value.items():
            if name != "text" or not isinstance(one, str):
                yield from texts(one)


def plain(one: Variation) -> str:
    """The text of a variation."""
    return "".join(texts(json.loads(one.body))) if one.body is not None else ""
