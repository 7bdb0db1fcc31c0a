"""A body laid out for typing: one block a line, inner ones indented, nothing else changed."""

from __future__ import annotations

from collections.abc import Iterator

from syncline import body as _body
from syncline.body import Element, Node
from syncline.errors import Rejected

_HOLDERS = frozenset(
    {"ul", "ol", "li", "blockquote", "section", "details", "table", "thead", "tbody", "tr"}
    | {"td", "th", "figure"}
)
_ITEMS = frozenset({"li", "td", "th"})


def laid_out(body: str) -> str:
    """Return the same body on many lines: `from_html` makes `body` of it again."""
    try:
        text = "\n".join(line for block in _body.parse(body) for line in _lines(block, ""))
        return text if _body.from_html(text) == body else body
    except Rejected:
        return body


def _lines(element: Element, indent: str) -> Iterator[str]:
    if element.tag not in _HOLDERS or not element.children:
        yield indent + _body.render([element])
        return
    first = element.children[0]
    if element.tag in _ITEMS and len(element.children) == 1 and _is(first, "p"):
        yield indent + _body.render([Element(element.tag, element.attrs, _inner(first))])
        return
    start, _, end = _body.render([Element(element.tag, element.attrs, ("\0",))]).partition("\0")
    yield indent + start
    for child in element.children:
        if isinstance(child, str):
            yield indent + "  " + _body.render([child])
        else:
            yield from _lines(child, indent + "  ")
    yield indent + end


def _is(node: Node, tag: str) -> bool:
    return isinstance(node, Element) and node.tag == tag


def _inner(node: Node) -> tuple[Node, ...]:
    return node.children if isinstance(node, Element) else (node,)


__all__ = ["laid_out"]
