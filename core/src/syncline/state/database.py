"""The connection to one SQLite file: WAL, `synchronous=FULL`, one immediate transaction per commit.

A deferred transaction that reads and then writes is refused at once when another process wrote in
between, whatever the busy timeout; so every commit begins IMMEDIATE.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from attrs import define

from ..errors import StateError
from . import schema

_BUSY_SECONDS = 30.0
_LOOK_SECONDS = 0.01
PAGE = 500
"""How many rows a long walk over a table takes at a time."""


def connect(path: str) -> sqlite3.Connection:
    """Return a connection whose commits are on the disk when they return."""
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    _write_ahead(db)
    db.execute("pragma synchronous=full")
    db.execute("pragma foreign_keys=on")
    db.execute("pragma temp_store=file")
    return db


def _write_ahead(db: sqlite3.Connection) -> None:
    """Have changes written to a log first; waits for others who open the file, too.

    SQLite itself does not wait here: while somebody else changes the mode, it says that it is
    locked, whatever time-out the connection has.
    """
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.execute("pragma journal_mode=wal")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                db.close()
                raise
            time.sleep(_LOOK_SECONDS)
        else:
            return


def migrate(path: str) -> None:
    """Bring the tables of a file to what this program knows.

    Raises:
        StateError: a newer program wrote it.
    """
    opened = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    with contextlib.closing(opened) as db:
        if _known(path, db) == schema.MIGRATIONS.keys():
            return
        # Several processes may open a new file at once: the first one makes the tables.
        db.execute("begin immediate")
        if _known(path, db) != schema.MIGRATIONS.keys():
            schema.apply(db)
        db.execute("commit")


def _known(path: str, db: sqlite3.Connection) -> frozenset[str]:
    applied = schema.applied(db)
    if newer := sorted(applied - schema.MIGRATIONS.keys()):
        raise StateError(
            f"{path} was written by a newer Syncline (it has {', '.join(newer)}); upgrade this"
            " one, or give this job a state file of its own"
        )
    return applied


@define(slots=False)
class Database:
    """What all parts of the state in one file share: queries, and transactions that are durable."""

    path: str
    _db: sqlite3.Connection

    def _one(self, sql: str, *args: Any) -> Any:
        return self._db.execute(sql, args).fetchone()

    def _all(self, sql: str, *args: Any) -> list[Any]:
        return self._db.execute(sql, args).fetchall()

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("rollback")
                raise
            self._db.execute("commit")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                if self._db.in_transaction:
                    self._db.execute("rollback")
            raise StateError(
                f"{self.path}: the state could not be written ({error}); nothing was recorded, and"
                " what was already sent is looked for at the next start"
            ) from error

    def tidy(self) -> None:
        """Bring the write-ahead log back to nothing; left out while somebody reads or writes."""
        self._db.execute("pragma busy_timeout=0")
        try:
            self._db.execute("pragma wal_checkpoint(truncate)").fetchall()
            self._db.execute("pragma optimize").fetchall()
        except sqlite3.OperationalError:
            pass  # the next time will do
        finally:
            self._db.execute(f"pragma busy_timeout={round(_BUSY_SECONDS * 1000)}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()
