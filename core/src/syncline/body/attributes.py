"""Attribute values of a loose tree in their one spelling; "" when a body does not hold them."""

from __future__ import annotations

import re
from typing import Final

from .characters import line, quote
from .tree import Element

_LANGUAGE = re.compile(r"[a-z0-9+#][a-z0-9+#._/ -]{0,39}")
_START = re.compile(r"\s*-?[0-9]{1,6}\s*", re.ASCII)
_SPAN = re.compile(r"\s*[0-9]{1,4}\s*", re.ASCII)
_SCOPES: Final = frozenset({"row", "col", "rowgroup", "colgroup"})


def attribute(name: str, value: str) -> str:
    """Return an attribute as it is written, nothing for an empty one."""
    return f' {name}="{quote(value)}"' if value else ""


def language(node: Element) -> str:
    """Return the language of a code block."""
    inner = next((c for c in node.children if isinstance(c, Element) and c.tag == "code"), node)
    value = line(inner.get("data-lang") or node.get("data-lang")).lower()
    return value if _LANGUAGE.fullmatch(value) else ""


def start(value: str) -> str:
    """Return where a list starts to count, "" for 1."""
    if not _START.fullmatch(value) or int(value) == 1:
        return ""
    return str(int(value))


def span(value: str) -> int:
    """Return how many rows or columns a cell takes, 2 to 1000, else 1."""
    if not _SPAN.fullmatch(value):
        return 1
    return int(value) if 2 <= int(value) <= 1000 else 1


def cell(tag: str, node: Element) -> str:
    """Return the attributes of a cell as they are written."""
    if not node.attrs:
        return ""
    spans = ((name, span(node.get(name))) for name in ("colspan", "rowspan"))
    text = "".join(f' {name}="{value}"' for name, value in spans if value > 1)
    scope = node.get("scope").strip().lower() if tag == "th" else ""
    return text + attribute("scope", scope if scope in _SCOPES else "")
