"""The nearest body that Genesys can hold. Pure and idempotent.

For every profile body `x`: `decode(encode(x)) == project(x)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syncline.body import normal
from syncline.body.tree import Blocks, Element, Node

from .hrefs import held_src
from .runs import empty, nodes, plain, read
from .shape import shape


def project(blocks: Iterable[Node], *, upgrade: bool = True) -> Blocks:
    """Return what is left of a profile body after a visit to Genesys."""
    return normal(found for block in shape(blocks) for found in _held(block, upgrade))


def _held(node: Element, upgrade: bool) -> Iterator[Element]:
    match node.tag:
        case "pre":
            yield Element("pre", (), (Element("code", (), (plain(node.children),)),))
        case "figure":
            yield from _picture(node, upgrade)
        case "video":
            yield _video(node, upgrade)
        case "div":
            yield node
        case "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption":
            yield _line(node, upgrade)
        case "li":
            # An item has no empty paragraphs: text in it stands bare.
            inner = (one for one in _inner(node, upgrade) if one.children or one.tag != "p")
            yield Element("li", (), tuple(inner))
        case "ol":
            yield Element("ol", (), tuple(_inner(node, upgrade)))
        case _:
            yield Element(node.tag, node.attrs, tuple(_inner(node, upgrade)))


def _inner(node: Element, upgrade: bool) -> Iterator[Element]:
    for child in node.children:
        if isinstance(child, Element):
            yield from _held(child, upgrade)


def _line(node: Element, upgrade: bool) -> Element:
    runs = read(node.children, upgrade=upgrade)
    return Element(node.tag, (), () if empty(runs) else nodes(runs))


def _picture(node: Element, upgrade: bool) -> Iterator[Element]:
    for run in read(node.children, upgrade=upgrade):
        if run.image:
            yield Element("figure", (), nodes([run]))
        elif not empty([run]):
            yield Element("p", (), nodes([run]))


def _video(node: Element, upgrade: bool) -> Element:
    src = node.get("src")
    if held := held_src(src, upgrade=upgrade):
        return Element("video", (("src", held),))
    return Element("p", (), (src,))
