"""The state in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from attrs import define, field

from ..errors import StateError
from ..events.conversations import Conversation, Micros
from ..model import Cursor, Head, Ref, Side
from . import effects as _effects
from . import schema
from .cache import TextCache
from .conversations import SqliteConversations
from .database import connect, migrate
from .history import History
from .leases import Leases
from .listing import Listing
from .pages import Pages
from .port import PairWork, Staged
from .records import Effect, Lease
from .retention import Retention
from .waiting import Waiting


@define(slots=False)
class SqliteState(Leases, TextCache, Retention, Waiting, History, Pages):
    """The `StateStore` in one file. Use it from one thread."""

    _listed: str = ""
    """Of which job the listing is, where jobs share a process; empty for any."""
    _listing: Listing = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._listing = Listing(self._db, self._listed)

    def for_job(self, job: str) -> Self:
        """Return this state, on the same connection, with a listing of its own for `job`."""
        return type(self)(self.path, self._db, job)

    def conversations(self, job: str, due: Callable[[Conversation], Micros]) -> SqliteConversations:
        """Return the conversations of a job, on the same connection.

        Args:
            due: tells when something is to be done about one.
        """
        return SqliteConversations(self.path, self._db, job, due)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open the file, creating or upgrading it.

        Raises:
            StateError: it is no state file, damaged, or newer than this program.
        """
        name = str(path)
        try:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            fresh = not Path(name).exists()
            migrate(name)
            if fresh:
                Path(name).chmod(0o600)
            return cls(name, connect(name))
        except (sqlite3.OperationalError, OSError) as error:
            # The file may be whole: nobody should be told to start afresh.
            raise StateError(
                f"{name}: the state file cannot be opened or written ({error}); see that the disk"
                " has room and that this user may write there"
            ) from error
        except sqlite3.DatabaseError as error:
            raise StateError(
                f"{name} cannot be used as the state file: {error}; move it away to start afresh"
                " (articles are paired again by their marks) or restore it from a backup"
            ) from error

    @classmethod
    def memory(cls) -> Self:
        """Return an empty state that lives in this process only."""
        db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        db.executescript("".join(schema.MIGRATIONS.values()))
        return cls(":memory:", db)

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        """Apply all effects or none, if `fence` still stands."""
        with self._transaction():
            if fence is not None:
                self.check(fence)
            _effects.apply_all(effects, self._db)

    # -- listings -----------------------------------------------------------------------

    def stage(self, job: str, side: Side, heads: Iterable[Head]) -> None:
        self._listing.stage(side, heads)

    def unstage(self, job: str) -> None:
        self._listing.clear()

    def staged(self, side: Side, ref: Ref) -> Staged | None:
        return self._listing.staged(side, ref)

    def staged_counts(self, side: Side) -> dict[str, int]:
        return self._listing.counts(side)

    def children(self, side: Side, ref: Ref) -> Sequence[Ref]:
        return self._listing.children(side, ref)

    def place(self, side: Side, below: Iterable[tuple[Ref, Ref]]) -> None:
        self._listing.place(side, below)

    def keep_tree(self, side: Side) -> None:
        self._listing.keep_tree(side)

    def has_tree(self, side: Side) -> bool:
        return self._listing.has_tree(side)

    def changed_pairs(
        self, job: str, *, complete: frozenset[Side], epoch: str
    ) -> Iterator[PairWork]:
        return self._listing.changed_pairs(job, complete=complete, epoch=epoch)

    def unlinked(self, job: str, side: Side, *, epoch: str) -> Iterator[Staged]:
        return self._listing.unlinked(job, side, epoch=epoch)

    def same_titles(self, job: str) -> Sequence[tuple[Staged, Staged]]:
        return self._listing.same_titles(job)

    # -- small facts ----------------------------------------------------------------------

    def cursor(self, job: str, side: Side) -> Cursor | None:
        row = self._one("select cursor from cursors where job=? and side=?", job, side.value)
        return Cursor(row[0]) if row and row[0] is not None else None

    def scope(self, job: str, side: Side) -> str | None:
        row = self._one("select scope from cursors where job=? and side=?", job, side.value)
        return row[0] if row else None

    def seen(self, connection: str, delivery: str) -> bool:
        sql = "select 1 from deliveries where connection=? and delivery=?"
        return self._one(sql, connection, delivery) is not None

    def cached(self, connection: str, key: str) -> str | None:
        row = self._one("select value from cache where connection=? and key=?", connection, key)
        return row[0] if row else None

    def cache(self, connection: str, key: str, value: str) -> None:
        with self._transaction():
            self._db.execute(
                "insert or replace into cache values (?,?,?)", (connection, key, value)
            )
