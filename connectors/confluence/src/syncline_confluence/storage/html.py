"""Rules for the XHTML part of the storage format."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, unquote

from syncline.body.characters import escape, verbatim
from syncline.body.characters import line as as_line
from syncline.body.profile import MARKS as RANKS
from syncline.body.runs import Atom, Mark
from syncline.body.table import Cell
from syncline.body.urls import href as spelled_href
from syncline.body.urls import source as spelled_source

from .flow import Flow, Holds, Place, attribute, blank, one_line
from .hrefs import outward
from .names import CONTAINERS, INVISIBLE, LEAVES, MARKS
from .opaque import line_of, text_of
from .pieces import Kind
from .source import COMMENT, SourceNode, child
from .walk import Rule, Scope, Walk, container, fresh, leaf, line, span, unwrapped


def _mark(tag: str) -> Rule:
    name = MARKS[tag]
    mark = Mark(RANKS.index(name), f"<{name}>", f"</{name}>")

    def rule(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
        if not len(node) and not walk.traced:
            # Most marks hold a few words: these need no scope of their own.
            if node.text:
                scope.flow.marked(node.text, scope.context, mark)
            return None
        return span(scope, node, mark)

    return rule


def _plain(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    if not len(node) and not walk.traced:
        if node.text:
            scope.flow.text(node.text, scope.context)
        return None
    return span(scope, node)


def _unknown(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    walk.lose("element", node.tag, f"<{node.tag}> is shown as its text only")
    return span(scope, node)


def _leaf(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    if not len(node):
        scope.flow.sole(node, node.tag, scope.context)
        return None
    return line(walk, scope, node, node.tag)


def _container(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    return unwrapped(scope, node, node)


def _invisible(walk: Walk, scope: Scope, node: SourceNode) -> None:
    if node.tag in ("script", "style", "object", "embed"):
        walk.lose("element", node.tag, f"<{node.tag}> is never shown")
    scope.flow.hidden(node, scope.context)


def _break(walk: Walk, scope: Scope, node: SourceNode) -> None:
    scope.flow.line_break(node, scope.context)


def _rule(walk: Walk, scope: Scope, node: SourceNode) -> None:
    scope.flow.block("<hr>", Place(node), scope.context)


def _link(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    href = node.get("href", "")
    target = local(href[1:]) if href.startswith("#") else outward(href, walk.resolver)
    mark = link_mark(target, node.get("title", "")) if target is not None else None
    if mark is None and href:
        walk.lose("link", href[:80], "the target may not leave Confluence; its text stays")
    if mark is not None and not len(node) and node.text and not walk.traced:
        scope.flow.marked(node.text, scope.context, mark)
        return None
    return span(scope, node, mark)


def local(anchor: str) -> str | None:
    """Return the link to `anchor` on the same page, None for a link to nowhere."""
    return f"#{quote(unquote(anchor), safe='')}" if anchor else None


@lru_cache(maxsize=4096)
def link_mark(href: str, title: str = "") -> Mark | None:
    """Return the mark of a link, None where a body may not hold it."""
    target = spelled_href(href)
    if target is None:
        return None
    return Mark(0, f"<a{attribute('href', target)}{attribute('title', as_line(title))}>", "</a>")


@lru_cache(maxsize=4096)
def image_atom(src: str, alt: str) -> Atom | None:
    """Return an image, None where a body may not hold it."""
    target = spelled_source(src)
    if target is None:
        return None
    return Atom(f"<img{attribute('alt', as_line(alt))}{attribute('src', target)}>")


def _image(walk: Walk, scope: Scope, node: SourceNode) -> None:
    picture(walk, scope, node, node.get("src", ""), node.get("alt", ""))


def picture(walk: Walk, scope: Scope, node: SourceNode, src: str, alt: str) -> None:
    """Show an image of another site as the policy for them says."""
    url = outward(src, walk.resolver)
    policy = walk.resolver.external_images
    image = image_atom(url, alt) if url is not None else None
    if url is None or image is None or policy == "drop":
        walk.lose("image", src[:80], "images of other sites are left out")
        scope.flow.hidden(node, scope.context)
    elif policy == "keep":
        scope.flow.atom(node, image, scope.context)
    else:
        walk.lose("image", src[:80], "an image of another site is shown as a link")
        scope.flow.atom(node, alt or url, scope.context, link_mark(url))


def _time(walk: Walk, scope: Scope, node: SourceNode) -> None:
    shown = line_of(node) or node.get("datetime", "")
    walk.opaque(scope, node, "date", shown, inline=True)


def _pre(walk: Walk, scope: Scope, node: SourceNode) -> None:
    place = Place(node, Kind.ELEMENT, node)
    scope.flow.block(code_block(text_of(node)), place, scope.context)


def code_block(text: str, language: str = "") -> str:
    """Return a block of code in normal form."""
    code = escape(verbatim(text))
    return f"<pre><code{attribute('data-lang', language)}>{code}</code></pre>"


def _list(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    start = node.get("start", "") if node.tag == "ol" else ""
    value = str(int(start)) if start.isascii() and start.isdecimal() and len(start) < 7 else ""
    opening = f"<{node.tag}{attribute('start', '' if value == '1' else value)}>"
    lines = _lines(walk, scope, node, _ITEMS)
    if lines:
        items = "</li><li>".join([words for _, words in lines])
        scope.flow.add(f"{opening}<li>{items}</li></{node.tag}>")
        return None

    def spell(flow: Flow) -> str:
        items = flow.items()
        return f"{opening}{items}</{node.tag}>" if items else ""

    return container(scope, node, node, walk.inside(scope, node, Holds.ITEMS), spell)


_ITEMS = frozenset({"li"})
_CELLS = frozenset({"td", "th"})


def _lines(
    walk: Walk, scope: Scope, node: SourceNode, tags: frozenset[str]
) -> list[tuple[SourceNode, str]] | None:
    """Return the items or cells of `node` where each is one line of text, None for all others.

    Most lists and rows are: they need no flow of their own.
    """
    if walk.traced or scope.context.marks or (node.text and not blank(node.text)):
        return None
    lines: list[tuple[SourceNode, str]] = []
    for inner in node:
        tail = inner.tail
        if inner.tag not in tags or (tail and not blank(tail)):
            return None
        words = _words(inner)
        if words is None:
            return None
        lines.append((inner, words))
    return lines


def _words(node: SourceNode) -> str | None:
    """Return the content of an item or a cell that is one line of text, None for all others."""
    text = node.text
    if len(node):
        first = node[0]
        if len(node) > 1 or len(first) or first.tag != "p":
            return None
        if (text and not blank(text)) or (first.tail and not blank(first.tail)):
            return None
        text = first.text
    return one_line("p", text) if text else ""


def _item(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    if scope.flow.holds is not Holds.ITEMS:
        return unwrapped(scope, node, node)
    return container(scope, node, node, walk.inside(scope, node), item)


def item(flow: Flow) -> str:
    """Return an item of a list; an empty one stays."""
    return f"<li>{flow.joined()}</li>"


def _quote(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    def spell(flow: Flow) -> str:
        blocks = flow.joined()
        return f"<blockquote>{blocks}</blockquote>" if blocks else ""

    return container(scope, node, node, walk.inside(scope, node), spell)


def _table(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    caption = child(node, "caption")
    words = one_line("p", line_of(caption)) if caption is not None else ""
    if words:
        # Confluence may drop a caption on saving: it reads as the paragraph that project() makes.
        place = Place(node, Kind.PARAMETER, caption, "caption")
        scope.flow.block(words, place, scope.context)
    inside = walk.inside(scope, node, Holds.TABLE)
    return container(scope, node, node, inside, lambda flow: flow.table())


def _rows(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    """Read the rows of a part of a table straight into the table."""
    if scope.flow.holds is not Holds.TABLE:
        return unwrapped(scope, node, node)
    inside = walk.inside(scope, node, Holds.ROWS)
    head = node.tag == "thead"

    def close() -> None:
        inside.finish()
        for row in inside.rows():
            cells = [cell._replace(tag="th") for cell in row] if head else row
            scope.flow.out.append(cells)
        scope.flow.adopt(inside, head=head)

    return Scope(node, node, fresh(scope.context), inside, close)


def _row(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    if scope.flow.holds not in _ROWED:
        return unwrapped(scope, node, node)
    lines = _lines(walk, scope, node, _CELLS)
    if lines:
        scope.flow.add([_framed(cell, words) for cell, words in lines])
        return None
    inside = walk.inside(scope, node, Holds.CELLS)

    def close() -> None:
        inside.finish()
        cells = inside.cells()
        if cells:
            place = Place(node, Kind.ELEMENT, node, inside=inside)
            scope.flow.block(cells, place, scope.context)

    return Scope(node, node, fresh(scope.context), inside, close)


def _cell(walk: Walk, scope: Scope, node: SourceNode) -> Scope:
    if scope.flow.holds is not Holds.CELLS and scope.flow.holds not in _ROWED:
        return unwrapped(scope, node, node)
    inside = walk.inside(scope, node)

    def close() -> None:
        inside.finish()
        place = Place(node, Kind.ELEMENT, node, inside=inside)
        scope.flow.block(_framed(node, inside.joined()), place, scope.context)

    return Scope(node, node, fresh(scope.context), inside, close)


def _framed(node: SourceNode, content: str) -> Cell:
    """Return a cell with its attributes."""
    if not node.keys():
        return Cell(node.tag, "", content, 1)
    width, height = _span(node.get("colspan")), _span(node.get("rowspan"))
    attrs = attribute("colspan", str(width) if width > 1 else "")
    attrs += attribute("rowspan", str(height) if height > 1 else "")
    kind = node.get("scope", "").strip().lower() if node.tag == "th" else ""
    attrs += attribute("scope", kind if kind in _SCOPES else "")
    return Cell(node.tag, attrs, content, height)


_ROWED = frozenset({Holds.TABLE, Holds.ROWS})
_SCOPES = frozenset({"row", "col", "rowgroup", "colgroup"})


def _span(value: str | None) -> int:
    value = value.strip() if value else ""
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 5 else 1
    return number if 2 <= number <= 1000 else 1


def _caption(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    if scope.flow.holds is Holds.TABLE:
        scope.flow.hidden(node, scope.context)
        return None
    return leaf(scope, node, "p")


RULES: dict[str, Rule] = {
    "": _unknown,
    COMMENT: _invisible,  # type: ignore[dict-item]  # ElementTree's tag of a comment is a function
    **{tag: _mark(tag) for tag in MARKS},
    **dict.fromkeys(LEAVES, _leaf),
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
    "caption": _caption,
    "thead": _rows,
    "tbody": _rows,
    "tfoot": _rows,
    "tr": _row,
    "td": _cell,
    "th": _cell,
}

__all__ = ["RULES", "code_block", "image_atom", "item", "link_mark", "local", "picture"]
