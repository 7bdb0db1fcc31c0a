"""Conversations by id and by their beginning, also those that have ended: packed small."""

from __future__ import annotations

import zlib
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import attrs
import orjson

from .conversation import Conversation

SAMPLE = 16_384
"""Bytes of the first conversation with which all others are packed."""


Row = tuple[int, str]
"""When a conversation began, or ended, and its id."""


@attrs.frozen
class Rows:
    """A part of a list that is not copied: a page is asked for, of what may be very many."""

    _rows: list[Row]
    _first: int
    _end: int

    def __len__(self) -> int:
        return max(0, self._end - self._first)

    def __iter__(self) -> Iterator[Row]:
        return islice(self._rows, self._first, self._end)

    def page(self, number: int, size: int, *, latest_first: bool) -> list[Row]:
        """Return one page, the first of which has the number 1."""
        before = (number - 1) * size
        if not latest_first:
            first = self._first + before
            return self._rows[first : min(self._end, first + size)]
        end = self._end - before
        return self._rows[max(self._first, end - size) : max(self._first, end)][::-1]


def rows_of(rows: list[Row]) -> Rows:
    """Return a whole list."""
    return Rows(rows, 0, len(rows))


@attrs.define(kw_only=True)
class Archive:
    """What REST knows of conversations.

    What asks for a page of them takes no longer where there are hundreds of thousands: they are
    kept in order.
    """

    most: int = 200_000
    """Ended conversations that are kept; a sixty-fourth more may wait to be purged at once."""
    looked_up: int = 0
    """Records that were asked for so far."""
    _open: dict[str, Conversation] = attrs.field(factory=dict)
    _ended: dict[str, bytes] = attrs.field(factory=dict)
    _starts: list[Row] = attrs.field(factory=list)
    _ends: list[Row] = attrs.field(factory=list)
    """Also of those that are open for the work after them."""
    _start: dict[str, int] = attrs.field(factory=dict)
    _end: dict[str, int] = attrs.field(factory=dict)
    _sample: bytes = b""

    def __len__(self) -> int:
        return len(self._ended)

    def begun(self, conversation: Conversation) -> None:
        """One begins."""
        self._open[conversation.id] = conversation
        self._start[conversation.id] = conversation.now
        insort(self._starts, (conversation.now, conversation.id))

    def changed(self, conversation: Conversation) -> None:
        """One has changed: everybody may have left it."""
        if conversation.ended is not None:
            self._note_end(conversation.id, conversation.ended)

    def ended(self, conversation: Conversation) -> None:
        """One is over; the oldest beyond the bound are purged."""
        if self._open.pop(conversation.id, None) is None:
            return
        self._note_end(conversation.id, conversation.ended or conversation.now)
        self._ended[conversation.id] = self._packed(orjson.dumps(record(conversation)))
        if len(self._ended) > self.most + self.most // 64:
            self._forget(islice(self._ended, len(self._ended) - self.most))

    def _note_end(self, conversation_id: str, at: int) -> None:
        before = self._end.get(conversation_id)
        if before == at:
            return
        if before is not None:
            _remove(self._ends, (before, conversation_id))
        self._end[conversation_id] = at
        insort(self._ends, (at, conversation_id))

    def purge(self, conversation_id: str) -> bool:
        """Forget one that has ended."""
        if self._ended.pop(conversation_id, None) is None:
            return False
        _remove(self._starts, (self._start.pop(conversation_id), conversation_id))
        _remove(self._ends, (self._end.pop(conversation_id), conversation_id))
        return True

    def purge_all(self) -> int:
        """Forget all that have ended."""
        return self._forget(self._ended)

    def _forget(self, ids: Iterable[str]) -> int:
        """Forget many at once: the rest is looked through once."""
        gone = [*ids]
        for one in gone:
            del self._ended[one], self._start[one], self._end[one]
        self._starts = [row for row in self._starts if row[1] in self._start]
        self._ends = [row for row in self._ends if row[1] in self._end]
        return len(gone)

    def holds(self, conversation_id: str) -> bool:
        """Whether it is known."""
        return conversation_id in self._ended or conversation_id in self._open

    def get(self, conversation_id: str) -> dict[str, Any] | None:
        """The record of one."""
        self.looked_up += 1
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
        return self._end.get(conversation_id)

    def begun_between(self, start: int, end: int) -> Rows:
        """When those began that began from `start` on and before `end`, in that order."""
        return Rows(self._starts, _place(self._starts, start), _place(self._starts, end))

    def ended_between(self, start: int, end: int, until: int) -> Rows:
        """When those ended by `until`, in that order, that began in such an interval."""
        last = _place(self._ends, until + 1)
        if not self._starts or (start <= self._starts[0][0] and self._starts[-1][0] < end):
            return Rows(self._ends, 0, last)
        began = self._start
        return rows_of([row for row in self._ends[:last] if start <= began[row[1]] < end])


def _place(rows: list[Row], at: int) -> int:
    """Where those begin that are not before a time."""
    return bisect_left(rows, (at, ""))


def _remove(rows: list[Row], row: Row) -> None:
    del rows[bisect_left(rows, row)]


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
