"""Slots: the blocks of a body as it reads now, each joined to the piece of the page behind it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from syncline.body import Element, Node, render

from .encode import rows
from .pieces import Kind, Piece
from .source import Source, SourceNode


class Slot:
    """One block of the body and where it stands in the page."""

    __slots__ = ("children", "element", "group", "key", "piece")

    def __init__(self, piece: Piece, element: Element, children: list[Slot]) -> None:
        self.piece = piece
        self.element = element
        self.children = children
        self.key = render((element,))
        self.group: SourceNode | None = None
        """The element that this slot shares with its neighbours: a paragraph split by a macro."""


class Unmatched(Exception):
    """The pieces of the page and the blocks of its body do not correspond here."""


def blocks_of(element: Element) -> list[Element]:
    """Return the blocks inside `element`; a table's are its rows, whatever groups them."""
    if element.tag == "table":
        return rows(element)
    if element.tag in ("p", "pre", "summary", "div", "video", "figure") or element.tag[0] == "h":
        return []
    return [child for child in element.children if isinstance(child, Element)]


def slots_of(pieces: Sequence[Piece], elements: Sequence[Element], source: Source) -> list[Slot]:
    """Return one slot for each of `elements`.

    Raises:
        Unmatched: the page has other blocks than its body; the parent has to be taken as a whole.
    """
    if [piece.tag for piece in pieces] != [element.tag for element in elements]:
        raise Unmatched
    slots = [_slot(p, e, source) for p, e in zip(pieces, elements, strict=True)]
    _group(slots, source)
    return slots


def _slot(piece: Piece, element: Element, source: Source) -> Slot:
    parts = piece.children if element.tag != "figure" else []
    try:
        return Slot(piece, element, slots_of(parts, blocks_of(element), source))
    except Unmatched:
        return Slot(piece, element, [])


def _group(slots: Sequence[Slot], source: Source) -> None:
    """Mark the slots that share one paragraph of the source, or one macro with its title."""
    split = {n for s in slots if (n := _split(s.piece)) is not None}
    shared = sorted(split, key=source.start)
    index = 0
    for slot in slots:
        place = _place(slot.piece, source)
        while index < len(shared) and source.places[shared[index]][1] <= place:
            index += 1
        if index < len(shared) and source.start(shared[index]) <= place:
            slot.group = shared[index]
    for title, slot in pairwise(slots):
        if title.piece.kind is Kind.PARAMETER and slot.piece.node is title.piece.node:
            title.group = slot.group = title.piece.node


def _split(piece: Piece) -> SourceNode | None:
    """Return the element that `piece` shares with other blocks."""
    if piece.around is not None:
        return piece.around
    return piece.node if piece.kind is Kind.RUN else None


def _place(piece: Piece, source: Source) -> int:
    if piece.kind is Kind.VIRTUAL:
        return _place(piece.children[0], source) if piece.children else -1
    node = piece.node if piece.node is not None else piece.holder
    return source.start(node) if node is not None else -1


def span_of(source: Source, piece: Piece) -> tuple[int, int]:
    """Return the bytes that go when `piece` is removed."""
    if piece.kind is Kind.RUN:
        return run_span(source, piece)
    if piece.kind is Kind.VIRTUAL:
        spans = [span_of(source, child) for child in piece.children]
        return min(start for start, _ in spans), max(end for _, end in spans)
    node = piece.node
    assert node is not None, "only runs and virtual pieces have no element"  # noqa: S101
    if piece.kind is Kind.PARAMETER:
        if piece.inner is None:
            end = source.tag_end(node)
            return end, end
        node = piece.inner
    return source.start(node), source.end(node)


def spans_of(source: Source, piece: Piece) -> list[tuple[int, int]]:
    """Return the bytes of a block; a list below its item may stand outside of it."""
    if piece.kind is Kind.VIRTUAL:
        return [span for inner in piece.children for span in spans_of(source, inner)]
    start, end = span_of(source, piece)
    spans = [(start, end)]
    for inner in piece.children:
        if inner.node is not None and not start <= source.start(inner.node) < end:
            spans += spans_of(source, inner)
    return spans


def run_span(source: Source, piece: Piece) -> tuple[int, int]:
    """Return the bytes between the neighbours of a run."""
    assert piece.holder is not None, "a run has a holder"  # noqa: S101
    start, end = source.inner(piece.holder)
    return (
        source.end(piece.after) if piece.after is not None else start,
        source.start(piece.before) if piece.before is not None else end,
    )


def texts(nodes: Sequence[Node]) -> list[str]:
    """Return the words below `nodes`, to compare blocks by."""
    parts: list[str] = []
    stack: list[Node] = [*nodes]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts += node.split()
        else:
            stack.extend(node.children)
            parts += [value for _, value in node.attrs]
    return parts


__all__ = ["Slot", "Unmatched", "blocks_of", "run_span", "slots_of", "span_of", "spans_of", "texts"]
