"""Which leaves and boxes of two bodies stand for each other."""

from __future__ import annotations

from collections import Counter

from .alignment import Face, align_leaves, kind
from .stream import Box, Chain, Entry


class Correspondence:
    """Maps the entries and boxes of one body to those of another."""

    def __init__(self, ours: list[Entry], theirs: list[Entry], *, moves: bool) -> None:
        """`moves`: equal leaves may have changed places, and boxes do not stand inside others.

        Without it, `theirs` is another system's form of the same text: it may have boxes that
        `ours` knows nothing of, anywhere in a chain.
        """
        self.ours, self.theirs = ours, theirs
        pairs = align_leaves(
            [_face(e) for e in ours], [_face(e) for e in theirs], foreign=not moves
        )
        self.to: dict[int, int] = dict(pairs)
        """By index: entries that correspond."""
        self.moved: set[int] = set()
        """Those of `ours` that changed their place in the order."""
        self.boxes: dict[Box, Box] = {}
        self.images: set[Box] = set()
        if moves:
            self._find_moves()
        pair = self._pair_strictly if moves else self._pair_inside
        for mine, other in self.to.items():
            pair(ours[mine].chain, theirs[other].chain)
        self._pair_cells()
        self._pair_leftovers()

    def _find_moves(self) -> None:
        taken = set(self.to.values())
        left = _unique([(n, e) for n, e in enumerate(self.theirs) if n not in taken])
        for text, n in _unique(
            [(n, e) for n, e in enumerate(self.ours) if n not in self.to]
        ).items():
            if text in left:
                self.to[n] = left[text]
                self.moved.add(n)

    def _link(self, mine: Box, other: Box) -> bool:
        """Make two boxes correspond if neither has another counterpart; tell whether they do."""
        if mine in self.boxes:
            return self.boxes[mine] is other
        if other in self.images or mine.kind != other.kind:
            return False
        self.boxes[mine] = other
        self.images.add(other)
        return True

    def _pair_strictly(self, mine: Chain, other: Chain) -> None:
        for box, candidate in zip(mine, other, strict=False):
            if not self._link(box, candidate):
                return

    def _pair_inside(self, mine: Chain, other: Chain) -> None:
        start = 0
        for box in mine:
            for place in range(start, len(other)):
                if self._link(box, other[place]):
                    start = place + 1
                    break
            else:
                if box in self.boxes:
                    return

    def _pair_cells(self) -> None:
        """Cells of rows that correspond do so by their place, even when their text is new."""
        for mine, other in list(self.boxes.items()):
            if mine.tag == "tr" and len(mine.boxes) == len(other.boxes):
                for cell, candidate in zip(mine.boxes, other.boxes, strict=True):
                    self._link(cell, candidate)

    def _pair_leftovers(self) -> None:
        """The only unpaired leaf of a box stands for the only one of the box's counterpart."""
        taken = set(self.to.values())
        lonely = _lonely([(n, e) for n, e in enumerate(self.theirs) if n not in taken])
        for box, n in _lonely(
            [(n, e) for n, e in enumerate(self.ours) if n not in self.to]
        ).items():
            other = lonely.get(self.boxes[box]) if box in self.boxes else None
            if other is not None and self._alike(n, other) and self._in_order(n, other):
                self.to[n] = other

    def _alike(self, mine: int, other: int) -> bool:
        return kind(self.ours[mine].text) == kind(self.theirs[other].text)

    def _in_order(self, mine: int, other: int) -> bool:
        before = next((self.to[n] for n in range(mine - 1, -1, -1) if n in self.to), -1)
        return before < other


def _face(entry: Entry) -> Face:
    return Face(entry.text, entry.words, tuple(box.kind for box in entry.chain))


def _unique(entries: list[tuple[int, Entry]]) -> dict[str, int]:
    counts = Counter(entry.text for _, entry in entries)
    return {e.text: n for n, e in entries if counts[e.text] == 1 and e.telling}


def _lonely(entries: list[tuple[int, Entry]]) -> dict[Box, int]:
    counts = Counter(entry.chain[-1] for _, entry in entries if entry.chain)
    return {e.chain[-1]: n for n, e in entries if e.chain and counts[e.chain[-1]] == 1}
