"""The state in one SQLite file: WAL, `synchronous=FULL`, one immediate transaction per commit.

A deferred transaction that reads and then writes is refused at once when another process wrote in
between, whatever the busy timeout; so every commit begins IMMEDIATE.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Self

from attrs import define, field

from ..errors import LeaseLost, StateError
from ..items import ConfigItem
from ..model import Change, Cursor, Document, Head, Ref, Side
from ..ports import Note
from . import browsing as _browsing
from . import effects as _effects
from . import schema
from .browsing import Place, Shelved, Standing
from .listing import Listing
from .port import PairWork, Staged
from .records import (
    Backlog,
    ConflictRecord,
    Dirty,
    Effect,
    Entry,
    Intent,
    Lease,
    Link,
    Proposal,
    Quarantined,
    Run,
    Skipped,
)
from .rows import (
    ENTRY_COLUMNS,
    LINK_COLUMNS,
    conflict_of,
    entry_of,
    intent_of,
    link_of,
    quarantined_of,
    run_of,
)
from .values import unpack, unpack_item

_BUSY_SECONDS = 30.0
_PAGE = 500


def _connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    db.execute("pragma foreign_keys=on")
    db.execute("pragma temp_store=file")
    return db


def _migrate(path: str) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as db:
        applied = schema.applied(db)
        if newer := sorted(applied - schema.MIGRATIONS.keys()):
            raise StateError(
                f"{path} was written by a newer Syncline (it has {', '.join(newer)}); upgrade this"
                " one, or give this job a state file of its own"
            )
        if applied != schema.MIGRATIONS.keys():
            schema.apply(db)


@define(slots=False)
class SqliteState:
    """The `StateStore` in one file. Use it from one thread."""

    path: str
    _db: sqlite3.Connection
    _listed: str = ""
    """Of which job the listing is, where jobs share a process; empty for any."""
    _listing: Listing = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._listing = Listing(self._db, self._listed)

    def for_job(self, job: str) -> Self:
        """Return this state, on the same connection, with a listing of its own for `job`."""
        return type(self)(self.path, self._db, job)

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
            _migrate(name)
            if fresh:
                Path(name).chmod(0o600)
            return cls(name, _connect(name))
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

    # -- writing ------------------------------------------------------------------------

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        """Apply all effects or none, if `fence` still stands."""
        with self._transaction():
            if fence is not None:
                self._check(fence)
            _effects.apply_all(effects, self._db)

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

    def _check(self, fence: Lease) -> None:
        row = self._one("select holder, token from leases where name=?", fence.name)
        if row is None or tuple(row) != (fence.holder, fence.token):
            raise LeaseLost(
                f"{fence.name}: the lease of {fence.holder} was taken over; nothing more is written"
            )

    def _one(self, sql: str, *args: Any) -> Any:
        return self._db.execute(sql, args).fetchone()

    def _all(self, sql: str, *args: Any) -> list[Any]:
        return self._db.execute(sql, args).fetchall()

    # -- links and values ---------------------------------------------------------------

    def link(self, job: str, ref: Ref) -> Link | None:
        for column in ("left_id", "right_id"):
            sql = f"select {LINK_COLUMNS} from links where job=? and {column}=?"  # noqa: S608
            if row := self._one(sql, job, str(ref)):
                return link_of(row)
        return None

    def pair(self, pair: str) -> Link | None:
        row = self._one(f"select {LINK_COLUMNS} from links where pair=?", pair)  # noqa: S608
        return link_of(row) if row else None

    def links(self, job: str) -> Iterator[Link]:
        after = ""
        sql = f"select {LINK_COLUMNS} from links where job=? and pair>? order by pair limit ?"  # noqa: S608
        while rows := self._all(sql, job, after, _PAGE):
            yield from map(link_of, rows)
            after = rows[-1][0]

    def linked_elsewhere(self, job: str, ref: Ref) -> str | None:
        sql = "select job from links where job<>? and (left_id=? or right_id=?) limit 1"
        row = self._one(sql, job, str(ref), str(ref))
        return row[0] if row else None

    def value(self, key: str) -> Document | None:
        row = self._one("select body from vals where key=?", key) if key else None
        return unpack(row[0]) if row else None

    def item(self, key: str) -> ConfigItem | None:
        row = self._one("select body from vals where key=?", key) if key else None
        return unpack_item(row[0]) if row else None

    def referrers(self, job: str, target: Ref) -> Sequence[Ref]:
        rows = self._all("select ref from refs where job=? and target=?", job, str(target))
        return [Ref.parse(row[0]) for row in rows]

    def tombstone(self, job: str, ref: Ref) -> str | None:
        row = self._one("select reason from tombstones where job=? and ref=?", job, str(ref))
        return row[0] if row else None

    # -- what waits ---------------------------------------------------------------------

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
        return _skipped(row) if row else None

    def all_skipped(self, job: str) -> Iterator[Skipped]:
        after = ""
        sql = "select * from skipped where job=? and ref>? order by ref limit ?"
        while rows := self._all(sql, job, after, _PAGE):
            yield from map(_skipped, rows)
            after = rows[-1][2]

    def dirty(self, job: str, limit: int = _PAGE) -> Sequence[Dirty]:
        rows = self._all(
            "select side, ref, subtree, generation, reencode from dirty where job=?"
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
            )
            for side, ref, subtree, generation, reencode in rows
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

    # -- bookkeeping --------------------------------------------------------------------

    def cursor(self, job: str, side: Side) -> Cursor | None:
        row = self._one("select cursor from cursors where job=? and side=?", job, side.value)
        return Cursor(row[0]) if row and row[0] is not None else None

    def scope(self, job: str, side: Side) -> str | None:
        row = self._one("select scope from cursors where job=? and side=?", job, side.value)
        return row[0] if row else None

    def history(
        self,
        job: str,
        *,
        run: str | None = None,
        ref: Ref | None = None,
        pair: str | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        where, args = ["job=?"], [job]
        if run is not None:
            where, args = [*where, "run=?"], [*args, run]
        if pair is not None:
            where, args = [*where, "pair=?"], [*args, pair]
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

    def count_links(self, job: str) -> dict[str, int]:
        rows = self._all("select state, count(*) from links where job=? group by state", job)
        return dict(rows)

    # -- pages for people -----------------------------------------------------------------

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def shelf(
        self, job: str, standing: Standing | None, after: Place, limit: int
    ) -> Sequence[Shelved]:
        return _browsing.shelf(self._rows, job, standing, after, limit)

    def unpaired(self, job: str, standing: Standing, after: Place, limit: int) -> Sequence[Shelved]:
        return _browsing.unpaired(self._rows, job, standing, after, limit)

    def counts(self, job: str) -> dict[str, int]:
        return _browsing.counts(self._rows, job)

    def conflict_page(
        self, job: str, *, which: str, after: Place, limit: int
    ) -> Sequence[ConflictRecord]:
        return _browsing.conflict_page(self._rows, job, which=which, after=after, limit=limit)

    def entry(self, job: str, id: int) -> Entry | None:
        return _browsing.entry(self._rows, job, id)

    def last_entry(self, job: str, pair: str, event: str) -> Entry | None:
        return _browsing.last_entry(self._rows, job, pair, event)

    def history_page(
        self, job: str, *, run: str | None, pair: str | None, before: int, limit: int
    ) -> Sequence[Entry]:
        return _browsing.history_page(
            self._rows, job, run=run, pair=pair, before=before, limit=limit
        )

    def run(self, job: str, id: str) -> Run | None:
        row = self._one("select * from runs where job=? and id=?", job, id)
        return run_of(row) if row else None

    def run_page(self, job: str, before: Place, limit: int, *, quiet: bool = True) -> Sequence[Run]:
        return _browsing.run_page(self._rows, job, before, limit, quiet=quiet)

    # -- leases -------------------------------------------------------------------------

    def holder(self, name: str) -> str | None:
        row = self._one("select holder from leases where name=?", name)
        return row[0] if row else None

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        """Return a lease of `ttl` seconds, or None while another holder has it."""
        with self._transaction():
            now = time.time()
            row = self._one("select holder, token, expires_at from leases where name=?", name)
            if row and row[0] not in (holder, instead_of) and row[2] > now:
                return None
            token = (row[1] if row else 0) + 1
            self._db.execute(
                "insert or replace into leases values (?,?,?,?)", (name, holder, token, now + ttl)
            )
        return _lease(name, holder, token, now + ttl)

    def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Extend it.

        Raises:
            LeaseLost: it was taken over.
        """
        with self._transaction():
            self._check(lease)
            until = time.time() + ttl
            self._db.execute("update leases set expires_at=? where name=?", (until, lease.name))
        return _lease(lease.name, lease.holder, lease.token, until)

    def check(self, lease: Lease) -> None:
        """Do nothing while a lease is the latest grant of its name.

        Raises:
            LeaseLost: it was taken over.
        """
        self._check(lease)

    def release(self, lease: Lease) -> None:
        """Give it back; the token stays, so that the next grant is a higher one."""
        with self._transaction():
            self._db.execute(
                "update leases set expires_at=0 where name=? and holder=? and token=?",
                (lease.name, lease.holder, lease.token),
            )

    # -- small facts and housekeeping -----------------------------------------------------

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

    def purge(self, job: str, ref: Ref) -> None:
        """Forget the bodies, the history and the settled conflicts of one item."""
        link = self.link(job, ref)
        pair = link.pair if link else ""
        with self._transaction():
            run = self._db.execute
            run(
                "delete from history where job=? and (pair=? or left_id=? or right_id=?)",
                (job, pair, str(ref), str(ref)),
            )
            run("delete from conflicts where job=? and pair=?", (job, pair))
            for table in ("quarantine", "skipped", "tombstones"):
                run(f"delete from {table} where job=? and ref=?", (job, str(ref)))  # noqa: S608
            self._drop_unused_values()

    def sweep(self, job: str, *, before: datetime, quiet: datetime | None = None) -> int:
        """Drop history older than `before`, and values that nothing refers to any more."""
        with self._transaction():
            self._db.execute("delete from history where job=? and at<?", (job, before.isoformat()))
            # The latest full pass stays, however old: it says whether another is due.
            self._db.execute(
                "delete from runs where job=:job and started_at<case kind when 'hints' then :quiet"
                " else :before end and not exists (select 1 from history where run=runs.id)"
                " and started_at<(select max(started_at) from runs where job=:job and kind='full')",
                {
                    "job": job,
                    "before": before.isoformat(),
                    "quiet": (quiet or before).isoformat(),
                },
            )
            return self._drop_unused_values()

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

    def _drop_unused_values(self) -> int:
        return self._db.execute(
            "delete from vals where key not in ("
            " select left_value from links union select right_value from links"
            " union select before from history union select after from history"
            " union select json_extract(body, '$.base') from conflicts"
            " union select json_extract(body, '$.left_value') from conflicts"
            " union select json_extract(body, '$.right_value') from conflicts"
            " union select json_extract(body, '$.proposed') from conflicts"
            " union select json_extract(w.value, '$[3]') from intents,"
            "  json_each(intents.body, '$.writes') as w"
            " union select json_extract(intents.body, '$.link[7]') from intents"
            " union select json_extract(intents.body, '$.link[12]') from intents)"
        ).rowcount

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _lease(name: str, holder: str, token: int, expires_at: float) -> Lease:
    at = datetime.fromtimestamp(expires_at, timezone.utc)
    return Lease(name=name, holder=holder, token=token, expires_at=at)


def _skipped(row: tuple[Any, ...]) -> Skipped:
    job, side, ref, title, stamp, epoch, reason = row
    return Skipped(
        job=job,
        side=Side(side),
        ref=Ref.parse(ref),
        title=title,
        stamp=stamp,
        epoch=epoch,
        reason=reason,
    )
