"""Files of records, each a group of events with its length and checksum.

A file begins with `MAGIC`; then come records: the length of the payload and its CRC-32, four bytes
each and big-endian, and the payload: JSON, compressed. What was being written when a machine lost
its power is recognised, whatever the disk made of it.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from .encoding import from_canonical
from .event import Event

MAGIC = b"syncline events 1\n"
_HEAD = struct.Struct(">II")
_LARGEST = 256 * 1024 * 1024
"""Bytes of a record: a length beyond it is no length."""


class Damaged(ValueError):
    """What stands at a place is no record."""

    def __init__(self, message: str, *, behind: int = 0) -> None:
        self.behind = behind
        """Bytes of the file that stand behind the record, as far as its length can be believed."""
        super().__init__(message)


def record(events: Sequence[Event]) -> bytes:
    """Return a record of these events. Pure."""
    text = json.dumps([event.canonical() for event in events], separators=(",", ":"))
    payload = zlib.compress(text.encode("ascii"), 1)
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read(file: BinaryIO, at: int, end: int) -> tuple[int, list[Event]]:
    """Return the record at `at`, and where the next one begins; nothing is read from `end` on.

    Raises:
        Damaged: there is none.
    """
    file.seek(at)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or at + _HEAD.size > end:
        raise Damaged("the file ends within a record")
    length, checksum = _HEAD.unpack(head)
    next_ = at + _HEAD.size + length
    if length > _LARGEST or next_ > end:
        raise Damaged("the file ends within a record")
    payload = file.read(length)
    if len(payload) < length or zlib.crc32(payload) != checksum:
        raise Damaged("the checksum is not right", behind=end - next_)
    return next_, _events(payload)


def _events(payload: bytes) -> list[Event]:
    try:
        return [from_canonical(found) for found in json.loads(zlib.decompress(payload))]
    except (ValueError, zlib.error) as error:
        raise Damaged(f"it is no list of events: {error}") from None


def joined(groups: Iterable[Sequence[Event]], start: int) -> tuple[bytes, list[int]]:
    """Return the records of several groups, and where each of them ends in a file."""
    parts: list[bytes] = []
    ends: list[int] = []
    for group in groups:
        parts.append(record(group))
        start += len(parts[-1])
        ends.append(start)
    return b"".join(parts), ends


__all__ = ["MAGIC", "Damaged", "joined", "read", "record"]
