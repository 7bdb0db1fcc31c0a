"""The log of the notes as a source of events, and a table of them as a sink.

The log is `log(number, note, what, at)`: another program adds a row for whatever happens to a note.
The table is `events(id, key, body)`: a repeat has the same id, and is stored once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from syncline.connector import Context
from syncline.errors import Unavailable
from syncline.events import Batch, Event, EventsRejected, Subscription

_LOG = """
create table if not exists log (
    number integer primary key autoincrement, note text not null, what text not null,
    at text not null
)
"""
_EVENTS = "create table if not exists events (id text primary key, key text, body text not null)"
_LOOK = 0.05
_LONGEST = 1_000_000
"""Characters of an event; a longer one is refused."""


class NoteLog:
    """Tells what the log says, from where the last process had told everything."""

    def __init__(self, path: str, context: Context, wanted: Subscription) -> None:
        self._context, self._wanted = context, wanted
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(_LOG)
        self._told = 0
        until = wanted.known.complete_until if wanted.known is not None else None
        if until is not None:
            # What has this very time may have been told: a repeat has the same id.
            sql = "select coalesce(max(number), 0) from log where at < ?"
            (self._told,) = self._db.execute(sql, [until.isoformat()]).fetchone()
        self._closed = asyncio.Event()

    async def batches(self) -> AsyncIterator[Batch]:
        """Yield what happens, until closed."""
        while not self._closed.is_set():
            if events := self._new():
                yield Batch(events=events, complete_until=events[-1].occurred_at)
                continue
            try:
                await asyncio.wait_for(self._closed.wait(), _LOOK)
            except TimeoutError:
                continue

    def _new(self) -> list[Event]:
        sql = "select number, note, what, at from log where number > ? order by number limit 500"
        rows = self._db.execute(sql, [self._told]).fetchall()
        self._told = rows[-1][0] if rows else self._told
        return [self._event(*row) for row in rows]

    def _event(self, number: int, note: str, what: str, at: str) -> Event:
        # Made of the row alone: every listener makes the same.
        made = hashlib.sha256(f"{number}\0{note}\0{what}\0{at}".encode()).hexdigest()[:32]
        return Event(
            id=made, key=note, type=f"note.{what}", source=self._context.connection,
            occurred_at=datetime.fromisoformat(at), observed_at=self._context.clock.now(),
            data={"note": note, "listener": self._wanted.listener},
        )  # fmt: skip

    async def aclose(self) -> None:
        """End what `batches` yields."""
        self._closed.set()
        self._db.close()


class EventTable:
    """Stores each event once."""

    def __init__(self, path: str, context: Context) -> None:
        self._context = context
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(_EVENTS)

    async def send(self, batch: Sequence[Event]) -> None:
        """Store the events in one commit."""
        rows = [(one.id, one.key, json.dumps(one.canonical())) for one in batch]
        good = [row for row in rows if len(row[2]) <= _LONGEST]
        try:
            self._db.execute("begin immediate")
            self._db.executemany("insert or ignore into events values (?,?,?)", good)
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise Unavailable(f"{self._context.connection}: {error}") from error
        if refused := {row[0]: f"{len(row[2])} characters" for row in rows if row not in good}:
            raise EventsRejected(refused)

    async def aclose(self) -> None:
        """Close the file."""
        self._db.close()
