"""A body as its leaves in reading order, each with the chain of boxes that it stands in.

The same tree, written flat: leaves can be aligned, replaced and added without caring how deep they
stand, and consecutive leaves that share boxes make the tree again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .markup import render
from .outline import said, words
from .profile import LEAVES
from .tree import Blocks, Element, Node


class Box:
    """A container, by identity. A panel's title is not here: it is a leaf of its own."""

    __slots__ = ("attrs", "boxes", "parent", "tag")

    def __init__(self, element: Element, parent: Box | None) -> None:
        self.tag = element.tag
        self.attrs = _untitled(element)
        self.parent = parent
        self.boxes: list[Box] = []
        if parent is not None:
            parent.boxes.append(self)

    @property
    def kind(self) -> str:
        """What a box must share to be the same one, changed."""
        return _KINDS.get(self.tag, self.tag)


_KINDS = {"ol": "ul", "th": "td", "thead": "tbody"}


def _untitled(element: Element) -> tuple[tuple[str, str], ...]:
    if element.tag != "section":
        return element.attrs
    return tuple(pair for pair in element.attrs if pair[0] != "title")


Chain = tuple[Box, ...]
"""Boxes, outermost first."""


class Entry:
    """One leaf, or an empty box; `text` is what it is compared by."""

    __slots__ = ("chain", "element", "text", "words")

    def __init__(self, element: Element | None, chain: Chain) -> None:
        self.element = element
        self.chain = chain
        self.text = f"<{chain[-1].kind}>" if element is None else render((element,))
        self.words = said(self.text)

    @property
    def opaque(self) -> bool:
        return 'data-opaque="' in self.text

    @property
    def telling(self) -> bool:
        """False for what says nothing about itself: blank paragraphs, rules, empty boxes."""
        return bool(self.words) or self.text.startswith(("<figure", "<video", "<div"))


def flatten(blocks: Blocks) -> list[Entry]:
    """Return the entries of a body."""
    entries: list[Entry] = []
    stack: list[tuple[Node, Chain]] = [(block, ()) for block in reversed(blocks)]
    while stack:
        node, chain = stack.pop()
        if isinstance(node, str):
            continue
        captioned = node.tag == "figure" and len(node.children) > 1
        if node.tag == "figcaption" or (node.tag in LEAVES and not captioned):
            entries.append(Entry(node, chain))
            continue
        inner = (*chain, Box(node, chain[-1] if chain else None))
        if captioned:
            # Many systems have an image and its caption as two blocks.
            entries.append(Entry(Element("figure", (), node.children[:1]), inner))
            stack.extend((caption, inner) for caption in node.children[1:])
            continue
        if title := node.get("title"):
            entries.append(Entry(Element("summary", (), (title,)), inner))
        elif not node.children:
            entries.append(Entry(None, inner))
        stack.extend((child, inner) for child in reversed(node.children))
    return entries


Placed = tuple["Element | None", Chain]


def gather(placed: Iterable[Placed]) -> list[Node]:
    """Return the loose tree of leaves in their boxes; neighbours share what they have in common."""
    roots: list[Node] = []
    opened: list[tuple[Box, list[Node]]] = []
    for element, chain in placed:
        keep = shared([box for box, _ in opened], chain)
        _shut(opened, keep, roots)
        opened.extend((box, []) for box in chain[keep:])
        if element is not None:
            (opened[-1][1] if opened else roots).append(element)
    _shut(opened, 0, roots)
    return roots


def _shut(opened: list[tuple[Box, list[Node]]], keep: int, roots: list[Node]) -> None:
    while len(opened) > keep:
        box, children = opened.pop()
        siblings = opened[-1][1] if opened else roots
        siblings.append(_filled(box, children))


def _filled(box: Box, children: list[Node]) -> Element:
    attrs = box.attrs
    if box.tag == "section":
        title = next((n for n, c in enumerate(children) if _titles(c)), None)
        if title is not None:
            attrs = (*attrs, ("title", words(render((children.pop(title),)))))
    return Element(box.tag, attrs, tuple(children))


def _titles(node: Node) -> bool:
    return isinstance(node, Element) and node.tag == "summary"


def shared(one: Sequence[Box], other: Sequence[Box]) -> int:
    """Return how many outer boxes two chains have in common."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine is not theirs:
            break
        count += 1
    return count
