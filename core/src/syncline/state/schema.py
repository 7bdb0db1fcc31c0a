"""The tables of the state file, as migrations that sqlite-utils applies once each.

Every migration is final once released: change the schema by adding one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_SET = "syncline"

TABLES = """
create table links (
    pair text primary key, job text not null, state text not null, origin text not null,
    left_id text, left_version text, left_digest text, left_value text, left_stamp text,
    right_id text, right_version text, right_digest text, right_value text, right_stamp text,
    title text, norm integer, epoch text, unresolved text, unknown_since text,
    missing integer, synced_at text, review integer not null
) without rowid;
create unique index links_left on links(job, left_id) where left_id is not null;
create unique index links_right on links(job, right_id) where right_id is not null;
create table vals (key text primary key, body blob not null) without rowid;
create table intents (
    id text primary key, job text not null, pair text not null, opened_at text not null,
    body text not null
) without rowid;
create index intents_job on intents(job, opened_at);
create table notes (intent text not null, step text not null, detail text not null);
create index notes_intent on notes(intent);
create table conflicts (
    id text primary key, job text not null, pair text not null, open integer not null,
    found_at text not null, body text not null
) without rowid;
create index conflicts_job on conflicts(job, open, found_at);
create index conflicts_pair on conflicts(pair);
create table history (
    id integer primary key, run text not null, job text not null, pair text not null,
    at text not null, event text not null, side text, left_id text, right_id text, title text,
    reason text, detail text, before text, after text, before_version text, after_version text
);
create index history_run on history(run);
create index history_pair on history(pair, at);
create index history_left on history(left_id);
create index history_right on history(right_id);
create index history_event on history(job, event, at);
create table quarantine (
    job text not null, ref text not null, side text not null, title text, reason text not null,
    failures integer not null, first_at text not null, next_at text not null, stamp text,
    skipped integer not null, primary key (job, ref)
) without rowid;
create table skipped (
    job text not null, side text not null, ref text not null, title text, stamp text, epoch text,
    reason text not null, primary key (job, ref)
) without rowid;
create table dirty (
    job text not null, side text not null, ref text not null, generation integer not null,
    subtree integer not null, priority integer not null, reencode integer not null,
    primary key (job, side, ref)
) without rowid;
create table cursors (
    job text not null, side text not null, cursor text, scope text, primary key (job, side)
) without rowid;
create table tombstones (
    job text not null, side text not null, ref text not null, pair text not null, at text not null,
    reason text, primary key (job, ref)
) without rowid;
create table refs (
    job text not null, ref text not null, target text not null, primary key (job, ref, target)
) without rowid;
create index refs_target on refs(job, target);
create table runs (
    id text primary key, job text not null, kind text not null, started_at text not null,
    ended_at text, counts text
) without rowid;
create index runs_job on runs(job, started_at);
create table pairings (
    job text not null, left_ref text not null, right_ref text not null, same integer not null,
    primary key (job, left_ref, right_ref)
) without rowid;
create table proposals (
    job text not null, left_ref text not null, right_ref text not null, left_title text,
    right_title text, score real, why text, primary key (job, left_ref, right_ref)
) without rowid;
create table approvals (job text primary key, token text) without rowid;
create table leases (
    name text primary key, holder text not null, token integer not null, expires_at real not null
) without rowid;
create table cache (connection text, key text, value text, primary key (connection, key))
    without rowid;
create table generations (name text primary key, value integer not null) without rowid;
"""

BROWSING = """
create index if not exists links_title on links(job, title collate nocase, pair);
create index if not exists links_state on links(job, state, title collate nocase, pair);
create index if not exists links_unknown on links(job, title collate nocase, pair)
    where unknown_since is not null;
create index if not exists skipped_title on skipped(job, title collate nocase, ref);
create index if not exists quarantine_title on quarantine(job, title collate nocase, ref);
"""

WAITING = """
alter table dirty add column at text;
alter table dirty add column latest text;
create index runs_kind on runs(job, kind, started_at);
"""

DELIVERIES = """
create table deliveries (
    connection text not null, delivery text not null, until text not null,
    primary key (connection, delivery)
) without rowid;
create index deliveries_until on deliveries(until);
"""

CACHE = """
create table cache_by_row (connection text, key text, value text);
insert into cache_by_row select connection, key, value from cache;
drop table cache;
alter table cache_by_row rename to cache;
create unique index cache_key on cache(connection, key);
"""

FACTS = """
create table facts (name text primary key, text text not null, version integer not null)
    without rowid;
"""

CONVERSATIONS = """
create table conversations (
    job text not null, key text not null, open integer not null, heard integer not null,
    due integer not null, body blob not null, primary key (job, key)
);
create index conversations_open on conversations(job, heard, key) where open=1;
create index conversations_due on conversations(job, due, key);
"""

MIGRATIONS: Mapping[str, str] = {
    "m001_first": TABLES,
    # Remembers since when a hint waits, and when the latest one of its item came.
    "m002_waiting": WAITING,
    # Remembers signed deliveries for as long as they could be sent again.
    "m003_deliveries": DELIVERIES,
    # The orders in which people page through articles.
    "m004_browsing": BROWSING,
    # A value of megabytes is part of the key in a table without row ids: read at every look-up.
    "m005_cache": CACHE,
    # What processes that share a credential tell each other.
    "m006_facts": FACTS,
    # What was told of each conversation, and when it is due to be asked for or forgotten.
    "m007_conversations": CONVERSATIONS,
}
"""Statements by the name under which they are recorded as applied, in the order to apply them."""


def applied(db: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the migrations that a file has seen, those of newer programs too."""
    tables = db.execute("select 1 from sqlite_master where name='_sqlite_migrations'").fetchall()
    if not tables:
        return frozenset()
    sql = "select name from _sqlite_migrations where migration_set=?"
    return frozenset(row[0] for row in db.execute(sql, (_SET,)))


def apply(db: sqlite3.Connection) -> None:
    """Apply the migrations that a file has not seen, each in a transaction of its own."""
    # sqlite-utils takes as long to import as everything else that opens a state file.
    from sqlite_utils import Database, Migrations

    migrations = Migrations(_SET)
    for name, statements in MIGRATIONS.items():
        migrations(name=name)(_running(statements))
    migrations.apply(Database(db))


def _running(statements: str) -> Callable[[Database], None]:
    def run(db: Database) -> None:
        for statement in filter(str.strip, statements.split(";")):
            db.execute(statement)

    return run


__all__ = ["MIGRATIONS", "applied", "apply"]
