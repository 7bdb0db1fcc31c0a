"""Records of conversations as bytes, for a state topic and for tables. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from .conversation import Conversation
from .reading import Change, Place, Standing

VERSION = 2
_HEAD = struct.Struct(">BBBHqqqqqqq")
"""Version, gone, length of the medium, asks, and seven times; the medium follows."""
_PLACES = struct.Struct(">H")
_PLACE = struct.Struct(">8sBH")
"""A place, and how many changes and listeners follow."""
_CHANGE = struct.Struct(">q8s8sq")
_STANDING = struct.Struct(">8sqq")
_MEDIA = 255
_ASKS = 65_535
_BYTES = 8


def encode(conversation: Conversation) -> bytes:
    """Return a record as bytes: 63 of them, the medium, the places, and eight for every event."""
    media = conversation.media.encode()[:_MEDIA]
    head = _HEAD.pack(
        VERSION, conversation.gone, len(media), min(conversation.asks, _ASKS),
        conversation.opened, conversation.latest, conversation.heard, conversation.alive,
        conversation.ended, conversation.finalized, conversation.later,
    )  # fmt: skip
    places = _PLACES.pack(len(conversation.places))
    if conversation.places:
        places += b"".join(_places(conversation.places.items()))
    return head + media + places + conversation.told


def _places(places: Iterable[tuple[bytes, Place]]) -> Iterator[bytes]:
    for key, place in places:
        yield _PLACE.pack(key, len(place.changes), len(place.listeners))
        for change in place.changes:
            yield _CHANGE.pack(change.at, change.value, change.id, change.seen)
        for listener, standing in place.listeners.items():
            yield _STANDING.pack(listener, standing.change, standing.read)


def decode(record: bytes) -> Conversation:
    """Return the record that `encode` wrote, now or in version 1, which had no places.

    Raises:
        ValueError: it is none, or a newer program wrote it.
    """
    if not record or record[0] not in (1, VERSION):
        told = f"version {record[0]}" if record else "empty"
        raise ValueError(
            f"a record of a conversation is {told}, expected version {VERSION}: a newer Syncline"
            " may have written it; upgrade this one"
        )
    try:
        return _decoded(record)
    except struct.error:
        raise _cut_off(record) from None


def _decoded(record: bytes) -> Conversation:
    version, gone, length, asks, *times = _HEAD.unpack_from(record)
    opened, latest, heard, alive, ended, finalized, later = times
    end = _HEAD.size + length
    media = record[_HEAD.size : end]
    places, end = _read_places(record, end) if version > 1 else ({}, end)
    told = record[end:]
    if len(media) < length or len(told) % _BYTES:
        raise _cut_off(record)
    return Conversation(
        told=told, opened=opened, latest=latest, heard=heard, alive=alive, ended=ended,
        finalized=finalized, gone=bool(gone), media=media.decode(errors="ignore"), asks=asks,
        later=later, places=places,
    )  # fmt: skip


def _read_places(record: bytes, at: int) -> tuple[dict[bytes, Place], int]:
    """Return the places of a record, and where they end."""
    (count,) = _PLACES.unpack_from(record, at)
    at += _PLACES.size
    places: dict[bytes, Place] = {}
    for _ in range(count):
        key, changes, listeners = _PLACE.unpack_from(record, at)
        at += _PLACE.size
        middle = at + changes * _CHANGE.size
        end = middle + listeners * _STANDING.size
        if end > len(record):
            raise _cut_off(record)
        places[key] = Place(
            tuple(Change(*one) for one in _CHANGE.iter_unpack(record[at:middle])),
            {
                listener: Standing(change, read)
                for listener, change, read in _STANDING.iter_unpack(record[middle:end])
            },
        )
        at = end
    return places, at


def _cut_off(record: bytes) -> ValueError:
    return ValueError(f"a record of a conversation has {len(record)} bytes: it was cut off")


__all__ = ["VERSION", "decode", "encode"]
