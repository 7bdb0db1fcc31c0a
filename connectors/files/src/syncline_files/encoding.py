"""From a body to Markdown, checked: what Markdown cannot say is left as HTML in its midst.

Each block is written in the plainest way that reads back as the same block: as Markdown, as
Markdown with inline tags, or as one line of HTML. Nothing is ever lost on the way to a file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias

from syncline.body import Blocks, Element, Node, parse, render
from syncline.errors import Rejected

from .decoding import Resolve, body_of_markdown

Target: TypeAlias = Callable[[str], str]
"""Returns how a file writes an address: a relative path for what lies beside it."""

_CONTAINERS = frozenset({"ul", "ol", "blockquote", "details", "section"})
_MARKERS = {"strong": "**", "em": "*", "s": "~~"}
_SPECIAL = re.compile(
    r"[\\`*\[\]]|<(?=[A-Za-z/!?])|(?<![^\W_])_|_(?![^\W_])|~|!(?=\[|\Z)|&(?=#?\w+;)"
)
_AT_START = re.compile(r"[#+\-=>:|]|\d{1,9}(?=[.)])")
_ROW_ENDS = re.compile(r"<(?:/tr|/?thead|/?tbody|table|/caption)>(?!\Z)")
_CLOSING = re.compile(r"(?:(?<= )|\A)#+\Z")
_IN_CODE_SPAN = re.compile(r"`+")
_ADDRESS = re.compile(r'(?<= href=")[^"]*(?=")|(?<= src=")[^"]*(?=")')
_PLAIN_TARGET = re.compile(r"[^\s<>()\\]+")


def markdown_of(body: str, target: Target = str, resolve: Resolve = str) -> str:
    """Return Markdown that reads back as `body`; it ends with a newline unless it is empty.

    `target` and `resolve` are each other's inverse for every address in the body.
    """
    return markdown_of_blocks(parse(body), target, resolve)


def markdown_of_blocks(blocks: Blocks, target: Target = str, resolve: Resolve = str) -> str:
    """Return Markdown for some blocks of a body; see `markdown_of`."""
    says = partial(_says, resolve=resolve)
    text = _Writer(target).blocks(blocks)
    if not says(text, blocks):
        text = _Careful(target, says).blocks(blocks)
    if not says(text, blocks):
        # Blocks that are right by themselves and read differently side by side.
        text = "\n\n".join(raw((block,), target) for block in blocks)
    return f"{text}\n" if text else ""


def list_item(item: Element, marker: str, target: Target) -> str:
    """Return one item of a list, unchecked."""
    return _hung(marker, _Writer(target).item(item))


def table_row(row: Element, target: Target) -> str:
    """Return one line of a table, unchecked."""
    return _Writer(target).row(row)


def _says(text: str, blocks: Blocks, resolve: Resolve) -> bool:
    try:
        return body_of_markdown(text, resolve) == render(blocks)
    except Rejected:
        return False


def raw(blocks: Blocks, target: Target) -> str:
    """Return blocks as HTML, without the blank line that would end it in Markdown.

    The rows of a table have a line each, so that people can read it and a diff shows a row.
    """
    text = _ROW_ENDS.sub(r"\g<0>\n", render(blocks).replace("\n", "&#10;"))
    return _ADDRESS.sub(lambda m: html.escape(target(html.unescape(m[0]))), text)


class _Writer:
    """Writes blocks the plain way, without looking whether they read back."""

    def __init__(self, target: Target, *, tags: bool = False) -> None:
        self._target = target
        self._tags = tags
        """True where marks are written as tags: `*` does not open or close everywhere."""

    def blocks(self, blocks: Sequence[Element], *, tight: bool = False) -> str:
        """Return blocks one below the other; neighbouring lists get different markers."""
        texts = [self.block(b, _follows_its_like(blocks, i)) for i, b in enumerate(blocks)]
        return ("\n" if tight else "\n\n").join(texts)

    def block(self, block: Element, other: bool) -> str:
        """Return one block; what Markdown has no form for is HTML."""
        text = self._written(block, other)
        return raw((block,), self._target) if text is None else text

    def _written(self, block: Element, other: bool) -> str | None:
        match block.tag:
            case "p":
                return self._lines(block)
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                return f"{'#' * int(block.tag[1])} {self._line(block)}"
            case "ul" | "ol":
                return self._list(block, other)
            case "blockquote":
                return _prefixed(self.blocks(_elements(block)), "> ")
            case "pre":
                return _fenced(block)
            case "hr":
                return "___"
            case "table":
                return self._table(block)
            case "figure" if len(block.children) == 1:
                return self._inline(block.children)
            case "details" | "section":
                return self._wrapped(block)
        return None

    def _lines(self, block: Element) -> str:
        return "\n".join(_guarded(line) for line in self._inline(block.children).split("\n"))

    def _line(self, block: Element) -> str:
        text = self._inline(block.children).replace("\\\n", "<br>")
        return _CLOSING.sub(r"\\\g<0>", text)

    def _list(self, block: Element, other: bool) -> str:
        number = int(block.get("start") or "1")
        loose = any(_is_loose(item) for item in _elements(block))
        texts = []
        for index, item in enumerate(_elements(block), number):
            marker = f"{index}{')' if other else '.'}" if block.tag == "ol" else "-*"[other]
            texts.append(_hung(marker, self.item(item, loose=loose)))
        return ("\n\n" if loose else "\n").join(texts)

    def item(self, item: Element, *, loose: bool = False) -> str:
        return self.blocks(_elements(item), tight=not (loose or _is_loose(item)))

    def row(self, row: Element) -> str:
        return "| " + " | ".join(self._cell(cell) for cell in _elements(row)) + " |"

    def _table(self, block: Element) -> str | None:
        parts = _elements(block)
        rows = [row for part in parts for row in _elements(part)]
        has_head = parts[0].tag == "thead" and len(parts[0].children) == 1
        if not has_head or not all(_is_simple(row, rows[0]) for row in rows):
            return None
        lines = [self.row(row) for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0].children))
        return "\n".join(lines)

    def _cell(self, cell: Element) -> str:
        paragraphs = _elements(cell)
        text = self._line(paragraphs[0]) if paragraphs else ""
        return text.replace("|", "\\|")

    def _wrapped(self, block: Element) -> str:
        """Return a panel or a disclosure as its tags around Markdown that people can edit."""
        head, inner = _opening(block), _elements(block)
        if inner[:1] and inner[0].tag == "summary":
            head, inner = head + render(inner[:1]), inner[1:]
        return f"{head}\n\n{self.blocks(inner)}\n\n</{block.tag}>"

    def _inline(self, nodes: Iterable[Node]) -> str:
        children = [*nodes]
        return "".join(self._node(node, children[i + 1 : i + 2]) for i, node in enumerate(children))

    def _node(self, node: Node, following: Sequence[Node]) -> str:
        if isinstance(node, str):
            # A "!" in front of a link would make it an image.
            bang = node.endswith("!") and following and not isinstance(following[0], str)
            return _escaped(node[:-1]) + "\\!" if bang else _escaped(node)
        match node.tag:
            case "br":
                return "\\\n"
            case "img":
                return f"![{_escaped(node.get('alt'))}]({self._address(node.get('src'))})"
            case "a" if not self._tags:
                title = f' "{_quoted(node.get("title"))}"' if node.get("title") else ""
                text = self._inline(node.children)
                return f"[{text}]({self._address(node.get('href'))}{title})"
            case "code" if not self._tags and all(isinstance(c, str) for c in node.children):
                return _code_span("".join(c for c in node.children if isinstance(c, str)))
            case "strong" | "em" | "s" if not self._tags:
                marker = _MARKERS[node.tag]
                return f"{marker}{self._inline(node.children)}{marker}"
        head = _ADDRESS.sub(
            lambda m: html.escape(self._target(html.unescape(m[0]))), _opening(node)
        )
        return f"{head}{self._inline(node.children)}</{node.tag}>"

    def _address(self, address: str) -> str:
        written = self._target(address)
        if _PLAIN_TARGET.fullmatch(written):
            return written.replace("&", "&amp;")
        return "<" + html.escape(written).replace("\\", "\\\\") + ">"


class _Careful(_Writer):
    """Writes each block in the first way that reads back as that block.

    Only leaves and whole blocks are tried, never every level between them: the cost grows with
    the length of the body and not with its depth.
    """

    def __init__(self, target: Target, says: Callable[[str, Blocks], bool]) -> None:
        super().__init__(target)
        self._says = says
        self._inside = False

    def block(self, block: Element, other: bool) -> str:
        if self._inside and block.tag in _CONTAINERS:
            return super().block(block, other)
        outside, self._inside = self._inside, True
        ways = (super().block, _Writer(self._target, tags=True).block)
        texts = (way(block, other) for way in ways)
        found = next((text for text in texts if self._says(text, (block,))), None)
        self._inside = outside
        return raw((block,), self._target) if found is None else found


def _elements(element: Element) -> tuple[Element, ...]:
    return tuple(child for child in element.children if isinstance(child, Element))


def _follows_its_like(blocks: Sequence[Element], index: int) -> bool:
    """True for every second one of neighbouring lists of one kind: they would run together."""
    run = 0
    while index - run > 0 and blocks[index - run - 1].tag == blocks[index].tag:
        run += 1
    return run % 2 == 1


def _is_loose(item: Element) -> bool:
    """True where blank lines have to keep the blocks of an item apart.

    A paragraph needs none before a list, unless that is numbered from another number than one.
    """
    blocks = _elements(item)
    shape = [child.tag for child in blocks]
    return shape not in ([], ["p"], ["p", "ul"], ["p", "ol"]) or bool(
        blocks[1:] and blocks[1].get("start")
    )


def _is_simple(row: Element, first: Element) -> bool:
    cells = _elements(row)
    return len(cells) == len(first.children) and all(
        not cell.attrs and [b.tag for b in _elements(cell)] in ([], ["p"]) for cell in cells
    )


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join(
        (prefix + line).rstrip(" ") if not line else prefix + line for line in text.split("\n")
    )


def _hung(marker: str, content: str) -> str:
    """Return an item: the marker before its first line, the others below its text."""
    first, *others = content.split("\n")
    indent = " " * (len(marker) + 1)
    lines = [f"{marker} {first}".rstrip(" "), *(indent + line if line else "" for line in others)]
    return "\n".join(lines)


def _fenced(block: Element) -> str:
    code = block.children[0]
    assert isinstance(code, Element)  # noqa: S101 - a `pre` holds one `code`, by the profile
    text = "".join(child for child in code.children if isinstance(child, str))
    fence = "`" * max(3, 1 + max((len(run) for run in _IN_CODE_SPAN.findall(text)), default=0))
    return f"{fence}{code.get('data-lang')}\n{text}\n{fence}"


def _code_span(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in _IN_CODE_SPAN.findall(text)), default=0))
    space = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{space}{text}{space}{fence}"


def _opening(element: Element) -> str:
    attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in element.attrs)
    return f"<{element.tag}{attributes}>"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(_entity, text).replace("\xa0", "&nbsp;")


def _entity(found: re.Match[str]) -> str:
    return "&amp;" if found[0] == "&" else f"\\{found[0]}"


def _guarded(line: str) -> str:
    """Return a line of prose that starts no heading, list, quotation, rule or table."""
    start = _AT_START.match(line)
    if start is None:
        return line
    at = start.end() if line[0].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}"


def _quoted(title: str) -> str:
    return html.escape(title).replace("\\", "\\\\")
