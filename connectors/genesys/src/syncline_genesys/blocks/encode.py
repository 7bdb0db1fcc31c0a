"""The body profile to Genesys blocks. Pure; addresses stay as the profile has them.

`encode` takes any profile body, and what it writes decodes to the body's projection. Quotations
are set in, which the profile cannot read back: they look right and come back as paragraphs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncline.body.tree import Element, Node
from syncline.model import Opaque

from .hrefs import held_src
from .runs import Run, empty, plain, read
from .shape import shape
from .words import FONT_TYPES, INDENT, NBSP, SCOPES, Json, blank

Opaques = Mapping[str, Opaque]


def encode(blocks: Iterable[Node], opaques: Opaques, *, upgrade: bool = True) -> list[Json]:
    """Return the `blocks` of a `DocumentBody` for a profile body.

    With `upgrade`, `http:` addresses become `https:`; otherwise they go and their text stays.
    """
    encoder = Encoder(opaques, upgrade)
    return encoder.flow(shape(blocks, quotes=True), 0) or [blank_paragraph()]


def blank_paragraph() -> Json:
    """Return what the vendor's converter writes for a body without content."""
    return paragraph("p", [blank_text()], 0)


def blank_text() -> Json:
    """Return a text that shows nothing, as the vendor's converter writes it."""
    return {"type": "Text", "text": {"text": NBSP}}


def paragraph(tag: str, content: list[Json], level: int) -> Json:
    """Return a Paragraph block of the leaf `tag`, set in by `level`."""
    properties: Json = {"fontType": FONT_TYPES[tag]}
    if level:
        properties["indentation"] = INDENT * level
    return {"type": "Paragraph", "paragraph": {"blocks": content, "properties": properties}}


