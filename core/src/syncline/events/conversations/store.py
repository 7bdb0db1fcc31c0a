"""The port of a place that remembers conversations, for jobs that merge in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from .conversation import Conversation
from .micros import Micros


class ConversationStore(Protocol):
    """Conversations by key, and when they are due; every change is durable when a call returns.

    Calls are synchronous, as those of the state are. Use it from one thread.
    """

    def get_many(self, keys: Iterable[str]) -> Mapping[str, Conversation]:
        """Return what is known of these; those of which nothing is known are left out."""
        ...

    def put_many(self, changed: Mapping[str, Conversation]) -> None:
        """Remember these, all or none."""
        ...

    def forget(self, keys: Iterable[str]) -> None:
        """Forget these, all or none."""
        ...

    def open(self) -> Iterator[str]:
        """Yield those that had begun and had not ended, those heard of last first."""
        ...

    def due(self, now: Micros, limit: int) -> Mapping[str, Conversation]:
        """Return some of those about which something is to be done, the longest due first.

        Those that are open are to be asked for, all others to be forgotten.
        """
        ...


__all__ = ["ConversationStore"]
