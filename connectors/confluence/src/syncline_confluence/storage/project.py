"""The nearest body that storage format can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote

from syncline.body import Element, Node, finish, parse

from .encode import plain
from .opaque import SYSTEM
from .resolver import ExternalImages, Resolver

Rule = Callable[[Element], tuple[Node, ...]]


def project(body: str, resolver: Resolver) -> str:
    """Return the nearest body that a page can hold. Pure and idempotent.

    Storage format holds nearly all: a panel `error` becomes `warning`, a video a link, a table
    caption the paragraph before it, a summary plain text; empty paragraphs go, anchors have one
    spelling. Opaque nodes of other systems are their text, links to items of other connections
    their words, images of other sites follow the policy.
    """
    rules = _Rules(resolver.connection, resolver.external_images)
    before = ""
    while before != body:
        # A rule can open the way for another one (a caption that holds a foreign image).
        before, body = body, finish(_mapped(parse(body), rules.element))
    return body


class _Rules:
    def __init__(self, connection: str, images: ExternalImages) -> None:
        self._own = f"syncline:doc/{connection}:"
        self._images = images

    def element(self, node: Element) -> tuple[Node, ...]:
        match node.tag:
            case "section" if node.get("data-panel") == "error":
                return (_with(node, "data-panel", "warning"),)
            case "video":
                src = node.get("src")
                return (Element("p", (), (Element("a", (("href", src),), (src,)),)),)
            case "summary":
                return (Element("summary", (), (plain(node),)),)
            case "table":
                return _without_caption(node)
            case "img":
                return self._image(node)
            case "figure":
                return _figure(node)
            case "a":
                return self._link(node)
            case "div" | "span":
                return _opaque(node)
            case "p" if not node.children:
                return ()
            case _:
                return (node,)

    def _image(self, node: Element) -> tuple[Node, ...]:
        src, alt = node.get("src"), node.get("alt")
        if src.startswith("syncline:asset/") or self._images == "keep":
            return (node,)
        if self._images == "drop":
            return ()
        return (Element("a", (("href", src),), (alt or src,)),)

    def _link(self, node: Element) -> tuple[Node, ...]:
        href = node.get("href")
        if href.startswith("syncline:doc/") and not href.startswith(self._own):
            return node.children
        if not href.startswith(("syncline:", "#")):
            return (node,)
        target, hash_, anchor = href.partition("#")
        if hash_:
            target += f"#{quote(unquote(anchor), safe='')}"
        return (Element("a", (("href", target),), node.children),)


def _figure(node: Element) -> tuple[Node, ...]:
    """Return a figure; one of another site's image is a line of its own, then its caption."""
    first = node.children[0] if node.children else None
    asset = (
        isinstance(first, Element)
        and first.tag == "img"
        and first.get("src").startswith("syncline:asset/")
    )
    if asset:
        return (node,)
    lines = [c for c in node.children if isinstance(c, Element) and c.tag == "figcaption"]
    shown = tuple(c for c in node.children if c not in lines)
    captions = (Element("p", (), line.children) for line in lines)
    return (Element("p", (), shown), *captions) if shown else (*captions,)


def _without_caption(node: Element) -> tuple[Node, ...]:
    captions = [c for c in node.children if isinstance(c, Element) and c.tag == "caption"]
    if not captions:
        return (node,)
    rest = tuple(c for c in node.children if c not in captions)
    return (*(Element("p", (), c.children) for c in captions), Element("table", (), rest))


def _opaque(node: Element) -> tuple[Node, ...]:
    key = node.get("data-opaque")
    if not key or key.startswith(f"{SYSTEM}."):
        return (node,)
    return (Element("p", (), node.children),) if node.tag == "div" else node.children


def _with(node: Element, name: str, value: str) -> Element:
    others = tuple(pair for pair in node.attrs if pair[0] != name)
    return Element(node.tag, (*others, (name, value)), node.children)


def _mapped(nodes: Iterable[Node], rule: Rule) -> list[Node]:
    """Return `nodes` with `rule` applied to every element, children first."""
    done: list[list[Node]] = [[]]
    stack: list[Node | tuple[Element]] = [*reversed([*nodes])]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            children = tuple(done.pop())
            done[-1].extend(rule(Element(node[0].tag, node[0].attrs, children)))
        elif isinstance(node, str):
            done[-1].append(node)
        else:
            done.append([])
            stack.append((node,))
            stack.extend(reversed(node.children))
    return done[0]


__all__ = ["project"]
