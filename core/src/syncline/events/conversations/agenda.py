"""Which of many conversations is due next. Pure, and cheap for those that are not."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Generic, TypeVar

from .conversation import Conversation, Micros

Key = TypeVar("Key", str, bytes)


class Agenda(Generic[Key]):
    """Conversations by when something is to be done about them.

    A conversation is entered when it is first seen, and not again whenever something is heard of
    it: its turn comes too early then, and is put off to when it really is due.
    """

    def __init__(self, due: Callable[[Conversation], Micros]) -> None:
        self._due = due
        self._heap: list[tuple[Micros, Key]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def enter(self, key: Key, conversation: Conversation) -> None:
        """Enter one that is not entered."""
        heappush(self._heap, (self._due(conversation), key))

    def take(
        self, known: Callable[[Key], Conversation | None], now: Micros, limit: int
    ) -> list[Key]:
        """Return those that are due, the longest due first; they are entered no longer.

        Args:
            known: returns what is known of one now; None where it was forgotten.
        """
        due: list[Key] = []
        while self._heap and self._heap[0][0] <= now and len(due) < limit:
            _, key = heappop(self._heap)
            conversation = known(key)
            if conversation is None:
                continue
            if self._due(conversation) <= now:
                due.append(key)
            else:
                self.enter(key, conversation)
        return due


__all__ = ["Agenda"]
