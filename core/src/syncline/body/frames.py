"""Containers that are open while the normal form is written, and what they become."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .table import Cell, Row, spell_table

EMPTY: Final = "<p></p>"


class Frame:
    """A container that is open; `out` holds the texts of its finished children."""

    __slots__ = ("caption", "cell", "head", "implicit", "leaf", "out", "rows", "start", "tag")

    def __init__(self, tag: str, start: str = "", leaf: str = "p", implicit: bool = False) -> None:
        self.tag = tag
        self.start = start
        self.leaf = leaf
        """What inline content that stood open outside returns to when this one closes."""
        self.implicit = implicit
        self.out: list[str] = []
        self.rows: list[Row] = []
        self.cell: Cell | None = None
        self.caption: str | None = None
        self.head = False


def close(frame: Frame, parent: Frame) -> None:
    """Put what a finished container becomes into the one around it."""
    _CLOSERS.get(frame.tag, _close_container)(parent, frame)


def trimmed(out: list[str]) -> list[str]:
    """Return `out` without blank paragraphs at its end."""
    while out and out[-1] == EMPTY:
        out.pop()
    return out


def _close_container(parent: Frame, frame: Frame) -> None:
    content = "".join(trimmed(frame.out))
    if content:
        parent.out.append(f"{frame.start}{content}</{frame.tag}>")


def _close_panel(parent: Frame, frame: Frame) -> None:
    content = "".join(trimmed(frame.out))
    if content or " title=" in frame.start:
        parent.out.append(f"{frame.start}{content}</section>")


def _close_details(parent: Frame, frame: Frame) -> None:
    content = "".join(trimmed(frame.out))
    if content or frame.caption:
        summary = f"<summary>{frame.caption or ''}</summary>"
        parent.out.append(f"<details>{summary}{content}</details>")


def _close_item(parent: Frame, frame: Frame) -> None:
    parent.out.append(f"<li>{''.join(trimmed(frame.out))}</li>")


def _close_figure(parent: Frame, frame: Frame) -> None:
    out = trimmed(frame.out)
    if frame.caption and len(out) == 1 and _SOLE.fullmatch(out[0]):
        caption = f"<figcaption>{frame.caption}</figcaption></figure>"
        out = [out[0].removesuffix("</figure>") + caption]
    elif frame.caption:
        out.append(f"<p>{frame.caption}</p>")
    parent.out.extend(out)


_SOLE = re.compile(r"<figure><img [^>]*></figure>")


def _close_table(parent: Frame, frame: Frame) -> None:
    text = spell_table(frame.caption, frame.rows)
    if text:
        parent.out.append(text)


def _close_row(parent: Frame, frame: Frame) -> None:
    if frame.rows:
        parent.rows.extend(frame.rows)


def _close_cell(parent: Frame, frame: Frame) -> None:
    assert frame.cell is not None  # noqa: S101 - set where cells are opened
    cell = frame.cell._replace(content="".join(trimmed(frame.out)))
    row = parent
    if not row.rows:
        row.rows.append([])
    row.rows[0].append(cell)


_CLOSERS: dict[str, Callable[[Frame, Frame], None]] = {
    "section": _close_panel,
    "details": _close_details,
    "li": _close_item,
    "figure": _close_figure,
    "table": _close_table,
    "tr": _close_row,
    "td": _close_cell,
    "th": _close_cell,
}
