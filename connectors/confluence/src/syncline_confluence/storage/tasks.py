"""Rules for task lists and for the extensions of the new editor."""

from __future__ import annotations

from .html import into_items
from .names import ADF_PANELS, BOXES
from .opaque import line_of
from .pieces import Box, Kind, Piece
from .source import SourceNode
from .walk import Frame, Rule, Walk, container, unwrapped


def _task_list(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), "ul", (), into_items)


def _task(walk: Walk, frame: Frame, node: SourceNode) -> Frame | None:
    body = node.child("ac:task-body")
    if body is None:
        frame.flow.hidden(node, frame.context)
        return None
    piece = Piece(Kind.ELEMENT, node, body)
    piece.box = node.child("ac:task-status")
    inside = container(walk, frame, piece, "li")
    inside.flow.box = Box(BOXES.get(line_of(piece.box), BOXES["incomplete"]) + " ")
    return inside


def _extension(walk: Walk, frame: Frame, node: SourceNode) -> Frame | None:
    """Show the content of an extension; its fallback would say the same once more."""
    inner = node.child("ac:adf-node")
    content = inner.child("ac:adf-content") if inner is not None else None
    if inner is not None and content is not None:
        return _adf_node(walk, frame, node, inner, content)
    fallback = node.child("ac:adf-fallback")
    if fallback is not None and line_of(fallback):
        return unwrapped(frame, node, fallback)
    walk.lose("macro", inner.get("type") if inner is not None else "extension", "not shown")
    walk.opaque(frame, node, inner.get("type", "extension") if inner is not None else "extension")
    return None


def _adf_node(
    walk: Walk, frame: Frame, node: SourceNode, inner: SourceNode, content: SourceNode
) -> Frame:
    match inner.get("type"):
        case "panel":
            panel = ADF_PANELS.get(_attribute(inner, "panel-type"), "info")
            piece = Piece(Kind.ELEMENT, node, content)
            return container(walk, frame, piece, "section", (("data-panel", panel),))
        case "decision-list":
            piece = Piece(Kind.ELEMENT, node, content)
            return container(walk, frame, piece, "ul", (), into_items)
        case _:
            return unwrapped(frame, node, content)


def _attribute(node: SourceNode, key: str) -> str:
    found = (c for c in node.elements() if c.tag == "ac:adf-attribute" and c.get("key") == key)
    return line_of(next(found, None))


def _inner_node(walk: Walk, frame: Frame, node: SourceNode) -> Frame | None:
    """Show a node inside an extension."""
    content = node.child("ac:adf-content")
    if content is None:
        frame.flow.hidden(node, frame.context)
        return None
    if node.get("type") == "decision-item":
        return container(walk, frame, Piece(Kind.ELEMENT, node, content), "li")
    return _adf_node(walk, frame, node, node, content)


RULES: dict[str, Rule] = {
    "ac:task-list": _task_list,
    "ac:task": _task,
    "ac:adf-extension": _extension,
    "ac:adf-node": _inner_node,
    "ac:adf-attribute": lambda walk, frame, node: frame.flow.hidden(node, frame.context),
}

__all__ = ["RULES"]
