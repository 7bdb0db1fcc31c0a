"""Genesys blocks to the body profile. Pure, and total: whatever the vendor may send.

What the profile cannot say (a kind of block that is newer than this program, a link to a category)
becomes an opaque node and is put back as it was. Presentation (colours, sizes, alignments) is not
content: it is left out here, and `patch` keeps it where a block was not touched.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import field, frozen

from syncline.body.tree import Element, Node, element
from syncline.errors import Rejected
from syncline.model import Opaque

from .hrefs import Reader, is_grn
from .runs import Run, empty, flat, nodes, with_mark
from .words import DEEPEST, LEAVES, SCOPE_NAMES, TAGS, Json, blank


@frozen
class Decoded:
    """Loose nodes (still to be brought into normal form) and what their opaque keys stand for."""

    nodes: tuple[Element, ...]
    opaques: dict[str, Opaque] = field(factory=dict)


def decode(blocks: object, reader: Reader) -> Decoded:
    """Return the nodes of a `DocumentBody`'s `blocks`."""
    decoder = Decoder(reader)
    found = tuple(decoder.flow(entries(blocks), 0, cell=False))
    return Decoded(found, decoder.opaques)


def entries(value: object) -> list[Json]:
    """Return the objects in a list; what is not a list has none."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def part(block: Json, name: str) -> Json:
    """Return the member `name` of `block` if it is an object, else an empty one."""
    value = block.get(name)
    return value if isinstance(value, dict) else {}


def text(block: Json, name: str) -> str:
    """Return the member `name` of `block` if it is a string, else an empty one."""
    value = block.get(name)
    return value if isinstance(value, str) else ""


Piece = Run | Element
"""Inline content, or a block that interrupts it."""


class Decoder:
    """Reads the blocks of one body and collects what it has to keep opaque."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.opaques: dict[str, Opaque] = {}

    def flow(self, blocks: Sequence[Json], depth: int, *, cell: bool) -> Iterator[Element]:
        """Yield the blocks of a body or of a table cell."""
        loose: list[Json] = []
        for block in blocks:
            if cell and block.get("type") in ("Text", "Image"):
                loose.append(block)
                continue
            yield from self._loose(loose)
            loose = []
            yield from self._block(block, depth)
        yield from self._loose(loose)

    def _loose(self, content: Sequence[Json]) -> Iterator[Element]:
        if any(block.get("type") == "Text" for block in content):
            yield from self._leaves("p", content)
        else:
            for block in content:
                yield from self._figure(part(block, "image"))

    def _block(self, block: Json, depth: int) -> Iterator[Element]:
        match block.get("type"):
            case "Paragraph":
                yield from self._paragraph(part(block, "paragraph"))
            case "Image":
                yield from self._figure(part(block, "image"))
            case "Video":
                yield from self._video(block)
            case "OrderedList" | "UnorderedList" | "Table" if depth >= DEEPEST:
                yield self._opaque_block(block)
            case "OrderedList":
                yield self._list("ol", part(block, "list"), depth)
            case "UnorderedList":
                yield self._list("ul", part(block, "list"), depth)
            case "Table":
                yield from self._table(part(block, "table"), depth)
            case _:
                yield self._opaque_block(block)

    def _paragraph(self, paragraph: Json) -> Iterator[Element]:
        tag = LEAVES.get(text(part(paragraph, "properties"), "fontType"), "p")
        yield from self._leaves(tag, entries(paragraph.get("blocks")))

    def _leaves(self, tag: str, content: Sequence[Json]) -> Iterator[Element]:
        """Yield one leaf, or several where something that is no inline content lies between."""
        runs: list[Run] = []
        pieces = list(self._pieces(content, tag))
        for piece in pieces:
            if isinstance(piece, Run):
                runs.append(piece)
            else:
                if not empty(runs):
                    yield leaf(tag, runs)
                runs = []
                yield piece
        alone = tag != "pre" and not any(isinstance(piece, Element) for piece in pieces)
        if alone or not empty(runs):
            yield leaf(tag, runs)

    def inline(self, content: Sequence[Json]) -> list[Run]:
        """Return the inline content of a leaf, without the blocks that interrupt it."""
        return [piece for piece in self._pieces(content, "p") if isinstance(piece, Run)]

    def _pieces(self, content: Sequence[Json], tag: str) -> Iterator[Piece]:
        for block in content:
            match block.get("type"):
                case "Text":
                    yield from self._texts(block)
                case "Image" if tag == "pre":
                    yield from self._figure(part(block, "image"))
                case "Image":
                    yield from self._image(part(block, "image"))
                case "Video" if not block.get("video") or self.interrupts(block, 0):
                    yield from self._video(block)
                case _ if tag == "pre":
                    yield self._opaque_block(block)
                case _:
                    yield self._opaque_run(block)

    def _texts(self, block: Json) -> Iterator[Run]:
        words = part(block, "text")
        hyperlink = text(words, "hyperlink")
        link = self._reader.href(hyperlink) if hyperlink else ""
        if not link and is_grn(hyperlink):
            yield self._opaque_run(block)
            return
        marks = marks_of(words)
        for position, line in enumerate(lines(text(words, "text"))):
            if position:
                yield Run("\n")
            if line:
                yield Run(line, marks, link)

    def _image(self, image: Json) -> Iterator[Run]:
        alt = text(part(image, "properties"), "altText")
        hyperlink = text(image, "hyperlink")
        link = self._reader.href(hyperlink) if hyperlink else ""
        src = self._reader.src(text(image, "url"))
        if src:
            yield Run(alt, (), link, src)
        elif alt:
            yield Run(alt, (), link)

    def _figure(self, image: Json) -> Iterator[Element]:
        runs = list(self._image(image))
        alone = nodes(runs)
        if runs and runs[0].image and not runs[0].link:
            yield Element("figure", (), alone)
        elif runs:
            yield Element("p", (), alone)

    def _video(self, block: Json) -> Iterator[Element]:
        if src := self._reader.src(text(part(block, "video"), "url")):
            yield element("video", src=src)
        elif block.get("video"):
            yield self._opaque_block(block)

    def _list(self, tag: str, items: Json, depth: int) -> Element:
        found = (self.item(item, depth + 2) for item in entries(items.get("blocks")))
        return Element(tag, (), tuple(found))

    def item(self, item: Json, depth: int) -> Element:
        """Return one list item: its texts as leaves of the item's one font type."""
        tag = LEAVES.get(text(part(item, "properties"), "fontType"), "p")
        children: list[Element] = []
        content: list[Json] = []
        for block in entries(item.get("blocks")):
            # What this program does not know is inline here: an item has no paragraphs.
            if not self.interrupts(block, depth):
                content.append(block)
                continue
            children.extend(self._filled(tag, content))
            content = []
            children.extend(self._block(block, depth))
        children.extend(self._filled(tag, content))
        return Element("li", (), tuple(children))

    def interrupts(self, block: Json, depth: int) -> bool:
        """True for what is a block even in a list item; everything else there is inline."""
        match block.get("type"):
            case "OrderedList" | "UnorderedList" | "Table":
                return depth < DEEPEST
            case "Video":
                return bool(self._reader.src(text(part(block, "video"), "url")))
            case _:
                return False

    def _filled(self, tag: str, content: Sequence[Json]) -> Iterable[Element]:
        return (found for found in self._leaves(tag, content) if found.children) if content else ()

    def _table(self, table: Json, depth: int) -> Iterator[Element]:
        rows = [row for row in entries(table.get("rows")) if entries(row.get("cells"))]
        caption = self._caption(part(part(table, "properties"), "caption"), depth)
        if not rows:
            yield Element("p", (), caption)
            return
        heads = 0
        while heads < len(rows) and text(part(rows[heads], "properties"), "rowType") == "Header":
            heads += 1
        parts = [Element("caption", (), caption)] if caption else []
        for tag, some in (("thead", rows[:heads]), ("tbody", rows[heads:])):
            if some:
                parts.append(Element(tag, (), tuple(self.row(row, depth) for row in some)))
        yield Element("table", (), tuple(parts))

    def row(self, row: Json, depth: int) -> Element:
        """Return one table row."""
        found = (self.cell(cell, depth + 4) for cell in entries(row.get("cells")))
        return Element("tr", (), tuple(found))

    def cell(self, cell: Json, depth: int) -> Element:
        """Return one table cell."""
        properties = part(cell, "properties")
        head = text(properties, "cellType") == "HeaderCell"
        spans = (("colspan", "colSpan"), ("rowspan", "rowSpan"))
        attrs = [(ours, n) for ours, theirs in spans if (n := span(properties.get(theirs)))]
        if head and (scope := SCOPE_NAMES.get(text(properties, "scope"))):
            attrs.append(("scope", scope))
        children = self.flow(entries(cell.get("blocks")), depth, cell=True)
        return Element("th" if head else "td", attrs, tuple(children))

    def _caption(self, caption: Json, depth: int) -> tuple[Node, ...]:
        """Return the caption as inline content; blocks in it are joined by line breaks."""
        blocks = self.flow(entries(caption.get("blocks")), depth + 4, cell=True)
        runs = flat(tuple(blocks), upgrade=False)
        return () if empty(runs) else nodes(runs)

    def _opaque_run(self, block: Json) -> Run:
        kept = self._keep(block)
        return Run(kept.text, opaque=kept.key)

    def _opaque_block(self, block: Json) -> Element:
        kept = self._keep(block)
        return element("div", *([kept.text] if kept.text else []), data_opaque=kept.key)

    def _keep(self, block: Json) -> Opaque:
        kind = re.sub(r"[^a-z0-9]", "", text(block, "type").lower()) or "block"
        raw = canonical(block)
        hashed = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        kept = Opaque(key=f"genesys.{kind}.{hashed}", raw=raw, text=words_of(block))
        return self.opaques.setdefault(kept.key, kept)


