"""Forgetting: what is purged on request, and what is swept when nothing refers to it.

Neither is one transaction: each step may be repeated, and a crash in the middle is mended by doing
it again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import takewhile

from attrs import evolve

from syncline.model import Ref
from syncline.state.records import ConflictRecord, Entry, Intent, Link, LinkState, Run

from . import keys, shapes
from .cache import TextCache
from .pages import Pages
from .wire import Item, key_of, to_wire

_LINES = 100
_SWEPT = "values were looked through"
_TELLING = frozenset(state.told_by for state in LinkState)


class Retention(Pages):
    """Keeps the table from growing with what nobody needs any more."""

    def purge(self, job: str, ref: Ref) -> None:
        """Forget the bodies, the history and the settled conflicts of one item."""
        link = self.link(job, ref)
        pair = link.pair if link else ""
        lines = [*self.history(job, ref=ref, limit=2**31)]
        lines += self.history(job, pair=pair, limit=2**31) if pair else []
        conflicts = self._conflicts_of(job, pair) if pair else []
        for record in conflicts:
            self.table.delete_all(map(key_of, shapes.conflict_items(record)))
        self._drop_lines(lines)
        self._forget(job, ref)
        named = {key for record in conflicts for key in _of_conflict(record)}
        self._drop_unused({key for line in lines for key in (line.before, line.after)} | named)

    def _conflicts_of(self, job: str, pair: str) -> list[ConflictRecord]:
        found = self.table.query(keys.pair_conflicts(pair, "", "")[0])
        return [one for one in map(shapes.conflict_from, found) if one.job == job]

    def _forget(self, job: str, ref: Ref) -> None:
        gone = [keys.quarantine(job, ref), keys.skip(job, ref)]
        if (failed := self.quarantined(job, ref)) is not None:
            gone.append(key_of(shapes.lone_shelf_item(job, shapes.FAILED, failed)))
        if (skipped := self.skipped(job, ref)) is not None:
            gone.append(key_of(shapes.lone_shelf_item(job, shapes.SKIPPED, skipped)))
        self.table.delete_all(gone)
        self._unbury(job, ref)

    def _unbury(self, job: str, ref: Ref) -> None:
        self.table.update(
            keys.item(job, ref),
            UpdateExpression="REMOVE tomb SET #v = :v",
            ConditionExpression="attribute_exists(tomb)",
            ExpressionAttributeNames={"#v": "v"},
            ExpressionAttributeValues={":v": {"S": f"purged {datetime.now().timestamp()}"}},  # noqa: DTZ005
        )

    def sweep(self, job: str, *, before: datetime, quiet: datetime | None = None) -> int:
        """Drop history older than `before`, and values that nothing refers to any more.

        What says why a pair is withdrawn or held stays for as long as it is, without the texts.
        """
        # Small pages: most of the time the first line is young, and nothing else is read.
        found = self.table.query(keys.line(job, 0)[0], page=_LINES)
        old = takewhile(lambda line: line.at < before, map(shapes.entry_from, found))
        self._drop_lines(self._told_enough(old))
        self._drop_runs(job, before, quiet or before)
        return self._drop_unused(None) if self._is_due() else 0

    def _is_due(self) -> bool:
        """Tell whether values are looked through again; it takes reading all that refers to them.

        What is unused is kept for a while anyway, so that once in that while is enough.
        """
        facts, now = TextCache(self.table), time.time()
        known = facts.fact(_SWEPT)
        if known is not None and now - float(known.text) < self._values.grace:
            return False
        return facts.put_fact(_SWEPT, str(now), after=known)

    def _told_enough(self, lines: Iterable[Entry]) -> Iterator[Entry]:
        """Yield lines but for those that say why a pair is as it is: their texts are forgotten."""
        for line in lines:
            if not self._is_telling(line):
                yield line
            elif line.before or line.after:
                self._forget_texts(line)

    def _is_telling(self, line: Entry) -> bool:
        if line.event not in _TELLING:
            return False
        link = self.pair(line.pair)
        if link is None or link.state.told_by != line.event:
            return False
        latest = self.last_entry(line.job, line.pair, line.event)
        return latest is not None and latest.id == line.id

    def _forget_texts(self, line: Entry) -> None:
        for item in shapes.line_items(evolve(line, before="", after=""), line.id):
            self.table.update(
                key_of(item),
                UpdateExpression="SET d = :d",
                ConditionExpression="attribute_exists(d)",  # not what was purged meanwhile
                ExpressionAttributeValues=to_wire({":d": item["d"]}),
            )

    def _drop_lines(self, lines: Iterable[Entry]) -> None:
        self.table.delete_all(
            key for line in lines for key in {*map(key_of, shapes.line_items(line, line.id))}
        )

    def _drop_runs(self, job: str, before: datetime, quiet: datetime) -> None:
        # The latest full pass stays, however old: it says whether another is due.
        full = next(self._full(job), None)
        if full is None:
            return
        end = min(full.started_at, max(before, quiet)).isoformat()
        partition = keys.begun(job, "", "")[0]
        old = [*map(shapes.run_from, self.table.query(partition, before=end))]
        limits = {"hints": quiet}
        gone = [run for run in old if run.started_at < limits.get(run.kind, before)]
        self.table.delete_all(
            key_of(item)
            for run in gone
            if not self.history(job, run=run.id, limit=1)
            for item in shapes.run_items(run)
        )

    def _full(self, job: str) -> Iterator[Run]:
        """Yield the full passes, the latest first."""
        found = self.table.query(keys.begun(job, "", "")[0], newest=True)
        yield from (run for run in map(shapes.run_from, found) if run.kind == "full")

    # -- values -------------------------------------------------------------------------

    def _drop_unused(self, asked: set[str] | None) -> int:
        """Drop values that nothing refers to, of those asked about, which go at once, or of all."""
        if asked is not None and not (asked := {key for key in asked if key}):
            return 0
        with closing(sqlite3.connect("", isolation_level=None)) as db:
            db.execute("create table used (key text primary key) without rowid")
            db.execute("begin")
            db.executemany("insert or ignore into used values (?)", ((k,) for k in self._used()))
            db.execute("commit")
            kept = (item for item in self._values.all_keys() if not _is_used(db, item))
            unused = [item for item in kept if asked is None or item["key"] in asked]
        return self._values.drop(unused, now=asked is not None)

    def _used(self) -> Iterator[str]:
        """Yield the keys of all values that anything of any job refers to.

        In the order in which references wander: from an intent or a conflict to the pair, and from
        there to the history. What wanders meanwhile is met, at the latest, where it arrives.
        """
        for item in list(self.table.query(keys.job("")[0])):
            job = str(item["name"])
            for intent in self.intents(job):
                yield from _of_intent(intent)
            for record in self.conflicts(job, open_only=False):
                yield from _of_conflict(record)
            for link in self.links(job):
                yield from _of_link(link)
            for line in map(shapes.entry_from, self.table.query(keys.line(job, 0)[0])):
                yield from (line.before, line.after)


def _is_used(db: sqlite3.Connection, item: Item) -> bool:
    return db.execute("select 1 from used where key=?", (item["key"],)).fetchone() is not None


def _of_link(link: Link) -> Iterable[str]:
    return (link.left.value, link.right.value)


def _of_conflict(record: ConflictRecord) -> Iterable[str]:
    return (record.base, record.left_value, record.right_value, record.proposed)


def _of_intent(intent: Intent) -> Iterable[str]:
    return (*_of_link(intent.link), *(write.value for write in intent.writes))
