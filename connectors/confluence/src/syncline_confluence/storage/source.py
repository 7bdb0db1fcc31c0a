"""The source tree of a page: what the XML parser saw, and where in the bytes it stands.

Storage format is a fragment: no root, undeclared prefixes, HTML entities without a DTD. It is
parsed by expat, which takes prefixes as part of the name and tells byte offsets, inside a wrapper
of ours whose internal subset declares exactly the entities that occur. A DOCTYPE inside the wrapper
is a syntax error, and expat never opens an external entity on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import TypeAlias
from xml.etree.ElementTree import Comment, Element, TreeBuilder
from xml.parsers import expat

from attrs import field, frozen

from syncline.errors import Rejected
from syncline.model import Ref

MAX_BYTES = 5 * 1024 * 1024
"""Confluence itself refuses a larger body (REST v2, POST /pages: 413)."""
MAX_DEPTH = 250
"""Open elements; libxml2 and Confluence's own parser stop at 255."""
MAX_TAGS = 400_000
"""Start and end tags; the profile holds fewer, and each costs some 100 bytes of memory."""

SourceNode: TypeAlias = Element
"""One element of a page as stored. Built in C; prefixes are part of its tag (`ac:link`)."""

COMMENT: object = Comment
"""What the tag of a comment is: no text, as all other tags are."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_START_TAG = re.compile(rb"<[^\"'>]*(?:(?:\"[^\"]*\"|'[^']*')[^\"'>]*)*>")
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})


def child(node: SourceNode, tag: str) -> SourceNode | None:
    """Return the first child of `node` called `tag`."""
    for inner in node:
        if inner.tag == tag:
            return inner
    return None


def elements(node: SourceNode) -> Iterator[SourceNode]:
    """Yield the child elements of `node`; comments are none."""
    return (inner for inner in node if inner.tag is not COMMENT)


@frozen(eq=False)
class Source:
    """A parsed page. `places` is empty unless the positions were asked for."""

    data: bytes
    root: SourceNode = field(repr=False)
    places: dict[SourceNode, tuple[int, int]] = field(repr=False)
    """For each element the offset of its start tag, and that of its end tag (behind `<x/>`)."""

    def start(self, node: SourceNode) -> int:
        """Return the offset of the element."""
        return 0 if node is self.root else self.places[node][0]

    def tag_end(self, node: SourceNode) -> int:
        """Return the offset behind the start tag of `node`."""
        if node is self.root:
            return 0
        match = _START_TAG.match(self.data, self.places[node][0])
        assert match, "the parser saw a start tag here"  # noqa: S101
        return match.end()

    def end(self, node: SourceNode) -> int:
        """Return the offset behind the whole element."""
        if node is self.root:
            return len(self.data)
        start, stop = self.places[node]
        if node.tag is COMMENT:
            return self.data.index(b"-->", start) + 3
        return stop if self.is_empty(node) else self.data.index(b">", stop) + 1

    def is_empty(self, node: SourceNode) -> bool:
        """Return whether `node` is written as `<x/>`."""
        end = self.tag_end(node)
        return node is not self.root and self.data[end - 2 : end] == b"/>"

    def inner(self, node: SourceNode) -> tuple[int, int]:
        """Return the span of the content of `node`; its ends meet where it is `<x/>`."""
        if node is self.root:
            return 0, len(self.data)
        end = self.tag_end(node)
        return (end, end) if self.is_empty(node) else (end, self.places[node][1])

    def text(self, node: SourceNode) -> str:
        """Return the markup of `node` as stored."""
        return self.data[self.start(node) : self.end(node)].decode()

    def start_tag(self, node: SourceNode) -> str:
        """Return the start tag of `node` as stored, opened even where it is `<x/>`."""
        tag = self.data[self.start(node) : self.tag_end(node)].decode()
        return tag[:-2].rstrip() + ">" if tag.endswith("/>") else tag


def parse(raw: str, ref: Ref | None = None, *, places: bool = False) -> Source:
    """Return the tree of `raw`, a page or a part of one in storage format.

    Control characters, which XML cannot hold, are left out. An entity that HTML does not know
    stays literal text. With `places`, comments are in the tree, too.

    Raises:
        Rejected: it is not well-formed, holds a DOCTYPE or a processing instruction, or is too
            large. Nothing is repaired: half a page is never synced.
    """
    prefix = f"<!DOCTYPE w [{_declarations(raw)}]><w>".encode() if "&" in raw else b"<w>"
    data = _bytes(raw, ref)
    try:
        return _Parsing(ref, places).run(prefix, data)
    except Rejected:
        # Searching every page for what none holds would cost a tenth of the parse.
        if not _CONTROL.search(raw):
            raise
    return _Parsing(ref, places).run(prefix, _bytes(printable(raw), ref))


def printable(text: str) -> str:
    """Return `text` without the characters that XML 1.0 cannot hold."""
    return _CONTROL.sub("", text).encode("utf-8", "ignore").decode()


def _bytes(raw: str, ref: Ref | None) -> bytes:
    data = raw.encode("utf-8", "ignore")
    if len(data) > MAX_BYTES:
        raise Rejected(
            f"{_of(ref)}: the body has {len(data)} bytes, the limit is {MAX_BYTES}; split the page",
            ref=ref,
        )
    if data.count(b"<") > MAX_TAGS:
        raise Rejected(f"{_of(ref)}: the body has over {MAX_TAGS} tags; split the page", ref=ref)
    return data


def _declarations(raw: str) -> str:
    """Return entity declarations for the names that occur: declaring all costs 100 µs a page."""
    names = sorted(set(_ENTITY.findall(raw)) - _XML_NAMES)
    return "".join(f'<!ENTITY {name} "{_replacement(name)}">' for name in names)


def _replacement(name: str) -> str:
    code = name2codepoint.get(name)
    # Twice escaped: the declaration is read once, and its replacement text once more.
    return f"&#{code};" if code is not None else f"&#38;#38;{name};"


def _of(ref: Ref | None) -> str:
    return str(ref) if ref else "page body"


class _Parsing:
    """One run of expat. Without positions its events go straight to the tree builder, in C."""

    def __init__(self, ref: Ref | None, places: bool) -> None:
        self._ref = ref
        self._base = 0
        self._builder = TreeBuilder(insert_comments=True)
        self._places: dict[SourceNode, tuple[int, int]] = {}
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._builder.start
        parser.EndElementHandler = self._builder.end
        parser.CharacterDataHandler = self._builder.data
        parser.ProcessingInstructionHandler = self._instruction
        self._with_places = places

    def run(self, prefix: bytes, data: bytes) -> Source:
        self._base = len(prefix)
        parser = self._parser
        try:
            parser.Parse(prefix, False)
            if self._with_places:
                self._attach()
            parser.Parse(data, False)
            # The wrapper's own end belongs to no element of the page.
            parser.EndElementHandler = self._builder.end
            parser.Parse(b"</w>", True)
        except expat.ExpatError as error:
            raise self._rejected(expat.ErrorString(error.code) or "not well-formed") from error
        finally:
            # Handlers that know the parser would keep it, and the tree, for the collector.
            parser.ProcessingInstructionHandler = None
            parser.StartElementHandler = parser.EndElementHandler = None
            parser.CommentHandler = None
        return Source(data, self._builder.close(), self._places)

    def _attach(self) -> None:
        """Note the position of each element; closures over locals halve the cost."""
        builder, base, parser, places = self._builder, self._base, self._parser, self._places

        def start(tag: str, attrs: dict[str, str]) -> None:
            places[builder.start(tag, attrs)] = (parser.CurrentByteIndex - base, 0)

        def end(tag: str) -> None:
            node = builder.end(tag)
            places[node] = (places[node][0], parser.CurrentByteIndex - base)

        def comment(text: str) -> None:
            place = parser.CurrentByteIndex - base
            places[builder.comment(text)] = (place, place)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CommentHandler = comment

    def _instruction(self, target: str, text: str) -> None:
        raise self._rejected(f"it holds a processing instruction <?{target[:40]}")

    def _rejected(self, reason: str) -> Rejected:
        parser = self._parser
        line = parser.CurrentLineNumber
        column = parser.CurrentColumnNumber + 1 - (self._base if line == 1 else 0)
        return Rejected(
            f"{_of(self._ref)}: the storage format cannot be read: {reason} "
            f"(line {line}, column {max(column, 1)}); mend the page in Confluence",
            ref=self._ref,
        )


__all__ = [
    "COMMENT",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_TAGS",
    "Source",
    "SourceNode",
    "child",
    "elements",
    "parse",
    "printable",
]