def leaf(tag: str, runs: Sequence[Run]) -> Element:
    """Return a leaf with the content of `runs`; one that shows nothing is empty."""
    if empty(runs):
        return Element(tag)
    if tag == "pre":
        return Element("pre", (), (element("code", "".join(run.text for run in runs)),))
    return Element(tag, (), nodes(runs))


def marks_of(words: Json) -> tuple[str, ...]:
    """Return the marks of a `DocumentText` that this program knows."""
    marks: tuple[str, ...] = ()
    listed = words.get("marks")
    for mark in listed if isinstance(listed, list) else ():
        if isinstance(mark, str) and mark in TAGS:
            marks = with_mark(marks, mark)
    return marks


def lines(words: str) -> list[str]:
    """Return the lines of a text: Genesys writes a line break as a newline."""
    return words.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def span(value: Any) -> str:
    """Return a column or row span as an attribute; empty when it is one cell."""
    return str(int(value)) if isinstance(value, int | float) and 1 < value <= 1000 else ""


def canonical(block: Json) -> str:
    """Return the one spelling of some JSON.

    Raises:
        Rejected: it is nested deeper than it can be written.
    """
    try:
        return json.dumps(block, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        raise Rejected("the blocks are nested too deep to be kept: flatten the article") from None


def words_of(block: Json) -> str:
    """Return the texts anywhere inside `block`, in order, as one line."""
    found: list[str] = []
    stack: list[object] = [block]
    while stack:
        match stack.pop():
            case dict() as members:
                if isinstance(words := members.get("text"), str):
                    found.append(words)
                stack.extend(v for k, v in reversed(members.items()) if isinstance(v, dict | list))
            case list() as listed:
                stack.extend(reversed(listed))
            case _:
                pass
    return " ".join(word for line in found if not blank(line) for word in line.split())
