"""Slots: the blocks of a body as it reads now, each joined to the piece of the page behind it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from syncline.body import Element, Node, normal, render

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


def slots_of(pieces: Sequence[Piece], elements: Sequence[Element]) -> list[Slot]:
    """Return one slot for each of `elements`.

    Raises:
        Unmatched: the normal form moved blocks about; the parent has to be taken as a whole.
    """
    joined = list(zip(pieces, elements, strict=False)) if _alike(pieces, elements) else None
    if joined is None:
        joined = _joined(pieces, elements)
    slots = [_slot(piece, element) for piece, element in joined]
    _group(slots)
    return slots


def _alike(pieces: Sequence[Piece], elements: Sequence[Element]) -> bool:
    return len(pieces) == len(elements) and all(
        piece.element.tag == element.tag for piece, element in zip(pieces, elements, strict=True)
    )


def _joined(pieces: Sequence[Piece], elements: Sequence[Element]) -> list[tuple[Piece, Element]]:
    """Join by what each piece alone becomes: nothing, or one block."""
    joined: list[tuple[Piece, Element]] = []
    rest = iter(elements)
    for piece in pieces:
        alone = _alone(piece)
        if len(alone) > 1:
            raise Unmatched
        for _ in alone:
            element = next(rest, None)
            if element is None or element.tag != alone[0].tag:
                raise Unmatched
            joined.append((piece, element))
    if next(rest, None) is not None:
        raise Unmatched
    return joined


def _alone(piece: Piece) -> Sequence[Element]:
    """Return what a piece becomes in the place where it stands."""
    tag = piece.element.tag
    if tag in ("li", "tr", "td", "th", "figcaption"):
        return (piece.element,)
    if tag == "summary":
        return (piece.element,)
    return normal((piece.element,))


def _slot(piece: Piece, element: Element) -> Slot:
    try:
        return Slot(piece, element, slots_of(_parts(piece), blocks_of(element)))
    except Unmatched:
        return Slot(piece, element, [])


def _parts(piece: Piece) -> list[Piece]:
    """Return the pieces inside `piece`, rows for a table."""
    if piece.element.tag == "table":
        found: list[Piece] = []
        for part in piece.children:
            found += part.children if part.element.tag in ("thead", "tbody") else []
        return [row for row in found if row.children]
    if piece.element.tag == "figure":
        return []
    return piece.children


def _group(slots: list[Slot]) -> None:
    """Mark the slots that share one paragraph of the source, or one macro with its title."""
    split = {id(n): n for s in slots if (n := _split(s.piece)) is not None}
    leaves = sorted(split.values(), key=lambda node: node.start)
    index = 0
    for slot in slots:
        place = _place(slot.piece)
        while index < len(leaves) and leaves[index].stop <= place:
            index += 1
        if index < len(leaves) and leaves[index].start <= place:
            slot.group = leaves[index]
    for title, slot in pairwise(slots):
        if title.piece.kind is Kind.PARAMETER and slot.piece.node is title.piece.node:
            title.group = slot.group = title.piece.node


def _split(piece: Piece) -> SourceNode | None:
    """Return the element that `piece` shares with other blocks."""
    if piece.around is not None:
        return piece.around
    return piece.node if piece.kind is Kind.RUN else None


def _place(piece: Piece) -> int:
    if piece.kind is Kind.VIRTUAL:
        return _place(piece.children[0]) if piece.children else -1
    node = piece.node or piece.holder
    return node.start if node is not None else -1


def span_of(source: Source, piece: Piece) -> tuple[int, int]:
    """Return the bytes that go when `piece` is removed."""
    if piece.kind is Kind.RUN:
        return run_span(source, piece)
    if piece.kind is Kind.VIRTUAL:
        spans = [span_of(source, child) for child in piece.children]
        return min(start for start, _ in spans), max(end for _, end in spans)
    node = piece.inner if piece.kind is Kind.PARAMETER and piece.inner is not None else piece.node
    assert node is not None, "only runs and virtual pieces have no element"  # noqa: S101
    if piece.kind is Kind.PARAMETER and piece.inner is None:
        end = source.tag_end(node)
        return end, end
    return node.start, source.end(node)


def run_span(source: Source, piece: Piece) -> tuple[int, int]:
    """Return the bytes between the neighbours of a run."""
    assert piece.holder is not None, "a run has a holder"  # noqa: S101
    start, end = source.inner(piece.holder)
    return (
        source.end(piece.after) if piece.after is not None else start,
        piece.before.start if piece.before is not None else end,
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


__all__ = ["Slot", "Unmatched", "blocks_of", "run_span", "slots_of", "span_of", "texts"]
