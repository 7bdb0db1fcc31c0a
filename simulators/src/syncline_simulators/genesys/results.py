"""What the last queries found."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from attrs import define, field


@define
class Results:
    """Ids by query, until the base changes: pages then cost what they hold."""

    _kept: OrderedDict[str, tuple[int, list[str]]] = field(factory=OrderedDict)

    def get(self, key: str, changes: int, find: Callable[[], list[str]]) -> list[str]:
        """The ids that `find` yields, remembered for this state of the base."""
        kept = self._kept.pop(key, None)
        ids = kept[1] if kept is not None and kept[0] == changes else find()
        self._kept[key] = (changes, ids)
        if len(self._kept) > 16:
            self._kept.popitem(last=False)
        return ids
