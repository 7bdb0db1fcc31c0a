"""Drops repeats on the way to a sink, where one process works alone and keeps what was told.

What was told is committed after the sink has made it durable, never before: an event whose call
failed is told once more, and not taken for a repetition of itself.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from attrs import define, field

from ...events import Event, EventSink, EventsRejected, Found
from ...events.conversations import Conversation, ConversationStore, Micros, Patience, merge, micros
from ...events.conversations import answered as verdict_on
from ...ports import Clock


@define(eq=False)
class _Call:
    changed: Mapping[str, Conversation]
    """What is known once the call has been answered."""
    answered: bool = False


@define(eq=False, kw_only=True)
class DedupingSink:
    """A sink that hands on what was not told yet; several calls may be on their way."""

    sink: EventSink
    store: ConversationStore
    clock: Clock
    repeats: Callable[[int], None]
    """Told how many events were dropped."""
    _calls: deque[_Call] = field(factory=deque, init=False)
    """On their way, or waiting for one that was begun earlier."""
    _ahead: dict[str, Conversation] = field(factory=dict, init=False)
    """What is known of conversations of which events are on their way."""
    _users: Counter[str] = field(factory=lambda: Counter[str](), init=False)
    """How many calls each of those has."""

    async def send(self, batch: Sequence[Event]) -> None:
        """Send what was not told yet; see `EventSink.send`."""
        fresh, call = self._begin(batch)
        try:
            if fresh:
                await self.sink.send(fresh)
        except EventsRejected:
            self._answered(call)
            raise
        except BaseException:
            # Calls behind this one were merged with what it would have told: nothing of them is
            # kept, and they are repeated too.
            self._calls.clear()
            self._ahead.clear()
            self._users.clear()
            raise
        self._answered(call)

    def _begin(self, batch: Sequence[Event]) -> tuple[list[Event], _Call]:
        heard = micros(self.clock.now())
        keys = {event.key for event in batch}
        known = dict(self.store.get_many(keys - self._ahead.keys()))
        known.update((key, self._ahead[key]) for key in keys & self._ahead.keys())
        fresh: list[Event] = []
        for event in batch:
            known[event.key], told = merge(known.get(event.key), event, heard=heard)
            if told is not None:
                fresh.append(told)
        self.repeats(len(batch) - len(fresh))
        self._ahead.update(known)
        self._users.update(known.keys())
        self._calls.append(call := _Call(known))
        return fresh, call

    def _answered(self, call: _Call) -> None:
        """Keep what is durable: a call counts when all that were begun before it have answers."""
        call.answered = True
        while self._calls and self._calls[0].answered:
            changed = self._calls[0].changed
            self.store.put_many(changed)
            self._calls.popleft()
            for key in changed:
                self._users[key] -= 1
                if not self._users[key]:
                    del self._users[key], self._ahead[key]

    async def aclose(self) -> None:
        await self.sink.aclose()


@define(eq=False, kw_only=True)
class StoreKeeper:
    """Keeps the conversations of one process for the janitor; the mirror tells what follows."""

    store: ConversationStore
    clock: Clock
    patience: Patience
    source: str
    """Of the events that are inferred."""
    tell: Callable[[Sequence[Event]], None]
    """Puts events among those that the source tells."""

    async def due(self, limit: int) -> Sequence[str]:
        """Return keys of conversations to ask for; those that ended long ago are forgotten."""
        due = self.store.due(self._now(), limit)
        self.store.forget([key for key, one in due.items() if not one.open])
        return [key for key, one in due.items() if one.open]

    async def answered(self, keys: Sequence[str], found: Mapping[str, Found]) -> None:
        """Take what the vendor said."""
        now = self._now()
        known = self.store.get_many(keys)
        later: dict[str, Conversation] = {}
        told: list[Event] = []
        for key, conversation in known.items():
            changed, event = verdict_on(
                key, conversation, found.get(key), now, patience=self.patience, source=self.source
            )
            if event is None:
                later[key] = changed
            else:
                # Merged once more on its way: what is known changes when it is durable.
                told.append(event)
                later[key] = self.patience.unanswered(conversation, now)
        self.store.put_many(later)
        if told:
            self.tell(told)

    def share(self) -> float:
        """Return the whole budget: nobody else asks."""
        return 1.0

    def _now(self) -> Micros:
        return micros(self.clock.now())


__all__ = ["DedupingSink", "StoreKeeper"]
