"""Conversations in memory: for tests, and for whoever does not mind losing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from .conversation import Conversation
from .micros import Micros


class MemoryConversations:
    """The `ConversationStore` in memory."""

    def __init__(self, due: Callable[[Conversation], Micros]) -> None:
        self._due = due
        self._known: dict[str, Conversation] = {}

    def get_many(self, keys: Iterable[str]) -> Mapping[str, Conversation]:
        return {key: self._known[key] for key in keys if key in self._known}

    def put_many(self, changed: Mapping[str, Conversation]) -> None:
        self._known.update(changed)

    def forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._known.pop(key, None)

    def open(self) -> Iterator[str]:
        found = [(-one.heard, key) for key, one in self._known.items() if one.open]
        yield from (key for _, key in sorted(found))

    def due(self, now: Micros, limit: int) -> Mapping[str, Conversation]:
        timed = sorted((self._due(one), key) for key, one in self._known.items())
        return {key: self._known[key] for at, key in timed[:limit] if at <= now}


__all__ = ["MemoryConversations"]
