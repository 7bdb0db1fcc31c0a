"""What was done, when and why: runs and the history of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..model import Ref
from .database import Database
from .records import Entry, Run
from .rows import ENTRY_COLUMNS, entry_of, run_of


class History(Database):
    """Reads the history and the runs; `commit` writes them."""

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
        where, args = ["job=?"], [job]
        if run is not None:
            where, args = [*where, "run=?"], [*args, run]
        if pair is not None:
            where, args = [*where, "pair=?"], [*args, pair]
        if event is not None:
            where, args = [*where, "event=?"], [*args, event]
        if ref is not None:
            where, args = [*where, "(left_id=? or right_id=?)"], [*args, str(ref), str(ref)]
        rows = self._all(
            f"select {ENTRY_COLUMNS} from history where {' and '.join(where)}"  # noqa: S608
            " order by id desc limit ?",
            *args,
            limit,
        )
        return [entry_of(row) for row in rows]

    def count_events(
        self, job: str, events: Sequence[str], since: datetime, *, pair: str | None = None
    ) -> int:
        marks = ",".join("?" * len(events))
        sql = f"select count(*) from history where job=? and event in ({marks}) and at>=?"  # noqa: S608
        args: list[Any] = [job, *events, since.isoformat()]
        if pair is not None:
            sql, args = sql + " and pair=?", [*args, pair]
        return int(self._one(sql, *args)[0])

    def runs(self, job: str, limit: int = 20) -> Sequence[Run]:
        sql = "select * from runs where job=? order by started_at desc, id desc limit ?"
        return [run_of(row) for row in self._all(sql, job, limit)]

    def last_run(self, job: str, kind: str) -> Run | None:
        row = self._one(
            "select * from runs where job=? and kind=? and ended_at is not null"
            " order by started_at desc, id desc limit 1",
            job,
            kind,
        )
        return run_of(row) if row else None

    def run(self, job: str, id: str) -> Run | None:
        row = self._one("select * from runs where job=? and id=?", job, id)
        return run_of(row) if row else None
