"""What a body does not show and writing a block anew would lose."""

from __future__ import annotations

from .names import DROPPED_MACROS, HIDING_MACROS, PANELS
from .source import SourceNode, child

_ISLANDS = frozenset(
    {
        "ac:adf-extension",
        "ac:inline-comment-marker",
        "ac:layout",
        "ac:placeholder",
        "ac:task-list",
    }
)


def island(root: SourceNode, kept: set[SourceNode | None]) -> str:
    """Name something below `root` that writing its block anew would lose; empty when nothing.

    What is below `kept` is not lost.
    """
    stack = [*root]
    while stack:
        node = stack.pop()
        if node in kept:
            continue
        name = node.get("ac:name", "")
        if node.tag in _ISLANDS:
            return f"<{node.tag}>"
        if node.tag in ("ac:structured-macro", "ac:macro") and _is_lost(node, name):
            return f"the macro {name!r}"
        stack.extend(node)
    return ""


def _is_lost(node: SourceNode, name: str) -> bool:
    if name in DROPPED_MACROS or name in HIDING_MACROS:
        return True
    known = {*PANELS, "expand", "code", "noformat"} - {"panel"}
    return child(node, "ac:rich-text-body") is not None and name not in known


__all__ = ["island"]
