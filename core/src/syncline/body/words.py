"""Three-way merge inside one leaf: words on one layer, marks on another.

Words are aligned without their marks, so that one side may make a word bold while the other
corrects the word beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from .runs import Mark, Marks
from .sequence import edits
from .threeway import Region, regions
from .tokens import Token


class Dispute(NamedTuple):
    """A stretch that both sides changed, each in its own way."""

    base: Sequence[Token]
    left: Sequence[Token]
    right: Sequence[Token]
    marks: bool = False
    """True when only marks (a link's target) are in dispute."""


class Wording(NamedTuple):
    """The merged tokens; a disputed stretch is as the left side has it."""

    tokens: list[Token]
    disputes: list[Dispute]


def merge_words(
    base: Sequence[Token],
    left: Sequence[Token],
    right: Sequence[Token],
    *,
    touching: bool = False,
) -> Wording:
    """Return the merge. Edits that no unchanged word parts are one dispute unless `touching`."""
    content = [token.content for token in base]
    by_left = edits(content, [token.content for token in left])
    by_right = edits(content, [token.content for token in right])
    merged = _Wording(base, left, right)
    for region in regions(by_left, by_right, len(base), _nearness(base, touching)):
        merged.add(region)
    return Wording(merged.tokens, merged.disputes)


def _nearness(base: Sequence[Token], touching: bool) -> Callable[[int, int], bool]:
    if touching:
        return lambda i, j: False
    words = [0, *accumulate(not token.blank for token in base)]
    return lambda i, j: words[i] == words[j]


class _Wording:
    def __init__(
        self, base: Sequence[Token], left: Sequence[Token], right: Sequence[Token]
    ) -> None:
        self.base, self.left, self.right = base, left, right
        self.tokens: list[Token] = []
        self.disputes: list[Dispute] = []

    def add(self, region: Region) -> None:
        base = self.base[region.b0 : region.b1]
        left = self.left[region.l0 : region.l1]
        right = self.right[region.r0 : region.r1]
        match region.by_left, region.by_right:
            case False, False:
                self.tokens += [self.kept(*three) for three in zip(base, left, right, strict=True)]
            case True, False:
                self.tokens += _marked(left, self.change(region, self.right, region.r0))
            case False, True:
                self.tokens += _marked(right, self.change(region, self.left, region.l0))
            case _:
                self.tokens += left
                if left != right:
                    self.disputes.append(Dispute(base, left, right))

    def kept(self, base: Token, left: Token, right: Token) -> Token:
        marks = merge_marks(base.marks, left.marks, right.marks)
        if marks is None:
            self.disputes.append(Dispute((base,), (left,), (right,), marks=True))
            marks = left.marks
        return Token(base.content, marks)

    def change(self, region: Region, other: Sequence[Token], start: int) -> _Change:
        """Return what the other side did to the marks of the stretch that this side rewrote.

        Only what it did to all of it; around an insertion, to both neighbours.
        """
        b0, b1 = region.b0, region.b1
        if b0 == b1:
            if not 0 < b0 < len(self.base) or not 0 < start < len(other):
                return _Change(frozenset(), frozenset())
            b0, b1, start = b0 - 1, b1 + 1, start - 1
        pairs = [
            (self.base[b0 + n].marks, other[start + n].marks)
            for n in range(b1 - b0)
            if not self.base[b0 + n].blank
        ]
        if not pairs:
            return _Change(frozenset(), frozenset())
        more = [frozenset(now) - frozenset(before) for before, now in pairs]
        less = [frozenset(before) - frozenset(now) for before, now in pairs]
        return _Change(frozenset.intersection(*more), frozenset.intersection(*less))


class _Change(NamedTuple):
    more: frozenset[Mark]
    less: frozenset[Mark]


def _marked(stretch: Sequence[Token], change: _Change) -> list[Token]:
    if not change.more and not change.less:
        return list(stretch)
    return [Token(token.content, _changed(token.marks, change)) for token in stretch]


def _changed(marks: Marks, change: _Change) -> Marks:
    ranks = {mark.rank for mark in change.more}
    kept = [mark for mark in marks if mark not in change.less and mark.rank not in ranks]
    return tuple(sorted((*kept, *change.more)))


def merge_marks(base: Marks, left: Marks, right: Marks) -> Marks | None:
    """Return the marks when each side changed some; None when they set one to different values."""
    if left == right or right == base:
        return left
    if left == base:
        return right
    merged: list[Mark] = []
    for rank in range(8):
        b, x, y = (_ranked(marks, rank) for marks in (base, left, right))
        if x != y and x != b and y != b:
            return None
        value = y if x == b else x
        if value is not None:
            merged.append(value)
    return tuple(merged)


def _ranked(marks: Marks, rank: int) -> Mark | None:
    return next((mark for mark in marks if mark.rank == rank), None)
