"""Rules for task lists and for the extensions of the new editor."""

from __future__ import annotations

from collections.abc import Callable

from .flow import Flow, Holds
from .html import item
from .names import ADF_PANELS, BOXES
from .opaque import line_of
from .source import SourceNode, child
from .walk import Rule, Scope, Walk, container, unwrapped


def _bullets(flow: Flow) -> str:
    items = flow.items()
    return f"<ul>{items}</ul>" if items else ""


def _task_list(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    return container(scope, node, node, walk.inside(scope, node, Holds.ITEMS), _bullets)


def _task(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    body = child(node, "ac:task-body")
    if body is None:
        scope.flow.hidden(node, scope.context)
        return None
    if scope.flow.holds is not Holds.ITEMS:
        return unwrapped(scope, node, body)
    status = child(node, "ac:task-status")
    inside = walk.inside(scope, body, box=status)
    inside.box = BOXES.get(line_of(status), BOXES["incomplete"]) + " "
    return container(scope, node, body, inside, item)


def _extension(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    """Show the content of an extension; its fallback would say the same once more."""
    inner = child(node, "ac:adf-node")
    content = child(inner, "ac:adf-content") if inner is not None else None
    if inner is not None and content is not None:
        return _adf_node(walk, scope, node, inner, content)
    fallback = child(node, "ac:adf-fallback")
    if fallback is not None and line_of(fallback):
        return unwrapped(scope, node, fallback)
    kind = inner.get("type", "extension") if inner is not None else "extension"
    walk.lose("macro", kind, f"the extension {kind!r} is shown in Confluence only")
    walk.opaque(scope, node, kind)
    return None


def _adf_node(
    walk: Walk, scope: Scope, node: SourceNode, inner: SourceNode, content: SourceNode
) -> Scope:
    match inner.get("type"):
        case "panel":
            kind = ADF_PANELS.get(_attribute(inner, "panel-type"), "info")
            return container(scope, node, content, walk.inside(scope, content), _panel(kind))
        case "decision-list":
            inside = walk.inside(scope, content, Holds.ITEMS)
            return container(scope, node, content, inside, _bullets)
        case _:
            return unwrapped(scope, node, content)


def _panel(kind: str) -> Callable[[Flow], str]:
    def spell(flow: Flow) -> str:
        blocks = flow.joined()
        return f'<section data-panel="{kind}">{blocks}</section>' if blocks else ""

    return spell


def _attribute(node: SourceNode, key: str) -> str:
    found = (c for c in node if c.tag == "ac:adf-attribute" and c.get("key") == key)
    return line_of(next(found, None))


def _inner_node(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    """Show a node inside an extension."""
    content = child(node, "ac:adf-content")
    if content is None:
        scope.flow.hidden(node, scope.context)
        return None
    if node.get("type") == "decision-item" and scope.flow.holds is Holds.ITEMS:
        return container(scope, node, content, walk.inside(scope, content), item)
    return _adf_node(walk, scope, node, node, content)


def _nothing(walk: Walk, scope: Scope, node: SourceNode) -> None:
    scope.flow.hidden(node, scope.context)


RULES: dict[str, Rule] = {
    "ac:task-list": _task_list,
    "ac:task": _task,
    "ac:adf-extension": _extension,
    "ac:adf-node": _inner_node,
    "ac:adf-attribute": _nothing,
}

__all__ = ["RULES"]
