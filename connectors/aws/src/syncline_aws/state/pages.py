"""Pages of what people look through, each from a list that is kept in its order."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice

from syncline.model import Ref, Side
from syncline.state.browsing import Place, Shelved, Standing
from syncline.state.records import ConflictRecord, LinkState

from . import keys, shapes
from .history import History
from .wire import Item, body_of

_LONE = {Standing.FAILED: shapes.FAILED, Standing.SKIPPED: shapes.SKIPPED}


class Pages(History):
    """Articles by title, conflicts by age, and how many there are."""

    def shelf(
        self, job: str, standing: Standing | None, after: Place, limit: int
    ) -> Sequence[Shelved]:
        match standing:
            case None:
                return [*islice(self._all_pairs(job, after), limit)]
            case Standing.FAILED | Standing.SKIPPED:
                return [*islice(self._lone(job, standing, after), limit)]
            case Standing.PENDING:
                return [*islice(self._pending(job, after[1]), limit)]
            case _:
                found = self._shelf(job, standing.value, after)
                return [shapes.pair_on_shelf(item, standing) for item in islice(found, limit)]

    def unpaired(self, job: str, standing: Standing, after: Place, limit: int) -> Sequence[Shelved]:
        if standing is Standing.PENDING:
            found = iter(()) if after[0] else self._pending(job, after[1])
            return [*islice((line for line in found if not line.pair), limit)]
        alone = (one for one in self._lone(job, standing, after) if not self._paired(job, one))
        return [*islice(alone, limit)]

    def _shelf(self, job: str, standing: str, after: Place) -> Iterator[Item]:
        partition, bound = keys.shelf(job, standing, *after)
        return self.table.query(partition, after=bound)

    def _all_pairs(self, job: str, after: Place) -> Iterator[Shelved]:
        lists = (self._state_lines(job, state.value, after) for state in LinkState)
        return (line for _, line in heapq.merge(*lists, key=lambda one: one[0]))

    def _state_lines(self, job: str, state: str, after: Place) -> Iterator[tuple[str, Shelved]]:
        for item in self._shelf(job, state, after):
            yield str(item["sk"]), shapes.pair_on_shelf(item, Standing(state))

    def _lone(self, job: str, standing: Standing, after: Place) -> Iterator[Shelved]:
        for item in self._shelf(job, _LONE[standing], after):
            line = shapes.lone_on_shelf(item, standing)
            if standing is Standing.FAILED or not self._gone(job, line):
                yield line

    def _gone(self, job: str, line: Shelved) -> bool:
        """Tell whether nothing is left to show: its pair ended with its removal."""
        known = None if line.title else self.table.get(keys.item(job, Ref.parse(line.key)))
        return known is not None and "tomb" in known

    def _paired(self, job: str, line: Shelved) -> bool:
        known = self.table.get(keys.item(job, Ref.parse(line.key)))
        return known is not None and any(side.value in known for side in Side)

    def _pending(self, job: str, after: str) -> Iterator[Shelved]:
        # An item's two sides sort behind the item itself.
        bound = f"{keys.joined(after)}|~" if after else ""
        for item in self.table.query(keys.joined("dirty", job), after=bound):
            side, ref, *_ = body_of(item)
            yield self._hinted(job, Ref.parse(ref), Side(side))

    def _hinted(self, job: str, ref: Ref, side: Side) -> Shelved:
        link = self.link(job, ref)
        if link is None:
            return shapes.lone(ref, side, Standing.PENDING)
        return Shelved(
            key=str(ref),
            title=link.title,
            standing=Standing.PENDING,
            pair=link.pair,
            left=link.left.ref,
            right=link.right.ref,
        )

    def counts(self, job: str) -> dict[str, int]:
        shelves = (shapes.UNKNOWN, shapes.FAILED)
        return {
            **self.count_links(job),
            **{name: self.table.count(keys.shelf(job, name, "", "")[0]) for name in shelves},
            "skipped": self._count_skipped(job),
            "pending": self.table.count(keys.joined("dirty", job)),
            "conflicts": self.table.count(keys.joined("conflicts", job, "open")),
            "reviews": self.table.count(keys.joined("conflicts", job, "review")),
            "proposals": len(self.proposals(job)),
        }

    def _count_skipped(self, job: str) -> int:
        partition, titled = keys.shelf(job, shapes.SKIPPED, "", "")
        # Those without a title come first, and few of them have anything to show.
        untitled = self.table.query(partition, prefix=titled)
        lines = (shapes.lone_on_shelf(item, Standing.SKIPPED) for item in untitled)
        gone = sum(self._gone(job, line) for line in lines)
        return self.table.count(partition) - gone

    def conflict_page(
        self, job: str, *, which: str, after: Place, limit: int
    ) -> Sequence[ConflictRecord]:
        partition, bound = keys.conflicts(job, which, *after)
        found = self.table.query(partition, after=bound, limit=limit)
        return [*map(shapes.conflict_from, found)]
