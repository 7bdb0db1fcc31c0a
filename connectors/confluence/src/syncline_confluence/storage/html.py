"""Rules for the XHTML part of the storage format."""

from __future__ import annotations

from urllib.parse import quote, unquote

from syncline.body import Element

from .hrefs import outward
from .names import CONTAINERS, INVISIBLE, LEAVES, MARKS
from .opaque import line_of, text_of
from .pieces import Atom, Kind, Mark, Piece
from .source import COMMENT, SourceNode
from .walk import Frame, Rule, Walk, container, leaf, seal, span, unwrapped


def _mark(tag: str) -> Rule:
    mark: Mark = (MARKS[tag], ())

    def rule(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
        return span(frame, node, mark)

    return rule


def _plain(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return span(frame, node)


def _unknown(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    walk.lose("element", node.tag, f"<{node.tag}> is shown as its text only")
    return span(frame, node)


def _leaf(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return leaf(frame, node, node.tag)


def _container(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return unwrapped(frame, node, node)


def _invisible(walk: Walk, frame: Frame, node: SourceNode) -> None:
    if node.tag in ("script", "style", "object", "embed"):
        walk.lose("element", node.tag, f"<{node.tag}> is never shown")
    frame.flow.hidden(node, frame.context)


def _break(walk: Walk, frame: Frame, node: SourceNode) -> None:
    frame.flow.line_break(node, frame.context)


def _rule(walk: Walk, frame: Frame, node: SourceNode) -> None:
    piece = Piece(Kind.ATOM, node)
    piece.element = Element("hr")
    walk.block(frame, piece)


def _link(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    href = node.get("href")
    target = local(href[1:]) if href.startswith("#") else outward(href, walk.resolver)
    if target is None:
        if href:
            walk.lose("link", href[:80], "the target may not leave Confluence; its text stays")
        return span(frame, node)
    title = node.get("title")
    return span(frame, node, anchor_mark(target, title))


def local(anchor: str) -> str | None:
    """Return the link to `anchor` on the same page, None for a link to nowhere."""
    return f"#{quote(unquote(anchor), safe='')}" if anchor else None


def anchor_mark(href: str, title: str = "") -> Mark:
    """Return the mark of a link."""
    return ("a", (("href", href), ("title", title)) if title else (("href", href),))


def _image(walk: Walk, frame: Frame, node: SourceNode) -> None:
    picture(walk, frame, node, node.get("src"), node.get("alt"))


def picture(walk: Walk, frame: Frame, node: SourceNode, src: str, alt: str) -> None:
    """Show an image of another site as the policy for them says."""
    url = outward(src, walk.resolver)
    policy = walk.resolver.external_images
    if url is None or not url.startswith("http") or policy == "drop":
        walk.lose("image", src[:80], "images of other sites are left out")
        frame.flow.hidden(node, frame.context)
    elif policy == "keep":
        image = Element("img", (("alt", alt), ("src", url)))
        frame.flow.atom(Atom(node, image), frame.context)
    else:
        walk.lose("image", src[:80], "an image of another site is shown as a link")
        link = Element("a", (("href", url),), (alt or url,))
        frame.flow.atom(Atom(node, link), frame.context)


def _time(walk: Walk, frame: Frame, node: SourceNode) -> None:
    shown = line_of(node) or node.get("datetime")
    walk.opaque(frame, node, "date", shown, inline=True)


def _pre(walk: Walk, frame: Frame, node: SourceNode) -> None:
    walk.block(frame, code_piece(node, node, text_of(node)))


def code_piece(node: SourceNode, inner: SourceNode, text: str, language: str = "") -> Piece:
    """Return a block of code whose text is the content of `inner`."""
    piece = Piece(Kind.ELEMENT, node, inner)
    attrs = (("data-lang", language),) if language else ()
    piece.element = Element("pre", (), (Element("code", attrs, (text,) if text else ()),))
    return piece


def _list(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    start = node.get("start") if node.tag == "ol" else ""
    attrs = (("start", start),) if start.isdecimal() and start != "1" else ()
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), node.tag, attrs, into_items)


def into_items(piece: Piece) -> None:
    """Put what stands in a list beside its items into the item before it."""
    items: list[Piece] = []
    for child in piece.children:
        if child.element.tag == "li":
            items.append(child)
            continue
        if not items:
            items.append(Piece(Kind.VIRTUAL, None))
        items[-1].children.append(child)
        seal(items[-1], "li")
    piece.children = items


def _item(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), "li")


def _quote(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), "blockquote")


def _table(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), "table", (), into_body)


def into_body(piece: Piece) -> None:
    """Put rows that stand directly in a table into a body."""
    parts: list[Piece] = []
    for child in piece.children:
        if child.element.tag != "tr":
            parts.append(child)
            continue
        if not (parts and parts[-1].kind is Kind.VIRTUAL):
            parts.append(Piece(Kind.VIRTUAL, None))
        parts[-1].children.append(child)
        seal(parts[-1], "tbody")
    piece.children = parts


def _rows(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    tag = "thead" if node.tag == "thead" else "tbody"
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), tag)


def _row(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), "tr")


def _cell(walk: Walk, frame: Frame, node: SourceNode) -> Frame:
    names = ("colspan", "rowspan") + (("scope",) if node.tag == "th" else ())
    attrs = tuple((n, v) for n in names if (v := node.get(n)) and v != "1")
    return container(walk, frame, Piece(Kind.ELEMENT, node, node), node.tag, attrs)


RULES: dict[str, Rule] = {
    "": _unknown,
    COMMENT: _invisible,
    **{tag: _mark(tag) for tag in MARKS},
    **dict.fromkeys(LEAVES, _leaf),
    "caption": _leaf,
    **dict.fromkeys(CONTAINERS, _container),
    **dict.fromkeys(INVISIBLE, _invisible),
    **dict.fromkeys(("span", "small", "big", "font", "label", "abbr", "q", "mark"), _plain),
    "ac:inline-comment-marker": _plain,
    "ac:adf-content": _container,
    "a": _link,
    "br": _break,
    "hr": _rule,
    "img": _image,
    "time": _time,
    "pre": _pre,
    "ul": _list,
    "ol": _list,
    "li": _item,
    "blockquote": _quote,
    "table": _table,
    "thead": _rows,
    "tbody": _rows,
    "tfoot": _rows,
    "tr": _row,
    "td": _cell,
    "th": _cell,
}

__all__ = ["RULES", "anchor_mark", "code_piece", "into_body", "into_items", "local", "picture"]
