"""The one spelling of a table: which rows are its head."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """A finished cell: `attrs` and `content` as they are written."""

    tag: str
    attrs: str
    content: str
    rowspan: int


Row = list[Cell]


def spell_table(caption: str | None, rows: list[Row]) -> str:
    """Return the table's markup, its caption as a paragraph when there are no rows.

    Leading rows made of header cells alone are the head, however the table said so, unless
    a cell reaches from there into the body: HTML would cut it.
    """
    rows = [row for row in rows if row]
    if not rows:
        return f"<p>{caption}</p>" if caption else ""
    head = _head(rows)
    title = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{title}{_group('thead', rows[:head])}{_group('tbody', rows[head:])}</table>"


def _head(rows: list[Row]) -> int:
    reach = head = 0
    for index, row in enumerate(rows):
        if any(cell.tag != "th" for cell in row):
            break
        reach = max(reach, *(index + cell.rowspan for cell in row))
        if reach <= index + 1:
            head = index + 1
    return head


def _group(tag: str, rows: list[Row]) -> str:
    if not rows:
        return ""
    lines = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f"<{tag}>{lines}</{tag}>"


def _cell(cell: Cell) -> str:
    return f"<{cell.tag}{cell.attrs}>{cell.content}</{cell.tag}>"
