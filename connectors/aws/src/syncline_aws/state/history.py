"""What was done: the history, line by line, and the passes it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from syncline.model import Ref
from syncline.state.browsing import Place
from syncline.state.records import Entry, Run

from . import keys, shapes
from .waiting import Waiting
from .wire import Item

_EVERYTHING = 2**62


class History(Waiting):
    """Lines and runs, each in the orders in which they are looked for."""

    def history(
        self,
        job: str,
        *,
        run: str | None = None,
        ref: Ref | None = None,
        pair: str | None = None,
        event: str | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        found = self._lines(job, run, ref, pair, _EVERYTHING, event)
        wanted = (
            entry
            for entry in map(shapes.entry_from, found)
            if run in (None, entry.run)
            and pair in (None, entry.pair)
            and event in (None, entry.event)
            and ref in (None, entry.left, entry.right)
        )
        return [*islice(wanted, limit)]

    def _lines(
        self,
        job: str,
        run: str | None,
        ref: Ref | None,
        pair: str | None,
        before: int,
        event: str | None = None,
    ) -> Iterator[Item]:
        """Yield lines, newest first, from the shortest list that holds all that are asked for.

        With `event`, that list is in the order of the times that the lines say.
        """
        if ref is not None:
            partition, _ = keys.line_of_ref(job, ref, 0)
        elif pair:
            partition, _ = keys.line_of_pair(job, pair, 0)
        elif run is not None:
            partition, _ = keys.line_of_run(job, run, 0)
        elif event is not None:
            partition, _ = keys.line_of_event(job, event, "", 0)
            return self.table.query(partition, newest=True)
        else:
            partition, _ = keys.line(job, 0)
        return self.table.query(partition, before=keys.number(before), newest=True)

    def history_page(
        self, job: str, *, run: str | None, pair: str | None, before: int, limit: int
    ) -> Sequence[Entry]:
        found = map(shapes.entry_from, self._lines(job, run, None, pair, before))
        wanted = (e for e in found if run in (None, e.run) and pair in (None, e.pair))
        return [*islice(wanted, limit)]

    def entry(self, job: str, id: int) -> Entry | None:
        kept = self.table.get(keys.line(job, id)) if 0 <= id < _EVERYTHING else None
        return shapes.entry_from(kept) if kept else None

    def last_entry(self, job: str, pair: str, event: str) -> Entry | None:
        partition = keys.line_of_pair(job, pair, 0)[0]
        found = map(shapes.entry_from, self.table.query(partition, equal={"event": event}))
        return max(found, key=lambda one: (one.at, one.id), default=None)

    def count_events(
        self, job: str, events: Sequence[str], since: datetime, *, pair: str | None = None
    ) -> int:
        if pair is not None:
            lines = self.table.query(keys.line_of_pair(job, pair, 0)[0], newest=True)
            found = map(shapes.entry_from, lines)
            return sum(entry.event in events and entry.at >= since for entry in found)
        # A time, and nothing, sorts before the same time with the number of a line.
        partitions = (keys.line_of_event(job, event, since, 0)[0] for event in {*events})
        return sum(self.table.count(one, after=since.isoformat()) for one in partitions)

    def runs(self, job: str, limit: int = 20) -> Sequence[Run]:
        found = self.table.query(keys.begun(job, "", "")[0], newest=True, limit=limit)
        return [*map(shapes.run_from, found)]

    def last_run(self, job: str, kind: str) -> Run | None:
        found = self.table.query(keys.joined("ended", job, kind), newest=True, limit=1)
        return next(map(shapes.run_from, found), None)

    def run(self, job: str, id: str) -> Run | None:
        kept = self.table.get(keys.run(job, id))
        return shapes.run_from(kept) if kept else None

    def run_page(self, job: str, before: Place, limit: int, *, quiet: bool = True) -> Sequence[Run]:
        partition, bound = keys.begun(job, *before)
        found = map(shapes.run_from, self.table.query(partition, before=bound, newest=True))
        return [*islice((run for run in found if quiet or _tells(run)), limit)]


def _tells(run: Run) -> bool:
    # A count is only there where it is not 0.
    said = any(f'"{word}"' in run.counts for word in ("writes", "failed", "conflict"))
    return run.kind == "full" or run.ended_at is None or said
