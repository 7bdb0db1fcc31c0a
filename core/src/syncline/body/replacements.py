"""What stands for elements that a vocabulary does not hold, where it does not say so itself."""

from __future__ import annotations

from collections.abc import Iterable

from .profile import HEADINGS
from .tree import Element, Node, element
from .vocabulary import Drop, Lift, Rename, Replacement, Unwrap, Vocabulary


def applied(rule: Replacement, node: Element) -> Iterable[Node]:
    """Return what a vocabulary's own rule puts in the place of an element."""
    match rule:
        case Unwrap():
            return _unwrapped(node)
        case Drop() | Lift():
            return ()
        case Rename():
            return (Element(rule.tag, rule.attrs, node.children),)
        case _:
            return rule(node)


def default(node: Element, vocabulary: Vocabulary, container: str) -> Iterable[Node]:
    """Return what stands for a block, in `container` ("" at the top level)."""
    match node.tag:
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            return (_heading(node, vocabulary, container),)
        case "ul" | "ol":
            other = "ol" if node.tag == "ul" else "ul"
            if vocabulary.holds(other, container) and node.tag not in vocabulary.blocks:
                return (Element(other, (), node.children),)
            return _unwrapped(node)
        case "pre":
            return (_code(node),)
        case "hr":
            return ()
        case "figure":
            return _unfigured(node)
        case "video":
            return (element("p", element("a", node.get("src"), href=node.get("src"))),)
        case "div":
            return (element("p", *node.children),) if node.children else ()
        case "section":
            return (*_titled(node.get("title")), *node.children)
        case "details":
            summary = node.children[0]
            return (*_titled(*children(summary)), *node.children[1:])
        case "table":
            return _untabled(node)
        case _:
            return node.children


def _unwrapped(node: Element) -> Iterable[Node]:
    """Return an element's content, which can stand by itself."""
    match node.tag:
        case "ul" | "ol":
            return [grandchild for item in node.children for grandchild in children(item)]
        case "details":
            summary = node.children[0]
            return (element("p", *children(summary)), *node.children[1:])
        case "pre":
            return (_code(node),)
        case "figure":
            return [element("p", *(children(part) or (part,))) for part in node.children]
        case "table":
            return _untabled(node)
        case _:
            return node.children


def children(node: Node) -> tuple[Node, ...]:
    """Return the children of an element; text has none."""
    return () if isinstance(node, str) else node.children


def _titled(*title: Node) -> tuple[Node, ...]:
    return (element("p", element("strong", *title)),) if any(title) else ()


def _heading(node: Element, vocabulary: Vocabulary, container: str) -> Element:
    level = int(node.tag[1])
    held = [tag for tag in HEADINGS if vocabulary.holds(tag, container)]
    if held:
        nearest = min(held, key=lambda tag: (abs(int(tag[1]) - level), tag))
        return Element(nearest, (), node.children)
    return element("p", element("strong", *node.children))


def _code(node: Element) -> Element:
    code = node.children[0]
    text = "".join(part for part in children(code) if isinstance(part, str))
    lines: list[Node] = []
    for text_line in text.split("\n"):
        lines.extend([text_line, element("br")])
    return element("p", element("code", *lines[:-1]))


def _unfigured(node: Element) -> Iterable[Node]:
    image, *captions = node.children
    alt = image.get("alt") if isinstance(image, Element) else ""
    caption = [element("p", *children(part)) for part in captions]
    return caption or ([element("p", alt)] if alt else [])


def _untabled(node: Element) -> Iterable[Node]:
    """Return the blocks of all cells in reading order, the caption first."""
    for part in node.children:
        if isinstance(part, Element) and part.tag == "caption":
            yield element("p", *part.children)
            continue
        for row in children(part):
            for cell in children(row):
                yield from children(cell)


def inline_default(node: Element) -> Iterable[Node]:
    """Return what stands for a break, an image or an opaque span."""
    match node.tag:
        case "br":
            return (" ",)
        case "img":
            return (node.get("alt"),)
        case _:
            return node.children
