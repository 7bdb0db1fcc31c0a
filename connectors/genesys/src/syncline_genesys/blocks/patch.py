"""Changes the blocks of an article where its body changed, and nowhere else. Pure.

Blocks that say the same as before are reused as they were read, so that colours, widths,
alignments and whatever else the profile does not know survive. A changed list, table or
paragraph keeps its own settings and is patched inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from syncline.body import normal
from syncline.body.tree import Blocks, Element, element

from .decode import Decoder, decode, entries, part
from .encode import Encoder, Opaques, bare, blank_paragraph, blank_text, cell_properties, encode
from .hrefs import Mixed, Reader
from .project import project
from .restyle import restyled
from .weave import Old, grouped, woven
from .words import FONT_TYPES, Json

_SENTINEL = element("p", "end")


def patch(
    old: object, body: Blocks, reader: Reader, opaques: Opaques, *, upgrade: bool = True
) -> list[Json]:
    """Return the blocks that say `body`, made of `old` wherever that says the same.

    The result decodes to the projection of `body`, whatever `old` is; when `old` says that
    already, it is returned as it is.
    """
    raw, now = entries(old), project(body, upgrade=upgrade)
    if read_back(raw, reader, upgrade) == now:
        return raw
    patched = Patcher(reader, opaques, upgrade).body(raw, now)
    if read_back(patched, Mixed(reader), upgrade) == now:
        return patched
    return encode(now, opaques, upgrade=upgrade)


def read_back(blocks: Sequence[Json], reader: Reader, upgrade: bool) -> Blocks:
    """Return what blocks say, as far as Genesys holds it."""
    return project(normal(decode(blocks, reader).nodes), upgrade=upgrade)


class Patcher:
    """Patches the parts of one body."""

    def __init__(self, reader: Reader, opaques: Opaques, upgrade: bool) -> None:
        self._decoder = Decoder(reader)
        self._opaques = opaques
        self._upgrade = upgrade
        self._encoder = Encoder(opaques, upgrade)

    def body(self, raw: Sequence[Json], now: Blocks) -> list[Json]:
        """Return the blocks of a body."""
        said = [self._says([block], cell=False) for block in raw]
        opaques = {**self._opaques, **self._decoder.opaques}
        self._encoder = Encoder(opaques, self._upgrade)
        end = len(raw)
        while end and all(one == Element("p") for one in said[end - 1]):
            end -= 1
        silent, groups = grouped(zip(raw[:end], said[:end], strict=True))
        blocks = [*silent, *self._flow(groups, now)]
        return [*blocks, *raw[end:]] or [blank_paragraph()]

    def _says(self, blocks: Sequence[Json], *, cell: bool) -> Blocks:
        # The normal form drops empty paragraphs at the end: the sentinel stands behind them.
        nodes = (*self._decoder.flow(blocks, 0, cell=cell), _SENTINEL)
        return project(normal(nodes), upgrade=self._upgrade)[:-1]

    def _flow(self, old: Sequence[Old], now: Sequence[Element]) -> Iterator[Json]:
        return woven(old, now, self._encoder.block, self._block)

    def _block(self, block: Json, said: Element, now: Element) -> Json | None:
        match block.get("type"), now.tag:
            case "Paragraph", tag if tag in FONT_TYPES:
                return self._paragraph(block, now)
            case "Image", "figure":
                return self._image(block, now)
            case "Video", "video":
                return {**block, "video": {**part(block, "video"), "url": now.get("src")}}
            case ("OrderedList", "ol") | ("UnorderedList", "ul"):
                return self._list(block, said, now)
            case "Table", "table":
                return self._table(block, said, now)
            case _:
                return None

    def _paragraph(self, block: Json, now: Element) -> Json:
        paragraph = part(block, "paragraph")
        properties = {**part(paragraph, "properties"), "fontType": FONT_TYPES[now.tag]}
        content = self._content(entries(paragraph.get("blocks")), now) or [blank_text()]
        written = {**paragraph, "blocks": content, "properties": properties}
        return {**block, "paragraph": written}

    def _content(self, old: Sequence[Json], now: Element) -> list[Json]:
        if now.tag == "pre":
            return self._encoder.leaf_content(now)
        return restyled(old, self._encoder.runs(now.children), self._decoder, self._encoder)

    def _image(self, block: Json, now: Element) -> Json | None:
        (fresh,) = list(self._encoder.block(now)) or [{}]
        old, new = part(block, "image"), part(fresh, "image")
        kept = {k: v for k, v in part(old, "properties").items() if k != "altText"}
        properties = {**kept, **part(new, "properties")}
        written = {**old, "url": new.get("url")}
        written.pop("hyperlink", None)
        if properties:
            written["properties"] = properties
        return {**block, "image": written} if new else None

    # -- lists

    def _list(self, block: Json, said: Element, now: Element) -> Json | None:
        raw = entries(part(block, "list").get("blocks"))
        before = _elements(said)
        if len(raw) != len(before):
            return None
        old = [Old((item,), (li,)) for item, li in zip(raw, before, strict=True)]
        items = woven(old, _elements(now), lambda li: [self._encoder.item(li)], self._item)
        return {**block, "list": {**part(block, "list"), "blocks": list(items)}}

    def _item(self, item: Json, said: Element, now: Element) -> Json | None:
        segments = list(self._item_segments(entries(item.get("blocks"))))
        old = [Old((s,), found) for s in segments if (found := self._segment_says(s, item))]
        if [one.said[0] for one in old] != _elements(said):
            return None
        content: list[Json] = []
        for block in woven(old, _elements(now), self._in_item, self._block):
            content.extend(_unwrapped(block))
        properties = dict(part(item, "properties"))
        font = next((FONT_TYPES[c.tag] for c in _elements(now) if c.tag in FONT_TYPES), "Paragraph")
        if font != properties.get("fontType", "Paragraph"):
            properties["fontType"] = font
        written: Json = {**item, "blocks": content or [blank_text()]}
        return {**written, "properties": properties} if properties else written

    def _item_segments(self, content: Sequence[Json]) -> Iterator[Json]:
        """Yield lists and videos, and what is between them as paragraphs."""
        for whole, blocks in groupby(content, lambda block: self._decoder.interrupts(block, 2)):
            if whole:
                yield from blocks
            else:
                yield _wrapped(list(blocks))

    def _segment_says(self, segment: Json, item: Json) -> Blocks:
        alone = {**item, "blocks": _unwrapped(segment)}
        nodes = [element("ul", self._decoder.item(alone, 2))]
        match project(normal(nodes), upgrade=self._upgrade):
            case (Element(tag="ul", children=(Element() as li,)),):
                return tuple(_elements(li))
        return ()

    def _in_item(self, now: Element) -> Iterator[Json]:
        if now.tag in FONT_TYPES:
            yield _wrapped(self._encoder.leaf_content(now))
        elif now.tag == "figure":
            yield _wrapped(self._encoder.leaf_content(Element("p", (), now.children)))
        else:
            yield from self._encoder.block(now)

    # -- tables

    def _table(self, block: Json, said: Element, now: Element) -> Json | None:
        table = part(block, "table")
        raw = [row for row in entries(table.get("rows")) if entries(row.get("cells"))]
        before = list(_rows(said))
        if len(raw) != len(before):
            return None
        old = [Old((row,), (tr,)) for row, tr in zip(raw, before, strict=True)]
        rows = list(woven(old, list(_rows(now)), self._fresh_row, self._row))
        written = {**table, "rows": rows}
        if _caption(said) != _caption(now):
            written["properties"] = self._captioned(part(table, "properties"), _caption(now))
        return {**block, "table": written}

    def _captioned(self, properties: Json, caption: Element | None) -> Json:
        kept = {name: value for name, value in properties.items() if name != "caption"}
        content = self._encoder.caption(caption) if caption else []
        return {**kept, "caption": {"blocks": content}} if content else kept

    def _fresh_row(self, group: Element) -> Iterator[Json]:
        for row in _elements(group):
            yield self._encoder.row(row, _row_type(group))

    def _row(self, row: Json, said: Element, now: Element) -> Json | None:
        (before,), (after,) = _elements(said), _elements(now)
        raw = entries(row.get("cells"))
        if len(raw) != len(before.children):
            return None
        properties = dict(part(row, "properties"))
        if said.tag != now.tag:
            properties["rowType"] = _row_type(now)
        return {**row, "cells": list(self._cells(raw, before, after)), "properties": properties}

    def _cells(self, raw: Sequence[Json], said: Element, now: Element) -> Iterator[Json]:
        before, after = _elements(said), _elements(now)
        if len(before) == len(after):
            for cell, one, other in zip(raw, before, after, strict=True):
                yield cell if one == other else self._cell(cell, one, other)
            return
        old = [Old((cell,), (one,)) for cell, one in zip(raw, before, strict=True)]
        yield from woven(old, after, lambda cell: [self._encoder.cell(cell)], self._cell)

    def _cell(self, cell: Json, said: Element, now: Element) -> Json:
        kept = {
            name: value
            for name, value in part(cell, "properties").items()
            if name not in ("cellType", "colSpan", "rowSpan") and (name, value) != ("scope", "None")
            if name != "scope" or now.get("scope")
        }
        written = {**cell, "properties": {**kept, **cell_properties(now)}}
        if said.children != now.children:
            written["blocks"] = self._cell_blocks(entries(cell.get("blocks")), now)
        return written

    def _cell_blocks(self, raw: Sequence[Json], now: Element) -> list[Json]:
        segments = list(_cell_segments(raw))
        said = (self._says(_unwrapped(segment), cell=True) for segment in segments)
        silent, groups = grouped(zip(segments, said, strict=True))
        blocks = [*silent, *self._flow(groups, _elements(now))]
        if len(blocks) == 1 and _BARE in blocks[0] and bare(_unwrapped(blocks[0])):
            return _unwrapped(blocks[0])
        return [_paragraph(block) for block in blocks] or [blank_text()]


def _elements(node: Element) -> list[Element]:
    return [child for child in node.children if isinstance(child, Element)]


def _rows(table: Element) -> Iterator[Element]:
    """Yield each row by itself inside the group that it stands in."""
    for group in _elements(table):
        if group.tag != "caption":
            for row in _elements(group):
                yield Element(group.tag, (), (row,))


def _row_type(group: Element) -> str:
    return "Header" if group.tag == "thead" else "Body"


def _caption(table: Element) -> Element | None:
    return next((child for child in _elements(table) if child.tag == "caption"), None)


# Text stands in items and cells without a paragraph. Here it gets one, marked as ours, so that
# items, cells and bodies are patched in one way.


_BARE = "syncline:bare"


def _cell_segments(content: Sequence[Json]) -> Iterator[Json]:
    """Yield blocks, and texts and images beside each other as paragraphs."""
    for loose, found in groupby(content, lambda block: block.get("type") in ("Text", "Image")):
        blocks = list(found)
        if loose and bare(blocks):
            yield _wrapped(blocks)
        else:
            yield from blocks


def _wrapped(content: list[Json]) -> Json:
    return {"type": "Paragraph", _BARE: True, "paragraph": {"blocks": content}}


def _unwrapped(block: Json) -> list[Json]:
    return list(block["paragraph"]["blocks"]) if _BARE in block else [block]


def _paragraph(block: Json) -> Json:
    """Return a block as it stands beside others: bare text becomes a paragraph."""
    if _BARE not in block:
        return block
    properties = {"fontType": "Paragraph", **part(block["paragraph"], "properties")}
    return {"type": "Paragraph", "paragraph": {**block["paragraph"], "properties": properties}}
