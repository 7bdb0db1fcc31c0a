"""Keys kept in order, so that a page of a listing is found without a scan."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import TypeAlias

Key: TypeAlias = tuple[str | int, ...]
"""A sort key; its last part tells entities with the same rank apart."""


class Ordered:
    """Sort keys in order. Adding, removing and finding a place take no scan."""

    def __init__(self) -> None:
        self._keys: list[Key] = []

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: Key) -> None:
        """Put the key in its place."""
        insort(self._keys, key)

    def discard(self, key: Key) -> None:
        """Take the key out, if it is there."""
        at = bisect_left(self._keys, key)
        if at < len(self._keys) and self._keys[at] == key:
            del self._keys[at]

    def after(self, key: Key | None) -> Iterator[Key]:
        """The keys behind this one, ascending; all of them for `None`."""
        start = 0 if key is None else bisect_right(self._keys, key)
        # Not islice: it would walk through everything before `start`.
        for at in range(start, len(self._keys)):
            yield self._keys[at]

    def before(self, key: Key) -> Iterator[Key]:
        """The keys in front of this one, descending."""
        for at in range(bisect_left(self._keys, key) - 1, -1, -1):
            yield self._keys[at]

    def last(self) -> Key | None:
        """The greatest key."""
        return self._keys[-1] if self._keys else None
