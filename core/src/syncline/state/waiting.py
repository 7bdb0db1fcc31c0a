"""What waits: for a write to end, for a person, for its next try, for a pass to look at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..model import Change, Ref, Side
from ..ports import Note
from . import effects as _effects
from .database import PAGE, Database
from .records import (
    Backlog,
    ConflictRecord,
    Dirty,
    Intent,
    Proposal,
    Quarantined,
    Skipped,
)
from .rows import conflict_of, intent_of, quarantined_of, skipped_of, when


class Waiting(Database):
    """Intents, conflicts, quarantine, what is skipped, what is dirty, proposals, approvals."""

    def intents(self, job: str, *, pair: str | None = None) -> Sequence[Intent]:
        rows = self._all(
            "select id, job, opened_at, body from intents where job=? and (? is null or pair=?)"
            " order by opened_at, id",
            job,
            pair,
            pair,
        )
        return [intent_of(row[0], row[1], row[2], row[3], self._notes(row[0])) for row in rows]

    def notes(self, pair: str) -> Sequence[Note]:
        return self._notes(_effects.PAIR + pair)

    def _notes(self, intent: str) -> list[Note]:
        rows = self._all("select step, detail from notes where intent=? order by rowid", intent)
        return [Note(step=step, detail=detail) for step, detail in rows]

    def conflict(self, id: str) -> ConflictRecord | None:
        row = self._one("select id, job, pair, found_at, body from conflicts where id=?", id)
        return conflict_of(*row) if row else None

    def conflict_of(self, pair: str) -> ConflictRecord | None:
        row = self._one(
            "select id, job, pair, found_at, body from conflicts where pair=? and open=1"
            " and json_extract(body, '$.review')=0 order by found_at desc limit 1",
            pair,
        )
        return conflict_of(*row) if row else None

    def conflicts(self, job: str, *, open_only: bool = True) -> Sequence[ConflictRecord]:
        rows = self._all(
            "select id, job, pair, found_at, body from conflicts where job=? and open>=?"
            " order by found_at, id",
            job,
            int(open_only),
        )
        return [conflict_of(*row) for row in rows]

    def quarantined(self, job: str, ref: Ref) -> Quarantined | None:
        row = self._one("select * from quarantine where job=? and ref=?", job, str(ref))
        return quarantined_of(row) if row else None

    def quarantine(self, job: str) -> Sequence[Quarantined]:
        rows = self._all("select * from quarantine where job=? order by first_at, ref", job)
        return [quarantined_of(row) for row in rows]

    def skipped(self, job: str, ref: Ref) -> Skipped | None:
        row = self._one("select * from skipped where job=? and ref=?", job, str(ref))
        return skipped_of(row) if row else None

    def all_skipped(self, job: str) -> Iterator[Skipped]:
        after = ""
        sql = "select * from skipped where job=? and ref>? order by ref limit ?"
        while rows := self._all(sql, job, after, PAGE):
            yield from map(skipped_of, rows)
            after = rows[-1][2]

    def dirty(self, job: str, limit: int = PAGE) -> Sequence[Dirty]:
        rows = self._all(
            "select side, ref, subtree, generation, reencode, at from dirty where job=?"
            " order by priority, generation limit ?",
            job,
            limit,
        )
        return [
            Dirty(
                side=Side(side),
                change=Change(ref=Ref.parse(ref), subtree=bool(subtree)),
                generation=generation,
                reencode=bool(reencode),
                at=when(at),
            )
            for side, ref, subtree, generation, reencode, at in rows
        ]

    def backlog(self, job: str) -> Backlog:
        count, oldest, generation = self._one(
            "select count(*), min(at), max(generation) from dirty where job=?", job
        )
        at = datetime.fromisoformat(oldest) if oldest else None
        return Backlog(count=count, oldest=at, generation=generation or 0)

    def proposals(self, job: str) -> Sequence[Proposal]:
        rows = self._all(
            "select left_ref, right_ref, left_title, right_title, score, why from proposals"
            " where job=? order by score desc, left_ref",
            job,
        )
        return [
            Proposal(
                left=Ref.parse(row[0]),
                right=Ref.parse(row[1]),
                left_title=row[2],
                right_title=row[3],
                score=row[4],
                why=row[5],
            )
            for row in rows
        ]

    def pairings(self, job: str, *, same: bool) -> Sequence[tuple[Ref, Ref]]:
        rows = self._all(
            "select left_ref, right_ref from pairings where job=? and same=?", job, int(same)
        )
        return [(Ref.parse(left), Ref.parse(right)) for left, right in rows]

    def approval(self, job: str) -> str | None:
        row = self._one("select token from approvals where job=?", job)
        return row[0] if row else None
