"""The structure that Genesys can hold: profile in, profile out. Pure and idempotent.

| profile                          | becomes                                                     |
|----------------------------------|-------------------------------------------------------------|
| section with a title, details    | the title as a bold paragraph, then the content             |
| figcaption                       | an italic paragraph after the picture                       |
| hr, a code block without code    | nothing                                                     |
| video that is a file of its own  | nothing: Genesys embeds videos, it does not keep them       |
| opaque block of another system   | its text                                                    |
| paragraphs in one list item      | one, joined by line breaks                                  |
| code beside text in a list item  | an item of its own in a nested list                         |
| a heading beside text in an item | a bold line                                                 |
| a table in a list item           | moved out behind the item, with what follows it there       |

Quotations are left for `encode`, which sets them in; `project` takes the quotation away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from syncline.body.tree import Element, Node, element

from .hrefs import ASSET
from .runs import plain
from .words import blank

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TEXTS = _HEADINGS | {"p", "pre"}
_AS_IT_IS = _HEADINGS | {"p"}


def shape(blocks: Iterable[Node], *, quotes: bool = False) -> tuple[Element, ...]:
    """Return the nearest blocks that a Genesys body or table cell can hold.

    With `quotes`, quotations stay at the top level and in cells.
    """
    found: list[Element] = []
    for block in blocks:
        if isinstance(block, Element):
            if block.tag in _AS_IT_IS:
                found.append(block)
            else:
                found.extend(_block(block, quotes))
    return tuple(found)


def _block(block: Element, quotes: bool) -> Iterable[Element]:
    match block.tag:
        case "ul" | "ol":
            return (block,) if _is_plain(block) else _list(block)
        case "table":
            return (_with_cells(block, quotes),)
        case "pre":
            return () if blank(plain(block.children)) else (block,)
        case "blockquote" if quotes:
            return (Element("blockquote", (), shape(block.children, quotes=True)),)
        case "blockquote":
            return shape(block.children, quotes=quotes)
        case "section":
            return _titled((block.get("title"),), block.children, quotes)
        case "details":
            return _details(block, quotes)
        case "figure":
            return _figure(block)
        case "div":
            return _opaque(block)
        case "hr":
            return ()
        case "video" if block.get("src").startswith(ASSET):
            return ()
        case _:
            return (block,)


def _is_plain(block: Node) -> bool:
    """True for a list whose items are a paragraph, perhaps with a list like this below it."""
    if not isinstance(block, Element) or block.tag not in ("ul", "ol"):
        return False
    for item in block.children:
        if not isinstance(item, Element):
            return False
        match item.children:
            case (Element(tag="p", children=children),) if children:
                pass
            case (Element(tag="p", children=children), below) if children and _is_plain(below):
                pass
            case _:
                return False
    return True


def _titled(title: Sequence[Node], content: Iterable[Node], quotes: bool) -> Iterator[Element]:
    if any(title):
        yield element("p", element("strong", *title))
    yield from shape(content, quotes=quotes)


def _details(block: Element, quotes: bool) -> Iterator[Element]:
    title: Sequence[Node] = ()
    content: list[Node] = []
    for child in block.children:
        if isinstance(child, Element) and child.tag == "summary":
            title = child.children
        else:
            content.append(child)
    return _titled(title, content, quotes)


def _figure(block: Element) -> Iterator[Element]:
    for child in block.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "figcaption":
            yield element("p", element("em", *child.children))
        else:
            yield Element("figure", (), (child,))


def _opaque(block: Element) -> Iterator[Element]:
    if block.get("data-opaque").startswith("genesys."):
        yield block
    elif block.children:
        yield Element("p", (), block.children)


def _with_cells(node: Element, quotes: bool) -> Element:
    """Return a table, a row group or a row with every cell shaped."""
    if node.tag == "caption":
        return node
    if node.tag in ("td", "th"):
        children = shape(node.children, quotes=quotes)
    else:
        children = tuple(_with_cells(c, quotes) for c in node.children if isinstance(c, Element))
    return node if children == node.children else Element(node.tag, node.attrs, children)


def _list(block: Element) -> Iterator[Element]:
    """Yield the list; several, where tables had to be moved out between its items."""
    items: list[Element] = []
    for item in block.children:
        if not isinstance(item, Element):
            continue
        inside, outside = _split(shape(item.children))
        if inside or not outside:
            items.append(Element("li", (), _item(inside)))
        if outside:
            yield from _whole(block.tag, items)
            items = []
            yield from outside
    yield from _whole(block.tag, items)


def _whole(tag: str, items: Sequence[Element]) -> Iterator[Element]:
    if items:
        yield Element(tag, (), tuple(items))


def _split(blocks: tuple[Element, ...]) -> tuple[tuple[Element, ...], tuple[Element, ...]]:
    for at, block in enumerate(blocks):
        if block.tag == "table":
            return blocks[:at], blocks[at:]
    return blocks, ()


def _item(blocks: Sequence[Element]) -> tuple[Element, ...]:
    """Return the children of a list item: leaves of one kind, never two beside each other."""
    filled = [_inline(block) for block in blocks if block.children or block.tag not in _TEXTS]
    tag = _font(filled)
    return _joined(tag, [part for block in filled for part in _in_item(block, tag)])


def _inline(block: Element) -> Element:
    """Return an opaque block as the paragraph that it is in an item."""
    return (
        element("p", Element("span", block.attrs, block.children)) if block.tag == "div" else block
    )


def _font(blocks: Sequence[Element]) -> str:
    """Return the one kind of leaf that an item with these blocks can have."""
    kinds = {block.tag for block in blocks if block.tag in _TEXTS}
    if any(block.tag == "figure" for block in blocks):
        kinds.add("p")
    if len(kinds) != 1:
        return "p"
    tag = kinds.pop()
    beside = any(a.tag == b.tag == "pre" for a, b in pairwise(blocks))
    return "p" if beside else tag


def _in_item(block: Element, tag: str) -> Iterator[Element]:
    if block.tag == tag:
        yield block
    elif block.tag == "pre":
        yield element("ul", element("li", block))
    elif block.tag in _HEADINGS:
        yield element(tag, element("strong", *block.children))
    elif block.tag == "figure":
        yield Element(tag, (), block.children)
    else:
        yield block


def _joined(tag: str, blocks: Sequence[Element]) -> tuple[Element, ...]:
    out: list[Element] = []
    for block in blocks:
        if out and block.tag == tag == out[-1].tag:
            children = (*out[-1].children, Element("br"), *block.children)
            out[-1] = Element(tag, (), children)
        else:
            out.append(block)
    return tuple(out)
