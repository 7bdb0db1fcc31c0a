"""Text to tree and tree to text, for markup that is well-formed already."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import Rejected
from .characters import escape, quote, unescape
from .profile import VOID
from .tree import Blocks, Element, Node

_TOKEN = re.compile(r'([^<]+)|<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_PAIR = re.compile(r' ([a-z-]+)="([^"]*)"')

Attrs = tuple[tuple[str, str], ...]


def build(text: str) -> tuple[Node, ...]:
    """Return the nodes of `text`, which must be as html5ever writes markup.

    Raises:
        Rejected: it is not.
    """
    roots: list[Node] = []
    children = roots
    above: list[tuple[str, Attrs, list[Node]]] = []
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() != end:
            break
        end = token.end()
        words, closing, tag, raw = token.groups()
        if words is not None:
            children.append(unescape(words))
        elif closing:
            if not above or above[-1][0] != tag:
                raise Rejected(f"</{tag}> at character {token.start()} closes nothing")
            _, attrs, siblings = above.pop()
            siblings.append(Element(tag, attrs, tuple(children)))
            children = siblings
        elif tag in VOID:
            children.append(Element(tag, _attrs(raw)))
        else:
            above.append((tag, _attrs(raw) if raw else (), children))
            children = []
    if end != len(text):
        raise Rejected(f"not markup of the body profile at character {end}: {_at(text, end)}")
    if above:
        raise Rejected(f"<{above[-1][0]}> is never closed")
    return tuple(roots)


def _attrs(raw: str) -> Attrs:
    return tuple((name, unescape(value)) for name, value in _PAIR.findall(raw))


def attributes(start: str) -> dict[str, str]:
    """Return the attributes of a start tag."""
    return dict(_attrs(start))


def _at(text: str, position: int) -> str:
    return repr(text[position : position + 40])


def opening(tag: str, attrs: Iterable[tuple[str, str]]) -> str:
    """Return the start tag."""
    pairs = "".join([f' {name}="{quote(value)}"' for name, value in attrs])
    return f"<{tag}{pairs}>"


def render(blocks: Iterable[Node]) -> str:
    """Return the text of a normal tree: `parse(render(tree)) == tree`."""
    parts: list[str] = []
    stack: list[Node | tuple[str]] = [*blocks]
    stack.reverse()
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(escape(node))
        elif isinstance(node, tuple):
            parts.append(node[0])
        else:
            parts.append(opening(node.tag, node.attrs) if node.attrs else f"<{node.tag}>")
            if node.tag not in VOID:
                stack.append((f"</{node.tag}>",))
                stack.extend(reversed(node.children))
    return "".join(parts)


def elements(nodes: tuple[Node, ...]) -> Blocks:
    """Return `nodes`, which are elements all.

    Raises:
        Rejected: there is text among them.
    """
    for node in nodes:
        if isinstance(node, str):
            raise Rejected(f"text outside of any block: {node[:40]!r}")
    return tuple(node for node in nodes if not isinstance(node, str))
