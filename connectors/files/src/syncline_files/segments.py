"""The top-level pieces of a Markdown or HTML text, each with the blocks that it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import pairwise

import attrs
from markdown_it.token import Token

from syncline.body import Blocks, Element, parse

from .decoding import Env, Resolve, body_of_html, html_of, tokens_of

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_HOLDS = re.compile(
    r"<(?P<close>/?)(?:details|section|div|blockquote|ul|ol|li|table|figure)\b", re.IGNORECASE
)
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@attrs.frozen
class Segment:
    """A piece of a text, the gap behind it, and the blocks that the piece says."""

    text: str
    gap: str
    blocks: Blocks
    parts: tuple[Segment, ...] = ()
    """Of a list its items, of a table its rows, where each is known to be one element."""


def markdown_segments(text: str, resolve: Resolve) -> list[Segment]:
    """Cut a Markdown text; put together, the segments are the text again."""
    env: Env = {}
    tokens = tokens_of(text, env)
    lines = _LINE.findall(text)
    groups = [group for group in _groups(tokens) if group[0].map]
    starts = [*(_start(group) for group in groups), len(lines)]
    segments = [Segment("".join(lines[: starts[0]]), "", ())]
    for group, until in zip(groups, starts[1:], strict=True):
        start = _start(group)
        end = _trimmed(lines, start, max(token.map[1] for token in group if token.map))
        blocks = parse(body_of_html(html_of(group, env), resolve))
        parts = _parts(group, blocks, lines, end)
        text, gap = "".join(lines[start:end]), "".join(lines[end:until])
        segments.append(Segment(text, gap, blocks, parts))
    return segments


def html_segments(text: str, resolve: Resolve) -> list[Segment]:
    """Cut an HTML fragment; put together, the segments are the text again."""
    cuts = sorted({0, *_Cuts(text).places, len(text)})
    pieces = [text[a:b] for a, b in pairwise(cuts)]
    return [Segment(piece, "", parse(body_of_html(piece, resolve))) for piece in pieces]


def _trimmed(lines: Sequence[str], start: int, end: int) -> int:
    """Return where a block ends; a list claims the blank lines after it."""
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _start(group: Sequence[Token]) -> int:
    return group[0].map[0] if group[0].map else 0


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each top-level block; raw HTML goes together with what it encloses."""
    group: list[Token] = []
    level = held = 0
    for token in tokens:
        group.append(token)
        level += token.nesting
        if token.type == "html_block":
            held += sum(-1 if m["close"] else 1 for m in _HOLDS.finditer(token.content))
        if level == 0 and held <= 0:
            yield group
            group, held = [], 0
    if group:
        yield group


_PARTS = {"bullet_list_open": "list_item_open", "ordered_list_open": "list_item_open"}


def _parts(
    group: Sequence[Token], blocks: Blocks, lines: Sequence[str], end: int
) -> tuple[Segment, ...]:
    """Return the items of a list or the rows of a table that ends before the line `end`."""
    is_table = group[0].type == "table_open"
    kind = "tr_open" if is_table else _PARTS.get(group[0].type)
    level = 2 if is_table else 1
    tokens = [token for token in group if token.type == kind and token.level == level]
    spans = [(token.map[0], token.map[1]) for token in tokens if token.map]
    elements = _inner(blocks)
    if len(spans) != len(elements):
        return ()
    parts = []
    ends = [*(start for start, _ in spans[1:]), end]
    for (start, stop), until, element in zip(spans, ends, elements, strict=False):
        stop = _trimmed(lines, start, min(stop, until))
        text, gap = "".join(lines[start:stop]), "".join(lines[stop:until])
        parts.append(Segment(text, gap, (element,)))
    return tuple(parts)


def _inner(blocks: Blocks) -> list[Element]:
    if len(blocks) != 1:
        return []
    inner = [child for child in blocks[0].children if isinstance(child, Element)]
    if blocks[0].tag != "table":
        return inner
    return [row for group in inner for row in group.children if isinstance(row, Element)]


class _Cuts(HTMLParser):
    """Finds where top-level elements begin and end, as far as the tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.places: list[int] = []
        self._lines = [0]
        for found in re.finditer("\n", text):
            self._lines.append(found.end())
        self._depth = 0
        self.feed(text)
        self.close()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self._depth == 0:
            self.places.append(self._here())
        if tag not in _VOID:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._depth = max(0, self._depth - 1)
