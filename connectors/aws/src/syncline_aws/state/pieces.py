"""What is too large for one item, in pieces: 400 KB is the most that DynamoDB takes."""

from __future__ import annotations

from itertools import groupby
from uuid import uuid4

from . import keys
from .table import Table
from .wire import Item, key_of, new

PIECE = 380_000
"""Bytes; the keys and the names of the attributes count, too."""


def write_pieces(table: Table, name: str, data: bytes) -> str:
    """Write `data` as a copy of its own, and return the copy's name. It replaces no other."""
    copy = uuid4().hex
    parts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]
    table.put_all(
        new(keys.piece(name, copy, nth), bytes=part, of=len(parts))
        for nth, part in enumerate(parts)
    )
    return copy


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
