"""What is known of one partition of the raw topic, and how a transaction changes it. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta

from syncline.events import Event, Found
from syncline.events.conversations import (
    Agenda,
    Conversation,
    Fact,
    Micros,
    Patience,
    Verdict,
    answered,
    weigh,
)

_NEAR = timedelta(minutes=5) // timedelta(microseconds=1)
"""So long ago the end of the partition was seen, at most, while more keeps coming."""


class Partition:
    """Conversations of one partition: as they are, and as the last transaction left them."""

    def __init__(
        self, number: int, position: int, known: dict[bytes, Conversation], patience: Patience
    ) -> None:
        self.number = number
        self.position = position
        """Offset of the next record to read."""
        self.committed = position
        self.known = known
        self._patience = patience
        self._before: dict[bytes, Conversation | None] = {}
        """As they were when the transaction began, where it has changed them."""
        self._asking: dict[bytes, Conversation] = {}
        """As they were when the vendor was asked."""
        self._waiting: deque[bytes] = deque()
        self._agenda: Agenda[bytes] = Agenda(patience.due)
        for key, conversation in known.items():
            self._agenda.enter(key, conversation)
        self._end_seen: Micros = 0
        self._record_seen: Micros = 0

    # -- records ----------------------------------------------------------------------------

    def weigh(self, key: bytes, fact: Fact) -> Verdict:
        """Take in an event; return what becomes of it."""
        known = self.known.get(key)
        merged, verdict = weigh(known, fact)
        if merged is not known:
            self._keep(key, merged)
        return verdict

    def told(self, key: bytes, digest: bytes) -> bool:
        """Tell whether an event was told already."""
        known = self.known.get(key)
        return known is not None and digest in known.told

    def lacks_medium(self, key: bytes) -> bool:
        """Tell whether no event of it has named a medium yet."""
        known = self.known.get(key)
        return known is None or not known.media

    def seen(self, now: Micros, *, end: bool) -> None:
        """Note that a record, or the end of the partition, was seen."""
        if end:
            self._end_seen = now
        else:
            self._record_seen = now

    def caught_up(self, now: Micros) -> bool:
        """Tell whether what is not known here has not been written either, but for moments.

        Nothing is asked for or forgotten before: the end of a conversation, or the other
        listener's word of it, may be waiting in the partition.
        """
        end = self._end_seen
        return end > 0 and (end >= self._record_seen or now - end < _NEAR)

    # -- the transaction --------------------------------------------------------------------

    @property
    def changed(self) -> bool:
        """True where there is something to commit."""
        return bool(self._before) or self.position != self.committed

    def changes(self) -> Iterator[tuple[bytes, Conversation | None]]:
        """Yield what the transaction has changed; None for what is forgotten."""
        for key in self._before:
            yield key, self.known.get(key)

    def commit(self) -> None:
        """Make the changes final."""
        self._before.clear()
        self.committed = self.position

    def undo(self) -> None:
        """Be as the last transaction left it; records are read again from `committed`."""
        for key, before in self._before.items():
            if before is None:
                self.known.pop(key, None)
            else:
                self.known[key] = before
                self._agenda.enter(key, before)
        self._before.clear()
        self.position = self.committed

    # -- conversations that say nothing --------------------------------------------------------

    def sweep(self, now: Micros, limit: int) -> int:
        """Forget those that ended long ago, and note those to ask for; return how many went."""
        if not self.caught_up(now):
            return 0
        forgotten = 0
        for key in self._agenda.take(self.known.get, now, limit):
            if self.known[key].open:
                self._waiting.append(key)
            else:
                self._before.setdefault(key, self.known.pop(key))
                forgotten += 1
        return forgotten

    def ask(self, now: Micros, limit: int) -> list[bytes]:
        """Return some to ask the vendor for."""
        found: list[bytes] = []
        while self._waiting and len(found) < limit:
            key = self._waiting.popleft()
            known = self.known.get(key)
            if known is None or key in self._asking:
                continue
            if known.open and self._patience.due(known) <= now:
                self._asking[key] = known
                found.append(key)
            else:
                self._agenda.enter(key, known)
        return found

    def answer(self, key: bytes, found: Found | None, now: Micros, *, source: str) -> Event | None:
        """Take in what the vendor says of one; return the event that follows."""
        asked, known = self._asking.pop(key, None), self.known.get(key)
        if asked is None or known is None:
            return None
        if known is not asked:
            # Something real came while the vendor was asked: the answer is of before that.
            self._agenda.enter(key, known)
            return None
        after, event = answered(
            key.decode(errors="replace"), known, found, now, patience=self._patience, source=source
        )
        self._keep(key, after)
        return event

    def _keep(self, key: bytes, after: Conversation) -> None:
        self._before.setdefault(key, self.known.get(key))
        self.known[key] = after
        self._agenda.enter(key, after)


Partitions = Mapping[int, Partition]

__all__ = ["Partition", "Partitions"]
