"""What is too large for one item, in pieces: 400 KB is the most that DynamoDB takes."""

from __future__ import annotations

from itertools import groupby
from uuid import uuid4

from . import keys
from .table import Table
from .wire import Item, key_of, new

PIECE = 380_000
"""Bytes; the keys and the names of the attributes count, too."""


def pieces_of(name: str, data: bytes) -> tuple[str, list[Item]]:
    """Return the name of a new copy of `data`, and its pieces. It replaces no other copy."""
    copy = uuid4().hex
    parts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]
    return copy, [
        new(keys.piece(name, copy, nth), bytes=part, of=len(parts))
        for nth, part in enumerate(parts)
    ]


def read_pieces(table: Table, name: str, copy: str = "") -> bytes | None:
    """Return what was written under a name, of any whole copy or of this one; None without one."""
    found = table.query(keys.piece(name)[0], prefix=f"{copy}|" if copy else "")
    for _, pieces in groupby(found, key=_copy_of):
        parts = list(pieces)
        if len(parts) == parts[0]["of"]:
            return b"".join(
                bytes(part["bytes"]) for part in parts if isinstance(part["bytes"], bytes)
            )
    return None


def drop_pieces(table: Table, name: str, *, but: str = "") -> None:
    """Delete every copy, or every one but one."""
    found = table.query(keys.piece(name)[0])
    table.delete_all(key_of(item) for item in list(found) if not but or _copy_of(item) != but)


def _copy_of(item: Item) -> str:
    return str(item["sk"]).partition("|")[0]
