"""Records of conversations as bytes, for a state topic and for tables. Pure."""

from __future__ import annotations

import struct

from .conversation import Conversation

VERSION = 1
_HEAD = struct.Struct(">BBBHqqqqqqq")
"""Version, gone, length of the medium, asks, and seven times; the medium and the digests follow."""
_MEDIA = 255
_ASKS = 65_535
_BYTES = 8


def encode(conversation: Conversation) -> bytes:
    """Return a record as bytes: 61 of them, the medium, and eight for every event that was told."""
    media = conversation.media.encode()[:_MEDIA]
    head = _HEAD.pack(
        VERSION, conversation.gone, len(media), min(conversation.asks, _ASKS),
        conversation.opened, conversation.latest, conversation.heard, conversation.alive,
        conversation.ended, conversation.finalized, conversation.later,
    )  # fmt: skip
    return head + media + conversation.told


def decode(record: bytes) -> Conversation:
    """Return the record that `encode` wrote.

    Raises:
        ValueError: it is none, or a newer program wrote it.
    """
    if not record or record[0] != VERSION:
        told = f"version {record[0]}" if record else "empty"
        raise ValueError(
            f"a record of a conversation is {told}, expected version {VERSION}: a newer Syncline"
            " may have written it; upgrade this one"
        )
    if len(record) < _HEAD.size:
        raise ValueError(f"a record of a conversation has {len(record)} bytes: it was cut off")
    return _decoded(record)


def _decoded(record: bytes) -> Conversation:
    _, gone, length, asks, *times = _HEAD.unpack_from(record)
    opened, latest, heard, alive, ended, finalized, later = times
    media, told = record[_HEAD.size : _HEAD.size + length], record[_HEAD.size + length :]
    if len(media) < length or len(told) % _BYTES:
        raise ValueError(f"a record of a conversation has {len(record)} bytes: it was cut off")
    return Conversation(
        told=told, opened=opened, latest=latest, heard=heard, alive=alive, ended=ended,
        finalized=finalized, gone=bool(gone), media=media.decode(errors="ignore"), asks=asks,
        later=later,
    )  # fmt: skip


__all__ = ["VERSION", "decode", "encode"]
