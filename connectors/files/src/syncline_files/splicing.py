"""Putting an edit into a file: what did not change keeps its bytes.

A text is cut into segments, the blocks that each says are compared with the blocks that are
wanted, and only what differs is written anew; of a list or a table, only the items or rows.
Whatever comes out is read back before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

import attrs

from syncline.body import Blocks, Element, parse, render

from .decoding import PAGE, Resolve, body_of_html, body_of_markdown
from .encoding import Target, list_item, markdown_of, markdown_of_blocks, raw, table_row
from .segments import Segment, html_segments, markdown_segments

Write: TypeAlias = Callable[[Element, int], str]
"""Writes one block, item or row that comes at the place of that number."""

_MOST_PAIRS = 1_000_000


@attrs.frozen
class _Piece:
    text: str
    gap: str
    fresh: bool = False


def spliced_markdown(text: str, wanted: str, target: Target, resolve: Resolve) -> str:
    """Return `text` with as little changed as it takes to say `wanted`."""
    newline = "\r\n" if "\r\n" in text else "\n"
    segments, blocks = markdown_segments(text, resolve), parse(wanted)

    def write(block: Element, place: int) -> str:
        return markdown_of_blocks((block,), target, resolve).replace("\n", newline)

    for cut in (segments, [attrs.evolve(segment, parts=()) for segment in segments]):
        result = _Splice(write, newline, target).text(cut, blocks, newline * 2)
        if body_of_markdown(result, resolve) == wanted:
            return result
    return markdown_of(wanted, target, resolve).replace("\n", newline)


def spliced_html(text: str, wanted: str, target: Target, resolve: Resolve) -> str:
    """Return the HTML `text` with as little changed as it takes to say `wanted`."""
    page = PAGE.search(text)
    start, end = page.span("body") if page else (0, len(text))
    segments, blocks = html_segments(text[start:end], resolve), parse(wanted)

    def write(block: Element, place: int) -> str:
        return raw((block,), target) + "\n"

    spliced = _Splice(write, "\n", target).text(segments, blocks, "\n")
    for inner in (spliced, "\n" + "".join(write(block, 0) for block in blocks)):
        result = text[:start] + inner + text[end:]
        if body_of_html(result, resolve) == wanted:
            return result
    return "".join(write(block, 0) for block in blocks)


class _Splice:
    def __init__(self, write: Write, newline: str, target: Target) -> None:
        self._write = write
        self._newline = newline
        self._target = target

    def text(self, old: Sequence[Segment], wanted: Blocks, blank: str) -> str:
        """Return the segments with `wanted` in their place; `blank` keeps fresh ones apart."""
        pieces: list[_Piece] = []
        done = at = 0
        for start, end in [*_kept(old, wanted), (len(old), len(wanted))]:
            pieces += self._rewritten(old[done:start], wanted[at:end], at)
            if start < len(old):
                pieces.append(_Piece(old[start].text, old[start].gap))
                done, at = start + 1, end + len(old[start].blocks)
        return _joined(pieces, blank, self._newline)

    def _rewritten(self, dropped: Sequence[Segment], fresh: Blocks, at: int) -> list[_Piece]:
        if len(dropped) == len(fresh):
            pairs = enumerate(zip(dropped, fresh, strict=True), at)
            return [_Piece(self._edited(s, b, i), s.gap, fresh=True) for i, (s, b) in pairs]
        pieces = [_Piece(self._write(b, i), "", fresh=True) for i, b in enumerate(fresh, at)]
        # Link definitions say nothing by themselves and stand between the blocks.
        gaps = (segment.gap.lstrip("\r\n") for segment in dropped)
        kept = [_Piece(gap, "") for gap in gaps if gap.strip()]
        return pieces + kept

    def _edited(self, segment: Segment, block: Element, place: int) -> str:
        old = segment.blocks[0] if len(segment.blocks) == 1 else None
        if old is None or not segment.parts or (old.tag, old.attrs) != (block.tag, block.attrs):
            return self._write(block, place)
        write = self._item(segment) if block.tag in ("ul", "ol") else self._row
        loose = any(self._newline * 2 in part.text + part.gap for part in segment.parts[:-1])
        inner = _Splice(write, self._newline, self._target)
        return inner.text(segment.parts, _parts(block), self._newline * (2 if loose else 1))

    def _item(self, segment: Segment) -> Write:
        first = segment.parts[0].text
        indent = first[: len(first) - len(first.lstrip())]
        marker = first.split(maxsplit=1)[0]
        start = int(marker[:-1]) if marker[:-1].isdigit() else None

        def write(item: Element, place: int) -> str:
            here = marker if start is None else f"{start + place}{marker[-1]}"
            text = list_item(item, here, self._target)
            return "".join(indent + line + self._newline for line in text.split("\n"))

        return write

    def _row(self, row: Element, place: int) -> str:
        return table_row(row, self._target) + self._newline


def _parts(block: Element) -> Blocks:
    inner = [child for child in block.children if isinstance(child, Element)]
    if block.tag != "table":
        return tuple(inner)
    return tuple(row for group in inner for row in group.children if isinstance(row, Element))


def _kept(old: Sequence[Segment], wanted: Blocks) -> list[tuple[int, int]]:
    """Return (segment, block) for each segment that stays: all its blocks in a row, in order."""
    before = [render((block,)) for segment in old for block in segment.blocks]
    places = _matches(before, [render((block,)) for block in wanted])
    kept, at, behind = [], 0, 0
    for index, segment in enumerate(old):
        found = [places.get(at + offset) for offset in range(len(segment.blocks))]
        at += len(segment.blocks)
        first = found[0] if found else behind
        if first is not None and first >= behind and found == [*range(first, first + len(found))]:
            kept.append((index, first))
            behind = first + len(found)
    return kept


def _matches(before: Sequence[str], after: Sequence[str]) -> Mapping[int, int]:
    """Return which of `before` is which of `after`, in order."""
    most = min(len(before), len(after))
    head = next((i for i in range(most) if before[i] != after[i]), most)
    most -= head
    tail = next((i for i in range(most) if before[-1 - i] != after[-1 - i]), most)
    found = {i: i for i in range(head)}
    found |= {len(before) - 1 - i: len(after) - 1 - i for i in range(tail)}
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) * len(new) <= _MOST_PAIRS:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            found |= {head + a + i: head + b + i for i in range(size)}
    return found


def _joined(pieces: Sequence[_Piece], blank: str, newline: str) -> str:
    """Return the pieces with their gaps; a fresh one stands apart from both neighbours."""
    out: list[str] = []
    for piece, following in zip(pieces, [*pieces, None][1:], strict=True):
        text = piece.text + piece.gap
        if following is None:
            apart = newline if piece.fresh else ""
        else:
            apart = blank if piece.fresh or following.fresh else ""
        if not text.strip() and not out:
            apart = ""  # the blank lines at the top are enough
        while text and not text.endswith(apart):
            text += newline
        out.append(text)
    return "".join(out)
