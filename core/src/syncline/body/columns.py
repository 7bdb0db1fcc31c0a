"""Tables as rows of cells: what identifies a row, and columns that one side added or removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from .outline import cut, name, split, words
from .sequence import Edit, edits
from .threeway import Three, regions

_EMPTY = "<td></td>"


@frozen
class Table:
    """A table's caption (none or one) and rows, as texts."""

    caption: list[str]
    rows: list[str]

    @classmethod
    def read(cls, inner: str) -> Table:
        """Return the table whose inner markup this is."""
        caption: list[str] = []
        rows: list[str] = []
        for part in split(inner):
            if name(part) == "caption":
                caption.append(part)
            else:
                rows += split(cut(part).inner)
        return cls(caption, rows)


def row_key(row: str) -> str:
    """Return what identifies a row: the words of its first cell."""
    cells = split(cut(row).inner)
    return words(cells[0]) if cells else ""


Grid = list[list[str]]


def aligned_columns(tables: Three[Table]) -> Three[list[str]] | None:
    """Return the rows of the three tables, all with the columns that their merge has.

    None when the columns cannot be merged: both sides changed them in one place, or one
    deleted a column in which the other changed a cell.
    """
    rows = tables.map(lambda table: table.rows)
    if rows.settled is not None:
        return rows
    grids = rows.map(_grid)
    widths = {len(row) for grid in grids for row in grid}
    if len(widths) <= 1 or not all(map(_regular, grids)) or any(map(_spanning, rows)):
        return rows
    return _widened(grids)


def _grid(rows: list[str]) -> Grid:
    return [split(cut(row).inner) for row in rows]


def _spanning(rows: list[str]) -> bool:
    return any('span="' in row for row in rows)


def _regular(grid: Grid) -> bool:
    """Tell whether rows are of one length and the first row names the columns."""
    heads = [words(cell) for cell in grid[0]] if grid else []
    return len({len(row) for row in grid}) == 1 and len(set(heads)) == len(heads)


def _widened(grids: Three[Grid]) -> Three[list[str]] | None:
    heads = grids.map(lambda grid: [words(cell) for cell in grid[0]])
    by_left, by_right = edits(heads.base, heads.left), edits(heads.base, heads.right)
    columns = _columns(by_left, by_right, len(heads.base))
    if columns is None:
        return None
    base, left, right = grids
    if _edited(base, right, by_left, by_right) or _edited(base, left, by_right, by_left):
        return None
    keyed = grids.map(lambda grid: {_key(row): row for row in grid})
    return Three(*(_rows(grid, side, columns, keyed) for side, grid in enumerate(grids)))


Twins = dict[str, list[str]]
"""Rows by the words of their first cell."""

Column = tuple[int | None, int | None, int | None]
"""Where a merged column is in the base, on the left and on the right."""


def _columns(left: list[Edit], right: list[Edit], width: int) -> list[Column] | None:
    """Return the merged columns; None where both sides changed one place."""
    columns: list[Column] = []
    for r in regions(left, right, width, lambda i, j: False):
        if r.by_left and r.by_right:
            return None
        if r.by_left:
            columns += [(None, n, None) for n in range(r.l0, r.l1)]
        elif r.by_right:
            columns += [(None, None, n) for n in range(r.r0, r.r1)]
        else:
            columns += [(r.b0 + n, r.l0 + n, r.r0 + n) for n in range(r.b1 - r.b0)]
    return columns


def _edited(base: Grid, other: Grid, deleting: list[Edit], editing: list[Edit]) -> bool:
    """Tell whether `other` changed a cell in a column that the `deleting` side has not any more."""
    gone = [n for edit in deleting for n in range(edit.i, edit.j)]
    if not gone:
        return False
    shift = {n: n for n in gone}
    for edit in editing:
        for n in gone:
            if edit.j <= n:
                shift[n] += (edit.l - edit.k) - (edit.j - edit.i)
    before = Counter(row[n] for row in base for n in gone)
    after = Counter(row[shift[n]] for row in other for n in gone if shift[n] < len(row))
    return bool(after - before)


def _key(row: Sequence[str]) -> str:
    return words(row[0])


def _rows(grid: Grid, side: int, columns: list[Column], keyed: Three[Twins]) -> list[str]:
    return [
        f"<tr>{''.join(_cell(row, side, column, keyed) for column in columns)}</tr>" for row in grid
    ]


def _cell(row: list[str], side: int, column: Column, keyed: Three[Twins]) -> str:
    """Return a row's cell in a merged column; where the side lacks it, as the other side has it."""
    own = column[side]
    if own is not None:
        return row[own]
    for other, place in enumerate(column):
        twin = keyed[other].get(_key(row))
        if place is not None and twin is not None:
            return twin[place]
    return _EMPTY
