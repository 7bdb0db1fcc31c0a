"""What reaches the terminal: lines without tricks, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, TextIO

import attrs

from ..secret import Secret

if TYPE_CHECKING:
    from ..model import JSON


def say(lines: Iterable[str], out: TextIO | None = None) -> None:
    """Print lines; control characters in them (in titles, say) are escaped."""
    out = out or sys.stdout
    for line in lines:
        print(safe(line), file=out)


def safe(line: str) -> str:
    """Return a line that can do nothing to a terminal and shows no secret."""
    if line.isascii() and line.isprintable():
        return line
    from ..redaction import printable

    encoding = sys.stdout.encoding or "ascii"
    return printable(line).encode(encoding, "backslashreplace").decode(encoding)


def emit(value: object) -> None:
    """Print a value as JSON, ASCII only: no terminal or pipe can choke on it."""
    from json import dumps

    print(dumps(plain(value), indent=2))


def emit_line(value: object) -> None:
    """Print a value as one line of JSON, for verbs that stream."""
    from json import dumps

    print(dumps(plain(value), separators=(",", ":")), flush=True)


def plain(value: object) -> JSON:
    """Return a value of the model or the engine as JSON has it.

    Refs are `connection:id`, times ISO 8601 in UTC, durations seconds; what a document is made of
    besides its content (files, vendor markup) is left out.
    """
    from ..model import Document, Ref

    match value:
        case None | bool() | int() | float() | str():
            return value
        case Ref() | Secret():
            return str(value)
        case Enum():
            return plain(value.value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Document():
            return value.canonical()
        case Mapping():
            return {str(plain(key)): plain(inner) for key, inner in value.items()}
        case Sequence():
            return [plain(inner) for inner in value]
        case frozenset() | set():
            return sorted((plain(inner) for inner in value), key=str)
        case _ if attrs.has(kind := type(value)):
            return {f.name: plain(getattr(value, f.name)) for f in attrs.fields(kind)}
        case _:
            return str(value)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines whose columns stand below each other; the last is as long as it is."""
    if not rows:
        return []
    shown = [[safe(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 job`, `2 jobs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


__all__ = ["columns", "counted", "emit", "emit_line", "plain", "safe", "say"]
