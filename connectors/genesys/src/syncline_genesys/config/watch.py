"""What the audit trail does not tell of: rows, users, and schedules that open as time goes by.

A poll reads what was read before of these kinds and tells what moved. Which objects those are is
cached: after a restart each is told once, so that nothing which moved meanwhile is missed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from attrs import define, field

from syncline.config_items import ConfigRecord, kind_and_name
from syncline.model import JSON, Ref
from syncline.ports import Cache

from .fields import digest

MOST = 5_000
"""Objects that are watched; rules about more are looked at by full passes."""


def _all(values: Mapping[str, JSON]) -> JSON:
    return dict(values)


def _hours(values: Mapping[str, JSON]) -> JSON:
    # What people change in a schedule is in the trail.
    return [values.get("open"), values.get("holiday")]


SILENT: Mapping[str, Callable[[Mapping[str, JSON]], JSON]] = {
    "data-table-row": _all,
    "user": _all,
    "schedule": _hours,
    "schedule-group": _hours,
}
"""The kinds that are watched, and what of them."""


@define
class Watch:
    """The objects of one connection that are watched."""

    _cache: Cache
    _connection: str
    _seen: dict[str, str] = field(factory=dict)
    """What an object was when it was told or read last, by its id; empty: not known."""
    _wanted: set[str] = field(factory=set)
    """Ids that somebody asked for since this process began."""
    _told: set[str] = field(factory=set)
    _news: bool = False

    def __attrs_post_init__(self) -> None:
        known = self._cache.get(self._key)
        self._seen.update(dict.fromkeys(json.loads(known) if known else (), ""))

    @property
    def _key(self) -> str:
        return f"genesys/{self._connection}/watched"

    def saw(self, record: ConfigRecord) -> None:
        """Remember an object that somebody asked for."""
        id = record.ref.id
        if kind_and_name(record.ref)[0] not in SILENT or len(self._wanted) >= MOST:
            return
        self._wanted.add(id)
        self._news = self._news or id not in self._seen
        self._seen[id] = _state(record)

    def due(self) -> list[Ref]:
        """Return what to read now; what was told once and nobody asked for is let go."""
        idle = self._told - self._wanted
        for id in idle:
            del self._seen[id]
        self._told -= idle
        self._news = self._news or bool(idle)
        return [Ref(self._connection, id) for id in self._seen]

    def moved(self, record: ConfigRecord) -> bool:
        """Return whether an object differs from what it was, and remember what it is."""
        id, state = record.ref.id, _state(record)
        differs = self._seen.get(id) != state
        self._seen[id] = state
        self._told.add(id)
        return differs

    def save(self) -> None:
        """Keep which objects are watched; nothing is written where these are the same."""
        if self._news:
            self._news = False
            self._cache.put(self._key, json.dumps(list(self._seen)))


def _state(record: ConfigRecord) -> str:
    what = SILENT[kind_and_name(record.ref)[0]]
    return digest([record.status.value, what(record.values)])


__all__ = ["MOST", "SILENT", "Watch"]