class Encoder:
    """Writes shaped blocks; knows what to put back for opaque nodes."""

    def __init__(self, opaques: Opaques, upgrade: bool) -> None:
        self._opaques = opaques
        self._upgrade = upgrade

    def flow(self, blocks: Iterable[Node], level: int) -> list[Json]:
        """Return the blocks of a body or a cell for shaped ones."""
        found: list[Json] = []
        for block in blocks:
            if isinstance(block, Element):
                found.extend(self.block(block, level))
        return found

    def block(self, block: Element, level: int = 0) -> Iterable[Json]:
        """Return what one shaped block becomes: nothing where nothing can be held."""
        tag = block.tag
        if tag in FONT_TYPES:
            content = self.leaf_content(block)
            if not content and tag != "p":
                return ()
            return (paragraph(tag, content or [blank_text()], level),)
        match tag:
            case "ul" | "ol":
                return (self._list(block, level),)
            case "table":
                return (self._table(block),)
            case "blockquote":
                return self.flow(block.children, level + 1)
            case "figure":
                return self._figure(block, level)
            case "video":
                return self._video(block)
            case _:
                return self._opaque(block, level)

    def leaf_content(self, block: Element) -> list[Json]:
        """Return the content of a leaf; nothing where it shows nothing."""
        match block.children:
            case (str(words),) if not blank(words):
                return [{"type": "Text", "text": {"text": words}}]
        if block.tag == "pre":
            return [{"type": "Text", "text": {"text": plain(block.children)}}]
        return self.content(self.runs(block.children))

    def runs(self, children: Sequence[Node]) -> list[Run]:
        """Return what Genesys can hold of a leaf's children."""
        return read(children, upgrade=self._upgrade)

    def content(self, runs: Sequence[Run]) -> list[Json]:
        """Return content blocks for `runs`; nothing where they show nothing."""
        return [] if empty(runs) else [self._inline(run) for run in runs]

    def _inline(self, run: Run) -> Json:
        if run.image:
            return {"type": "Image", "image": image(run)}
        if run.opaque and (kept := self._kept(run.opaque)):
            return kept
        words: Json = {"text": run.text}
        if run.marks:
            words["marks"] = list(run.marks)
        if run.link:
            words["hyperlink"] = run.link
        return {"type": "Text", "text": words}

    def _kept(self, key: str) -> Json | None:
        kept = self._opaques.get(key)
        value = json.loads(kept.raw) if kept else None
        return value if isinstance(value, dict) else None

    def _figure(self, block: Element, level: int) -> Iterator[Json]:
        for run in self.runs(block.children):
            if run.image:
                yield {"type": "Image", "image": image(run, level)}
            elif content := self.content([run]):
                yield paragraph("p", content, level)

    def _video(self, block: Element) -> Iterator[Json]:
        # An address that Genesys refuses leaves nothing to show but itself.
        if src := held_src(block.get("src"), upgrade=self._upgrade):
            yield {"type": "Video", "video": {"url": src}}
        else:
            yield paragraph("p", [{"type": "Text", "text": {"text": block.get("src")}}], 0)

    def _opaque(self, block: Element, level: int) -> Iterator[Json]:
        if kept := self._kept(block.get("data-opaque")):
            yield kept
        elif content := self.leaf_content(Element("p", (), block.children)):
            yield paragraph("p", content, level)

    def _list(self, block: Element, level: int) -> Json:
        items = [self.item(i, level) for i in block.children if isinstance(i, Element)]
        written: Json = {"blocks": items}
        if block.tag == "ul" and all(_code_alone(item) for item in block.children):
            written["properties"] = {"unorderedType": "None"}
        return {"type": "OrderedList" if block.tag == "ol" else "UnorderedList", "list": written}

    def item(self, item: Element, level: int = 0) -> Json:
        """Return one list item: the leaves of its one font type, lists and videos between."""
        content: list[Json] = []
        properties: Json = {}
        for child in item.children:
            if not isinstance(child, Element):
                continue
            if child.tag in FONT_TYPES:
                content.extend(self.leaf_content(child))
                if child.tag != "p":
                    properties["fontType"] = FONT_TYPES[child.tag]
            else:
                content.extend(self.block(child))
        if level:
            properties["indentation"] = INDENT * level
        written: Json = {"type": "ListItem", "blocks": content or [blank_text()]}
        return {**written, "properties": properties} if properties else written

    def _table(self, table: Element) -> Json:
        properties: Json = {}
        rows: list[Json] = []
        for child in table.children:
            if not isinstance(child, Element):
                continue
            if child.tag == "caption":
                if content := self.caption(child):
                    properties["caption"] = {"blocks": content}
            else:
                kind = "Header" if child.tag == "thead" else "Body"
                rows.extend(self.row(r, kind) for r in child.children if isinstance(r, Element))
        written: Json = {"rows": rows}
        if properties:
            written["properties"] = properties
        return {"type": "Table", "table": written}

    def caption(self, caption: Element) -> list[Json]:
        """Return the blocks of a caption."""
        content = self.leaf_content(caption)
        return content if bare(content) or not content else [paragraph("p", content, 0)]

    def row(self, row: Element, kind: str) -> Json:
        """Return one row; `kind` is its `rowType`."""
        cells = [self.cell(cell) for cell in row.children if isinstance(cell, Element)]
        return {"cells": cells, "properties": {"rowType": kind}}

    def cell(self, cell: Element) -> Json:
        """Return one cell."""
        return {"blocks": self.cell_content(cell), "properties": cell_properties(cell)}

    def cell_content(self, cell: Element) -> list[Json]:
        """Return the blocks of a cell; text alone stands there without a paragraph."""
        match cell.children:
            case (Element(tag="p") as sole,):
                content = self.leaf_content(sole)
                if bare(content):
                    return content
        return self.flow(cell.children, 0) or [blank_text()]


def bare(content: Sequence[Json]) -> bool:
    """True for content that is one paragraph even where no Paragraph is around it."""
    kinds = {block.get("type") for block in content}
    return "Text" in kinds and kinds <= {"Text", "Image"}


def _code_alone(item: Node) -> bool:
    match item:
        case Element(tag="li", children=(Element(tag="pre"),)):
            return True
    return False


def image(run: Run, level: int = 0) -> Json:
    """Return the `image` member of an Image block."""
    written: Json = {"url": run.image}
    if run.link:
        written["hyperlink"] = run.link
    properties: Json = {"altText": run.text} if run.text else {}
    if level:
        properties["indentation"] = INDENT * level
    return {**written, "properties": properties} if properties else written


def cell_properties(cell: Element) -> Json:
    """Return the properties of a cell that are content: its kind, its spans, its scope."""
    properties: Json = {"cellType": "HeaderCell" if cell.tag == "th" else "Cell"}
    for ours, theirs in (("colspan", "colSpan"), ("rowspan", "rowSpan")):
        if value := cell.get(ours):
            properties[theirs] = int(value)
    if scope := SCOPES.get(cell.get("scope")):
        properties["scope"] = scope
    return properties
