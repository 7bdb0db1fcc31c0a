"""Rows kept in order, so that a page of a listing costs no more than its own length."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from heapq import merge
from typing import Any

Row = tuple[Any, int]
"""A sort key and the number of the content that has it."""


class Ordered:
    """A sorted set of rows with cheap insertion, removal and entry at any place."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> None:
        """Put a row in its place."""
        insort(self._rows, row)

    def remove(self, row: Row) -> None:
        """Take a row out that is there."""
        index = bisect_left(self._rows, row)
        if index < len(self._rows) and self._rows[index] == row:
            del self._rows[index]

    def after(self, place: Row | None, *, descending: bool) -> Iterator[Row]:
        """The rows behind this place, in this direction; all of them when it is `None`."""
        rows = self._rows
        if descending:
            start = len(rows) if place is None else bisect_left(rows, place)
            return (rows[index] for index in range(start - 1, -1, -1))
        start = 0 if place is None else bisect_right(rows, place)
        return (rows[index] for index in range(start, len(rows)))


def merged(parts: list[Iterator[Row]], *, descending: bool) -> Iterator[Row]:
    """Several ordered runs of rows as one."""
    return parts[0] if len(parts) == 1 else merge(*parts, reverse=descending)
