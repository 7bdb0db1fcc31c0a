"""Conversations by id and by their beginning, also those that have ended: packed small."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import attrs
import orjson

from .conversation import Conversation

SAMPLE = 16_384
"""Bytes of the first conversation with which all others are packed."""


@attrs.define(kw_only=True)
class Archive:
    """What REST knows of conversations."""

    most: int = 200_000
    _open: dict[str, Conversation] = attrs.field(factory=dict)
    _ended: dict[str, bytes] = attrs.field(factory=dict)
    _starts: list[tuple[int, str]] = attrs.field(factory=list)
    _sample: bytes = b""
    _ends: dict[str, int] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return len(self._ended)

    def begun(self, conversation: Conversation) -> None:
        """One begins."""
        self._open[conversation.id] = conversation
        entry = (conversation.now, conversation.id)
        if self._starts and entry < self._starts[-1]:
            # The clock was set back.
            self._starts.insert(bisect_left(self._starts, entry), entry)
        else:
            self._starts.append(entry)

    def ended(self, conversation: Conversation) -> None:
        """One is over; the oldest beyond the bound are purged."""
        if self._open.pop(conversation.id, None) is None:
            return
        self._ends[conversation.id] = conversation.ended or conversation.now
        self._ended[conversation.id] = self._packed(orjson.dumps(record(conversation)))
        while len(self._ended) > self.most:
            self.purge(next(iter(self._ended)))

    def purge(self, conversation_id: str) -> bool:
        """Forget one that has ended."""
        gone = self._ended.pop(conversation_id, None) is not None
        self._ends.pop(conversation_id, None)
        if gone and len(self._starts) > 2 * (len(self._ended) + len(self._open)) + 1000:
            self._starts = [one for one in self._starts if self.holds(one[1])]
        return gone

    def purge_all(self) -> int:
        """Forget all that have ended."""
        count = len(self._ended)
        for one in tuple(self._ended):
            self.purge(one)
        return count

    def holds(self, conversation_id: str) -> bool:
        """Whether it is known."""
        return conversation_id in self._ended or conversation_id in self._open

    def get(self, conversation_id: str) -> dict[str, Any] | None:
        """The record of one."""
        if conversation_id in self._open:
            return record(self._open[conversation_id])
        packed = self._ended.get(conversation_id)
        found: dict[str, Any] | None = orjson.loads(self._unpacked(packed)) if packed else None
        return found

    def _packed(self, plain: bytes) -> bytes:
        """What is packed is small where it looks like the first one."""
        if not self._sample:
            self._sample = plain[-SAMPLE:]
        packer = zlib.compressobj(1, zdict=self._sample)
        return packer.compress(plain) + packer.flush()

    def _unpacked(self, packed: bytes) -> bytes:
        return zlib.decompressobj(zdict=self._sample).decompress(packed)

    def end(self, conversation_id: str) -> int | None:
        """When one ended, also while after-call work goes on."""
        found = self._open.get(conversation_id)
        return found.ended if found else self._ends.get(conversation_id)

    def begun_between(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """When those began that began from `start` on and before `end`, in that order."""
        for at in range(bisect_left(self._starts, (start, "")), len(self._starts)):
            began, conversation_id = self._starts[at]
            if began >= end:
                return
            if self.holds(conversation_id):
                yield began, conversation_id


def record(conversation: Conversation) -> dict[str, Any]:
    """A conversation as plain data: the snapshot, and what only the server knows."""
    return {
        "medium": conversation.medium,
        "direction": conversation.direction,
        "started": conversation.started,
        "ended": conversation.ended,
        "snapshot": orjson.loads(conversation.body()),
        "tracks": [
            [
                {"medium": two.medium, "path": two.path, "holds": two.holds}
                for two in one.communications
            ]
            for one in conversation.participants
        ],
    }
