"""The console's editor: what becomes of what a person types or pastes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..kernel.simulator import BadAction
from .paste import pasted


def blocks_of(value: Any) -> dict[str, Any]:
    """The blocks that a body of an action stands for.

    Blocks may be given as they are (`{"blocks": [...]}`), as the JSON text of them, as HTML that a
    person pastes, or as plain text with an empty line between paragraphs.

    Raises:
        BadAction: it is none of these.
    """
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise BadAction(f"'body' is an object with 'blocks', or a text, not {value!r}")
    if value.lstrip().startswith("{"):
        return _read(value)
    return {"blocks": pasted(value) if "<" in value else _typed(value)}


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadAction(f"'body' is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadAction("'body' is no object with 'blocks'")
    return found


def _typed(text: str) -> list[dict[str, Any]]:
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    return [
        {"type": "Paragraph", "paragraph": {"blocks": [{"type": "Text", "text": {"text": part}}]}}
        for part in parts or [" "]
    ]


def replaced(body: dict[str, Any], change: Any) -> dict[str, Any]:
    """The body with `old` replaced by `new` in the first text that holds it.

    Raises:
        BadAction: no text holds it, or `change` is not `{"old", "new"}`.
    """
    match change:
        case {"old": str(old), "new": str(new)} if old:
            pass
        case _:
            raise BadAction("'replace' is an object with the texts 'old' and 'new'")
    for node in _texts(body):
        if old in node["text"]:
            node["text"] = node["text"].replace(old, new)
            return body
    raise BadAction(f"no text of the article holds {old!r}")


def _texts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value
        for one in value.values():
            yield from _texts(one)
