"""Values by their digest: compressed, in pieces, shared by whoever refers to them."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from syncline.config_items import ConfigItem, item_digest, item_text
from syncline.model import Document
from syncline.state.records import Effect, SaveItem, SaveValue
from syncline.state.values import pack, unpack, unpack_item

from . import keys
from .pieces import pieces_of, read_pieces
from .refusals import Clash
from .table import Change, Table
from .wire import Item, key_of, new

GRACE = 24 * 3600.0
"""Seconds that a value is kept though nothing refers to it: a commit may be about to."""


@frozen
class Keep:
    """An effect of this state alone: the pieces of a value are there, and it is kept from now."""

    key: str
    at: int

    def item(self) -> Item:
        return new(keys.value(self.key), key=self.key, at=self.at)


class Values:
    """The values of one table."""

    def __init__(self, table: Table, grace: float = GRACE) -> None:
        self._table = table
        self.grace = grace

    def value(self, key: str) -> Document | None:
        """Return a document."""
        blob = read_pieces(self._table, key) if key else None
        return unpack(blob) if blob is not None else None

    def item(self, key: str) -> ConfigItem | None:
        """Return the owned fields of a configuration object."""
        blob = read_pieces(self._table, key) if key else None
        return unpack_item(blob) if blob is not None else None

    def keep(self, effects: Sequence[Effect]) -> list[Effect | Keep]:
        """Return the effects with every value written and replaced by the fact that it is kept.

        A value by itself does no harm: it is known by its digest, and nobody refers to it yet.
        """
        packed = dict(_packed(effect) for effect in effects if _has_value(effect))
        known = self._table.get_many(map(keys.value, packed)) if packed else {}
        now = int(time.time())
        missing = [k for k in packed if not self._is_fresh(known.get(keys.value(k)), now)]
        self._table.put_all(piece for key in missing for piece in pieces_of(key, packed[key]())[1])
        kept = (Keep(key, now) for key in missing)
        return [*kept, *(effect for effect in effects if not _has_value(effect))]

    def _is_fresh(self, known: Item | None, now: int) -> bool:
        return known is not None and now - int(known["at"]) < self.grace / 2

    def all_keys(self) -> Iterator[Item]:
        """Yield what says that a value is kept, of every one."""
        for shard in keys.SHARDS:
            yield from self._table.query(keys.value(shard)[0])

    def drop(self, kept: Iterable[Item], *, now: bool = False) -> int:
        """Forget values that nothing refers to; return how many.

        One that was kept lately stays, unless `now`: a commit may be about to refer to it.
        """
        latest = time.time() - (0 if now else self.grace)
        return sum(self._dropped(item) for item in kept if int(item["at"]) <= latest)

    def _dropped(self, item: Item) -> bool:
        key = str(item["key"])
        before = [key_of(piece) for piece in self._table.query(keys.piece(key)[0])]
        try:
            # Whoever keeps it again has changed this item, and written pieces of its own.
            self._table.write([Change(key_of(item), item, None)], None, "")
        except Clash:
            return False
        self._table.delete_all(before)
        return True


def _has_value(effect: Effect) -> bool:
    return isinstance(effect, SaveValue | SaveItem)


def _packed(effect: Effect) -> tuple[str, Callable[[], bytes]]:
    match effect:
        case SaveValue(value):
            return pack(value)
        case SaveItem(item):
            text = item_text(item).encode("utf-8", "surrogatepass")
            return item_digest(item), lambda: zlib.compress(text, 6)
        case _:
            raise TypeError(f"{effect!r} holds no value")


__all__ = ["GRACE", "Keep", "Values"]
