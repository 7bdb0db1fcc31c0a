"""What one commit reads and changes: later effects see what earlier ones did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .keys import Key
from .table import Change, Table
from .wire import Item, key_of


class Rows:
    """A view of the table with the changes of one commit, which nobody else sees yet.

    Everything that is read and then changed is written only if it still is as it was read; so
    commits of several processes behave as if they came one after the other.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._read: dict[Key, Item | None] = {}
        self._changed: dict[Key, Item | None] = {}

    def want(self, wanted: Iterable[Key]) -> None:
        """Read in one go what is going to be asked for."""
        missing = [key for key in dict.fromkeys(wanted) if key not in self._read]
        found = self._table.get_many(missing) if missing else {}
        self._read.update((key, found.get(key)) for key in missing)

    def get(self, key: Key) -> Item | None:
        """Return an item as it is now; change it by `put`, not in place."""
        if key in self._changed:
            return self._changed[key]
        if key not in self._read:
            self._read[key] = self._table.get(key)
        return self._read[key]

    def query(self, partition: str) -> Iterator[Item]:
        """Yield all items of a partition that are there now."""
        found = {key_of(item): item for item in self._table.query(partition)}
        for key, item in found.items():
            self._read.setdefault(key, item)
        known = {key for key in self._changed if key[0] == partition}
        for key in sorted({*found, *known}):
            now = self.get(key)
            if now is not None:
                yield now

    def put(self, item: Item) -> None:
        """Write an item, if nobody else has changed it since it was read."""
        key = key_of(item)
        self.get(key)
        self._changed[key] = item

    def add(self, item: Item) -> None:
        """Write an item, whatever was there."""
        self._changed[key_of(item)] = item

    def delete(self, key: Key) -> None:
        """Delete an item; what is not there needs no deletion."""
        if key not in self._read:
            self._read[key] = self._table.get(key)
        if self.get(key) is not None:
            self._changed[key] = None

    @property
    def changed(self) -> int:
        """How many items are written or deleted so far."""
        return len(self._changed)

    def changes(self, version: str) -> list[Change]:
        """Return what has to be written, each item marked with `version`."""
        return [change for key in self._changed if (change := self._change(key, version))]

    def _change(self, key: Key, version: str) -> Change | None:
        new, looked, old = self._changed[key], key in self._read, self._read.get(key)
        if new is None and old is None:
            return None
        if new is not None and old is not None and _same(new, old):
            return None
        marked = None if new is None else {**new, "v": version}
        return Change(key, old, marked, blind=not looked)


def _same(new: Item, old: Item) -> bool:
    return {**new, "v": ""} == {**old, "v": ""}
