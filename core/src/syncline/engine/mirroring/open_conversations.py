"""What a listener knows across restarts: which conversations are open, and until when it is whole.

It is a small SQLite file of its own, beside what waits for the sink. A commit is made now and then
and never waits for the disk: after a loss of power it is a little older than the truth, and more is
read again than need be.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from attrs import define, field

from ...errors import StateError
from ...events import Event, interaction
from ...ports import Clock

_OPENS = (
    interaction.STARTED, interaction.JOINED, interaction.ALERTING, interaction.CONNECTED,
    interaction.HELD, interaction.RESUMED, interaction.TRANSFERRED, interaction.CHANGED,
)  # fmt: skip
_EFFECT: Mapping[str, bool] = {
    **dict.fromkeys(_OPENS, True),
    interaction.ENDED: False,
    interaction.FINALIZED: False,
}
"""Types after which a conversation is open, and those after which it is not.

All others leave it as it is: after-call work follows the end.
"""
_OLDEST = timedelta(days=60)
"""A conversation that said nothing for so long is forgotten: no vendor keeps one as long."""
_SCHEMA = """
create table if not exists open (key text primary key, seen real not null) without rowid;
create index if not exists open_seen on open (seen);
create table if not exists facts (name text primary key, value text not null) without rowid;
"""


@define(eq=False)
class OpenConversations:
    """Which conversations are open, as far as is durable; an `OpenKeys`."""

    _path: Path
    _clock: Clock
    _db: sqlite3.Connection
    _changed: dict[str, bool] = field(factory=dict, init=False)
    _complete_until: datetime | None = field(default=None, init=False)
    _unwritten: bool = field(default=False, init=False)

    @classmethod
    def open_at(cls, path: Path, clock: Clock) -> OpenConversations:
        """Open the file, which is made.

        Raises:
            StateError: it cannot be used.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            db = sqlite3.connect(path, isolation_level=None, timeout=5)
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = normal")
            db.executescript(_SCHEMA)
            known = cls(path, clock, db)
            known._begin()
        except (sqlite3.Error, OSError) as error:
            raise StateError(f"{path}: cannot be used: {error}; move it away") from error
        return known

    def _begin(self) -> None:
        oldest = (self._clock.now() - _OLDEST).timestamp()
        self._db.execute("delete from open where seen < ?", [oldest])
        found = self._db.execute("select value from facts where name = 'complete until'").fetchone()
        self._complete_until = datetime.fromisoformat(found[0]) if found else None

    # -- OpenKeys ----------------------------------------------------------------------------------

    def open(self) -> Iterator[str]:
        """Yield the keys of what is open, those seen last first."""
        # On a connection of its own: it may be read while others are written.
        db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            for (key,) in db.execute("select key from open order by seen desc, key"):
                yield key
        finally:
            db.close()

    @property
    def complete_until(self) -> datetime | None:
        """Until when everything that happened is durable; None before that was known."""
        return self._complete_until

    # -- for the mirror ----------------------------------------------------------------------------

    def note(self, events: Iterable[Event], complete_until: datetime | None) -> None:
        """Remember what is durable by now; `write` makes it outlast the process."""
        changed = self._changed
        for event in events:
            effect = _EFFECT.get(event.type)
            if effect is not None and not (effect and event.data.get("late")):
                changed[event.key] = effect
        if complete_until is not None:
            before = self._complete_until
            self._complete_until = max(before, complete_until) if before else complete_until
            self._unwritten = True

    @property
    def dirty(self) -> bool:
        """Tell whether there is something to write."""
        return self._unwritten or bool(self._changed)

    def write(self) -> None:
        """Commit what was noted.

        Raises:
            StateError: it could not be; it is kept for the next time.
        """
        if not self.dirty:
            return
        seen = self._clock.now().timestamp()
        opened = [(key, seen) for key, effect in self._changed.items() if effect]
        closed = [(key,) for key, effect in self._changed.items() if not effect]
        try:
            self._db.execute("begin immediate")
            self._db.executemany("insert or replace into open values (?, ?)", opened)
            self._db.executemany("delete from open where key = ?", closed)
            self._write_fact()
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise StateError(f"{self._path}: cannot be written: {error}; make room") from error
        self._changed.clear()
        self._unwritten = False

    def _write_fact(self) -> None:
        if self._complete_until is not None:
            self._db.execute(
                "insert or replace into facts values ('complete until', ?)",
                [self._complete_until.astimezone(timezone.utc).isoformat()],
            )

    def count(self) -> int:
        """Return how many are open, as far as was written."""
        (count,) = self._db.execute("select count(*) from open").fetchone()
        return int(count)

    def close(self) -> None:
        """Write what was noted, and close the file."""
        try:
            self.write()
        finally:
            self._db.close()


__all__ = ["OpenConversations"]
