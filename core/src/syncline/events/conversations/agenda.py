"""Which of many conversations is due next. Pure, and cheap for those that are not."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Generic, TypeVar

from .conversation import Conversation
from .micros import Micros
from .zombies import NEVER

Key = TypeVar("Key", str, bytes)


class Agenda(Generic[Key]):
    """Conversations by when something is to be done about them.

    Whatever is heard of a conversation puts it off, and that costs nothing: its turn then comes
    too early, and only then is it put off to when it really is due.
    """

    def __init__(self, due: Callable[[Conversation], Micros]) -> None:
        self._due = due
        self._heap: list[tuple[Micros, Key]] = []
        self._at: dict[Key, Micros] = {}
        """When the turn of each comes; what the heap has besides is void."""

    def __len__(self) -> int:
        return len(self._at)

    def enter(self, key: Key, conversation: Conversation) -> None:
        """Let its turn come no later than it is due."""
        due = self._due(conversation)
        if due < self._at.get(key, NEVER):
            self._at[key] = due
            heappush(self._heap, (due, key))

    def take(
        self, known: Callable[[Key], Conversation | None], now: Micros, limit: int
    ) -> list[Key]:
        """Return those that are due, the longest due first; they are entered no longer.

        Args:
            known: returns what is known of one now; None where it was forgotten.
        """
        due: list[Key] = []
        while self._heap and self._heap[0][0] <= now and len(due) < limit:
            at, key = heappop(self._heap)
            if self._at.get(key) != at:
                continue
            del self._at[key]
            conversation = known(key)
            if conversation is None:
                continue
            if self._due(conversation) <= now:
                due.append(key)
            else:
                self.enter(key, conversation)
        return due


__all__ = ["Agenda"]
