"""What is paired with what, and the values that both sides last held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define

from syncline.config_items import ConfigItem
from syncline.model import Document, Ref, Side
from syncline.state.records import Link, LinkState

from . import keys
from .shapes import link_from
from .table import Table
from .values import Values
from .wire import Item, body_of


@define(slots=False)
class Pairs:
    """Links, values by their digest, references, and what is left of pairs that ended."""

    table: Table
    _values: Values

    def link(self, job: str, ref: Ref) -> Link | None:
        known = self.table.get(keys.item(job, ref))
        for side in Side:
            if known is not None and side.value in known:
                kept = self.table.get(keys.link(job, str(known[side.value])))
                return link_from(kept) if kept else None
        return None

    def pair(self, pair: str) -> Link | None:
        pointer = self.table.get(keys.pointer(pair))
        kept = self.table.get(keys.link(str(pointer["job"]), pair)) if pointer else None
        return link_from(kept) if kept else None

    def links(self, job: str) -> Iterator[Link]:
        return map(link_from, self.table.query(keys.link(job, "")[0]))

    def linked_elsewhere(self, job: str, ref: Ref) -> str | None:
        own = keys.item(job, ref)
        for item in self.table.query(own[0]):
            kept_by = str(item["sk"])
            if kept_by != own[1] and any(side.value in item for side in Side):
                return str(item["job"])
        return None

    def value(self, key: str) -> Document | None:
        return self._values.value(key)

    def item(self, key: str) -> ConfigItem | None:
        return self._values.item(key)

    def referrers(self, job: str, target: Ref) -> Sequence[Ref]:
        # What leads here was written before what it leads to, and may be out of date.
        found = self.table.query(keys.linked(job, str(target))[0])
        refs = [Ref.parse(str(item["ref"])) for item in found]
        bodies = self.table.get_many(keys.targets(job, ref) for ref in refs)
        return [ref for ref in refs if str(target) in _targets(bodies.get(keys.targets(job, ref)))]

    def tombstone(self, job: str, ref: Ref) -> str | None:
        known = self.table.get(keys.item(job, ref))
        if known is None or "tomb" not in known:
            return None
        _, _, _, reason = body_of({"d": known["tomb"]})
        return str(reason)

    def count_links(self, job: str) -> dict[str, int]:
        counts = {
            state.value: self.table.count(keys.shelf(job, state.value, "", "")[0])
            for state in LinkState
        }
        return {name: count for name, count in counts.items() if count}


def _targets(item: Item | None) -> Sequence[str]:
    return body_of(item) if item else ()
