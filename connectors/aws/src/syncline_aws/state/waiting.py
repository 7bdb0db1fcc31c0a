"""What waits: open writes, conflicts, quarantine, hints, proposals, what a person said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from syncline.model import Ref
from syncline.ports import Note
from syncline.state.records import (
    Backlog,
    ConflictRecord,
    Dirty,
    Intent,
    Proposal,
    Quarantined,
    Skipped,
)

from . import keys, shapes
from .pairs import Pairs
from .queueing import PAIR
from .wire import body_of

_LISTS = ("open", "review")


class Waiting(Pairs):
    """What is not settled yet."""

    def intents(self, job: str, *, pair: str | None = None) -> Sequence[Intent]:
        partition = keys.joined("open", job)
        equal = None if pair is None else {"pair": pair}
        found = list(self.table.query(partition, equal=equal))
        return [shapes.intent_from(item, self._notes(shapes.intent_id(item))) for item in found]

    def notes(self, pair: str) -> Sequence[Note]:
        return self._notes(PAIR + pair)

    def _notes(self, owner: str) -> list[Note]:
        return [*map(shapes.note_from, self.table.query(keys.note(owner)[0]))]

    def conflict(self, id: str) -> ConflictRecord | None:
        kept = self.table.get(keys.conflict(id))
        return shapes.conflict_from(kept) if kept else None

    def conflict_of(self, pair: str) -> ConflictRecord | None:
        partition = keys.pair_conflicts(pair, "", "")[0]
        found = self.table.query(partition, equal={"which": "open"}, newest=True, limit=1)
        return next(map(shapes.conflict_from, found), None)

    def conflicts(self, job: str, *, open_only: bool = True) -> Sequence[ConflictRecord]:
        lists = _LISTS if open_only else (*_LISTS, "settled")
        found = (self.table.query(keys.conflicts(job, which, "", "")[0]) for which in lists)
        records = map(shapes.conflict_from, chain.from_iterable(found))
        return sorted(records, key=lambda one: (one.found_at, one.id))

    def quarantined(self, job: str, ref: Ref) -> Quarantined | None:
        kept = self.table.get(keys.quarantine(job, ref))
        return shapes.quarantine_from(kept) if kept else None

    def quarantine(self, job: str) -> Sequence[Quarantined]:
        found = map(shapes.quarantine_from, self.table.query(keys.joined("quarantine", job)))
        return sorted(found, key=lambda one: (one.first_at, str(one.ref)))

    def skipped(self, job: str, ref: Ref) -> Skipped | None:
        kept = self.table.get(keys.skip(job, ref))
        return shapes.skip_from(kept) if kept else None

    def all_skipped(self, job: str) -> Iterator[Skipped]:
        return map(shapes.skip_from, self.table.query(keys.joined("skip", job)))

    def dirty(self, job: str, limit: int = 500) -> Sequence[Dirty]:
        return [*map(shapes.dirty_from, self.table.query(keys.joined("queue", job), limit=limit))]

    def backlog(self, job: str) -> Backlog:
        count, latest, oldest = 0, 0, ""
        for item in self.table.query(keys.joined("queue", job)):
            _, _, _, generation, _, _, first, _ = body_of(item)
            count, latest = count + 1, max(latest, generation)
            oldest = min(filter(None, (oldest, first)), default="")
        at = datetime.fromisoformat(oldest) if oldest else None
        return Backlog(count=count, oldest=at, generation=latest)

    def proposals(self, job: str) -> Sequence[Proposal]:
        parts = self.table.query(keys.proposals(job)[0])
        found = [shapes.proposal_from(row) for part in parts for row in body_of(part)]
        return sorted(found, key=lambda one: (-one.score, str(one.left)))

    def pairings(self, job: str, *, same: bool) -> Sequence[tuple[Ref, Ref]]:
        partition = keys.joined("pairing", job, "same" if same else "other")
        rows = map(body_of, self.table.query(partition))
        return [(Ref.parse(left), Ref.parse(right)) for left, right in rows]

    def approval(self, job: str) -> str | None:
        kept = self.table.get(keys.approval(job))
        return str(body_of(kept)) if kept else None
