"""From a channel to the one that replaces it, message by message.

Both tell the same in the same order, and the new one begins in the middle. Where it is ahead, it
would tell what comes last first, and a value that changed twice would seem to have changed back.
So the old one tells until both have met, and the new one from there: until they have brought the
same run of messages. A single message proves nothing, since values come back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define, field

from ..interactions.shapes import Envelope, Snapshot
from ..interactions.snapshot_order import SPAN

if TYPE_CHECKING:
    from .channel import Channel

PATIENCE = SPAN.total_seconds() - 0.5
"""Seconds in which they may meet: what waited longer would not be known for a repeat."""
LARGEST = 8 * 1024 * 1024
"""Bytes that wait at most."""
MOST = 50_000
"""Messages of the old channel that are remembered: a new one may take a while to be subscribed."""
RUN = 32
"""Messages that prove where a channel stands: one change is told by several."""


@define(eq=False)
class _Brought:
    """What one of the two has brought."""

    keys: list[int] = field(factory=list)
    runs: dict[int, int] = field(factory=dict)
    """The newest runs, by their hash, with the number of messages then."""

    def add(self, key: int) -> int | None:
        """Note a message; return the run that it ends."""
        self.keys.append(key)
        if len(self.keys) < RUN:
            return None
        if len(self.keys) > MOST:
            self._forget(MOST // 2)
        run = hash((*self.keys[-RUN:],))
        self.runs[run] = len(self.keys)
        return run

    def _forget(self, count: int) -> None:
        del self.keys[:count]
        self.runs = {run: at - count for run, at in self.runs.items() if at > count}


@define(eq=False)
class Handover:
    """`begin` as soon as the new channel is there; `end` when there is no more time to meet."""

    old: Channel
    new: Channel | None = None
    met: bool = False
    over: asyncio.Event = field(factory=asyncio.Event)
    """The old one tells nothing more."""
    waited: bool = False
    """The new one brought something."""
    _held: list[bytes] = field(factory=list, init=False)
    _bytes: int = field(default=0, init=False)
    _told: _Brought = field(factory=_Brought, init=False)
    _brought: _Brought = field(factory=_Brought, init=False)
    _known: deque[int] = field(factory=deque, init=False)
    """What the old one has told, and the new one has yet to bring."""

    @property
    def _ended(self) -> bool:
        return self.over.is_set()

    def begin(self, new: Channel) -> None:
        """Let what the new channel brings wait."""
        self.new = new
        self.old.handover = new.handover = self

    def cancel(self) -> None:
        """Let each channel tell what it brings."""
        self.old.handover = None
        if self.new is not None:
            self.new.handover = None

    def keeps(self, channel: Channel, message: bytes, one: Envelope) -> bool:
        """Note what a channel brought; return whether it is not to be told now, or not at all."""
        if channel is self.old:
            if not self._ended and (run := self._told.add(_key(one))) in self._brought.runs:
                del self._held[: self._brought.runs[run]]
                self._meet()
                return False
            return self._ended
        if self._ended:
            return self._repeats(channel, one)
        self._hold(message, _key(one))
        return True

    def _hold(self, message: bytes, key: int) -> None:
        self.waited = True
        if (run := self._brought.add(key)) in self._told.runs:
            self._held.clear()
            self._known.extend(self._told.keys[self._told.runs[run] :])
            self._meet()
            return
        self._held.append(message)
        self._bytes += len(message)
        if self._bytes > LARGEST:
            self.over.set()

    def _repeats(self, channel: Channel, one: Envelope) -> bool:
        if self._known and self._known.popleft() == _key(one):
            return True
        channel.handover = None
        return False

    def _meet(self) -> None:
        self.met = True
        self.over.set()
        if self.new is not None:
            self.new.sequence, self.new.through = self.old.sequence, self.old.through

    def end(self) -> None:
        """Let the new one tell from now on, wherever the old one stands."""
        if self._ended:
            return
        if not self.waited:
            self.cancel()
            return
        self.over.set()
        if set(self._brought.keys) <= set(self._told.keys):
            # Too little happened for a run; all of it was told.
            self._held.clear()
            self._meet()

    def release(self) -> Sequence[bytes]:
        """Return what waited and need not wait any longer, once."""
        if not self._ended:
            return ()
        held, self._held = self._held, []
        return held


def _key(one: Envelope) -> int:
    # What a message says about itself may differ from channel to channel.
    body = one.body
    if isinstance(body, Snapshot):
        return hash((one.topic, body.id, *map(bytes, body.participants)))
    return hash((one.topic, bytes(body)))


__all__ = ["LARGEST", "MOST", "PATIENCE", "RUN", "Handover"]
