"""The source tree of a page: what the XML parser saw, with the byte position of every element.

Storage format is a fragment: no root, undeclared prefixes, HTML entities without a DTD. It is
parsed by expat, which needs no namespace declarations and tells byte offsets, inside a wrapper of
ours whose internal subset declares exactly the entities that occur. A DOCTYPE inside the wrapper
is a syntax error, and expat never opens an external entity on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import TypeAlias
from xml.parsers import expat

from attrs import field, frozen

from syncline.errors import Rejected
from syncline.model import Ref

MAX_BYTES = 5 * 1024 * 1024
"""Confluence itself refuses a larger body (REST v2, POST /pages: 413)."""
MAX_DEPTH = 250
"""Open elements; libxml2 and Confluence's own parser stop at 255."""

COMMENT = "!--"
"""The tag of a comment node."""

SourceChild: TypeAlias = "SourceNode | str"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_START_TAG = re.compile(rb"<[^\"'>]*(?:(?:\"[^\"]*\"|'[^']*')[^\"'>]*)*>")
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})


class SourceNode:
    """One element (or comment) of a page as stored.

    `start` is the byte offset of its start tag. `stop` is that of its end tag, or the offset
    behind it where the element is written as `<x/>`.
    """

    __slots__ = ("attrs", "children", "start", "stop", "tag")

    def __init__(self, tag: str, attrs: list[str], start: int) -> None:
        self.tag = tag
        self.attrs = attrs
        """Names and values in turn, as expat's `ordered_attributes` gives them."""
        self.children: list[SourceChild] = []
        self.start = start
        self.stop = start

    def get(self, name: str, default: str = "") -> str:
        """Return the attribute `name`."""
        attrs = self.attrs
        for index in range(0, len(attrs), 2):
            if attrs[index] == name:
                return attrs[index + 1]
        return default

    def elements(self) -> Iterator[SourceNode]:
        """Yield the child elements in order; comments are none."""
        return (c for c in self.children if c.__class__ is SourceNode and c.tag is not COMMENT)

    def child(self, tag: str) -> SourceNode | None:
        """Return the first child element called `tag`."""
        return next((node for node in self.elements() if node.tag == tag), None)


@frozen(eq=False)
class Source:
    """A parsed page: its bytes and its tree. Offsets in the tree point into `data`."""

    data: bytes
    root: SourceNode = field(repr=False)

    def tag_end(self, node: SourceNode) -> int:
        """Return the offset behind the start tag of `node`."""
        if node is self.root:
            return 0
        match = _START_TAG.match(self.data, node.start)
        assert match, "the parser saw a start tag here"  # noqa: S101
        return match.end()

    def end(self, node: SourceNode) -> int:
        """Return the offset behind the whole element."""
        if node is self.root:
            return len(self.data)
        if node.tag == COMMENT:
            return self.data.index(b"-->", node.start) + 3
        if self.is_empty(node):
            return node.stop
        return self.data.index(b">", node.stop) + 1

    def is_empty(self, node: SourceNode) -> bool:
        """Return whether `node` is written as `<x/>`."""
        end = self.tag_end(node)
        return node is not self.root and self.data[end - 2 : end] == b"/>"

    def inner(self, node: SourceNode) -> tuple[int, int]:
        """Return the span of the content of `node`; its ends meet where it is `<x/>`."""
        if node is self.root:
            return 0, len(self.data)
        end = self.tag_end(node)
        return (end, end) if self.is_empty(node) else (end, node.stop)

    def text(self, node: SourceNode) -> str:
        """Return the markup of `node` as stored."""
        return self.data[node.start : self.end(node)].decode()

    def start_tag(self, node: SourceNode) -> str:
        """Return the start tag of `node` as stored, opened even where it is `<x/>`."""
        tag = self.data[node.start : self.tag_end(node)].decode()
        return tag[:-2].rstrip() + ">" if tag.endswith("/>") else tag


def parse(raw: str, ref: Ref | None = None) -> Source:
    """Return the tree of `raw`, a page or a part of one in storage format.

    Control characters, which XML cannot hold, are left out. An entity that HTML does not know
    stays literal text.

    Raises:
        Rejected: it is not well-formed, holds a DOCTYPE or a processing instruction, or is too
            large or too deep. Nothing is repaired: half a page is never synced.
    """
    prefix = f"<!DOCTYPE w [{_declarations(raw)}]><w>".encode() if "&" in raw else b"<w>"
    data = _bytes(raw, ref)
    try:
        return Source(data, _Builder(ref).run(prefix, data))
    except Rejected:
        # Searching every page for what none holds would cost a tenth of the parse.
        if not _CONTROL.search(raw):
            raise
    data = _bytes(printable(raw), ref)
    return Source(data, _Builder(ref).run(prefix, data))


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


class _Builder:
    """Builds the tree from expat's events."""

    def __init__(self, ref: Ref | None) -> None:
        self._ref = ref
        self._base = 0
        self._root = SourceNode("w", [], 0)
        self._stack = [self._root]
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._open_root
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction

    def run(self, prefix: bytes, data: bytes) -> SourceNode:
        self._base = len(prefix)
        try:
            self._parser.Parse(prefix, False)
            self._attach()
            self._parser.Parse(data, False)
            self._parser.Parse(b"</w>", True)
        except expat.ExpatError as error:
            raise self._rejected(expat.ErrorString(error.code) or "not well-formed") from error
        return self._root

    def _open_root(self, tag: str, attrs: list[str]) -> None:
        """Take the wrapper's own start tag for granted."""

    def _attach(self) -> None:
        """Set the two hot handlers; closures over locals halve their cost."""
        stack, base, parser = self._stack, self._base, self._parser

        def start(tag: str, attrs: list[str]) -> None:
            node = SourceNode(tag, attrs, parser.CurrentByteIndex - base)
            stack[-1].children.append(node)
            stack.append(node)
            if len(stack) > MAX_DEPTH:
                raise self._rejected(f"more than {MAX_DEPTH} elements are open")

        def end(tag: str) -> None:
            stack.pop().stop = parser.CurrentByteIndex - base

        parser.StartElementHandler = start
        parser.EndElementHandler = end

    def _text(self, text: str) -> None:
        self._stack[-1].children.append(text)

    def _comment(self, text: str) -> None:
        node = SourceNode(COMMENT, [], self._parser.CurrentByteIndex - self._base)
        node.stop = node.start
        self._stack[-1].children.append(node)

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
    "Source",
    "SourceChild",
    "SourceNode",
    "parse",
    "printable",
]
