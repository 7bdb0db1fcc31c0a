"""Two edit scripts over one base, cut into the places that either or both of them touch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from .sequence import Edit

T = TypeVar("T")
U = TypeVar("U")


class Three(NamedTuple, Generic[T]):
    """A value as the base and both sides have it."""

    base: T
    left: T
    right: T

    def map(self, change: Callable[[T], U]) -> Three[U]:
        """Return `change` of each."""
        return Three(change(self.base), change(self.left), change(self.right))

    @property
    def settled(self) -> T | None:
        """The value when at most one side changed it, or both to the same; else None."""
        if self.left == self.right or self.right == self.base:
            return self.left
        return self.right if self.left == self.base else None


class Region(NamedTuple):
    """`base[b0:b1]` became `left[l0:l1]` and `right[r0:r1]`."""

    b0: int
    b1: int
    l0: int
    l1: int
    r0: int
    r1: int
    by_left: bool
    by_right: bool


def regions(
    left: Sequence[Edit],
    right: Sequence[Edit],
    length: int,
    near: Callable[[int, int], bool],
) -> list[Region]:
    """Return the regions of a base of `length` items, changed or not, from start to end.

    Edits of different sides share a region when they overlap, insert at one place, or when
    `near(i, j)` says that the unchanged `base[i:j]` between them is too short to part them.
    """
    found: list[Region] = []
    b = shift_left = shift_right = 0
    for group in _groups(left, right, near):
        i = min(edit.i for edit, _ in group)
        j = max(edit.j for edit, _ in group)
        if i > b:
            found.append(_region(b, i, shift_left, shift_left, shift_right, shift_right))
        by_left = [edit for edit, of_left in group if of_left]
        by_right = [edit for edit, of_left in group if not of_left]
        more_left, more_right = _growth(by_left), _growth(by_right)
        found.append(
            Region(
                *(i, j, i + shift_left, j + shift_left + more_left),
                *(i + shift_right, j + shift_right + more_right),
                *(bool(by_left), bool(by_right)),
            )
        )
        b, shift_left, shift_right = j, shift_left + more_left, shift_right + more_right
    if length > b:
        found.append(_region(b, length, shift_left, shift_left, shift_right, shift_right))
    return found


def _region(b0: int, b1: int, l0: int, l1: int, r0: int, r1: int) -> Region:
    return Region(b0, b1, b0 + l0, b1 + l1, b0 + r0, b1 + r1, False, False)


def _growth(edits: list[Edit]) -> int:
    return sum((edit.l - edit.k) - (edit.j - edit.i) for edit in edits)


_Group = list[tuple[Edit, bool]]


def _groups(
    left: Sequence[Edit], right: Sequence[Edit], near: Callable[[int, int], bool]
) -> list[_Group]:
    every = sorted([(edit, True) for edit in left] + [(edit, False) for edit in right])
    groups: list[_Group] = []
    ends = {True: -1, False: -1}
    for edit, of_left in every:
        other = ends[not of_left]
        if groups and other >= 0 and _connected(other, edit, groups[-1], of_left, near):
            groups[-1].append((edit, of_left))
        else:
            groups.append([(edit, of_left)])
            ends = {True: -1, False: -1}
        ends[of_left] = max(ends[of_left], edit.j)
    return groups


def _connected(
    other: int, edit: Edit, group: _Group, of_left: bool, near: Callable[[int, int], bool]
) -> bool:
    if edit.i < other:
        return True
    if any(e.i == e.j == edit.i == edit.j and side != of_left for e, side in group):
        return True
    return near(other, edit.i)
