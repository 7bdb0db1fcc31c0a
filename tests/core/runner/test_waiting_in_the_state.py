"""What the state remembers for a runner, also in a file of an earlier release."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import attrs

from syncline.model import Change, Ref, Side
from syncline.state import SqliteState
from syncline.state.records import ClearDirty, Entry, Log, MarkDirty, Run, SaveRun
from syncline.state.schema import TABLES

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)
PAGE = Ref("wiki", "1")


def mark(minutes: int | None) -> MarkDirty:
    at = None if minutes is None else NOW + timedelta(minutes=minutes)
    return MarkDirty("job", Side.LEFT, Change(ref=PAGE), at=at)


def test_a_state_without_times_is_upgraded_and_keeps_its_hints(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as db:
        db.executescript(TABLES)
        db.execute("create table _sqlite_migrations (migration_set, name, applied_at)")
        db.execute("insert into _sqlite_migrations values ('syncline', 'm001_first', '2026')")
        db.execute("insert into dirty values ('job', 'left', 'wiki:1', 7, 0, 0, 0)")
    db.close()
    state = SqliteState.open(path)
    backlog = state.backlog("job")
    assert (backlog.count, backlog.oldest, backlog.generation) == (1, None, 7)
    state.commit([mark(0)], None)
    assert state.backlog("job").oldest == NOW
    state.close()


def test_a_hint_waits_since_the_first_mark_that_nobody_has_worked() -> None:
    state = SqliteState.memory()
    state.commit([mark(0), mark(5)], None)
    assert state.backlog("job").oldest == NOW
    state.commit([mark(None)], None)
    assert state.backlog("job").oldest == NOW, "the engine's own marks change nothing"
    row = state.dirty("job")[0]
    state.commit([mark(9)], None)
    state.commit([ClearDirty("job", Side.LEFT, PAGE, row.generation)], None)
    assert state.backlog("job").oldest == NOW + timedelta(minutes=9)


def run(id: str, kind: str, days: int) -> Run:
    at = NOW - timedelta(days=days)
    return Run(id=id, job="job", kind=kind, started_at=at, ended_at=at)


def test_runs_that_did_nothing_are_forgotten_and_the_latest_full_pass_is_not() -> None:
    state = SqliteState.memory()
    runs = [
        run("old full", "full", 200),
        run("last full", "full", 100),
        run("idle hints", "hints", 5),
        run("busy hints", "hints", 4),
        run("fresh hints", "hints", 1),
    ]
    entry = Entry(run="busy hints", job="job", pair="p", at=NOW, event="updated")
    state.commit([*map(SaveRun, runs), Log(entry)], None)
    state.commit([SaveRun(attrs.evolve(run("newest full", "full", 3)))], None)
    state.sweep("job", before=NOW - timedelta(days=90), quiet=NOW - timedelta(days=2))
    left = {found.id for found in state.runs("job")}
    assert left == {"newest full", "busy hints", "fresh hints"}
    last = state.last_run("job", "full")
    assert last is not None
    assert last.id == "newest full"


def test_tidying_empties_the_log_and_waits_for_nobody(tmp_path: Path) -> None:
    state = SqliteState.open(tmp_path / "state.db")
    wal = tmp_path / "state.db-wal"
    state.commit([mark(0)], None)
    assert wal.stat().st_size > 0
    with sqlite3.connect(tmp_path / "state.db", isolation_level=None) as other:
        other.execute("begin immediate")
        state.tidy()
        other.execute("rollback")
    other.close()
    state.tidy()
    assert wal.stat().st_size == 0
    state.commit([mark(1)], None)
    state.close()


def test_jobs_on_one_connection_have_listings_of_their_own() -> None:
    from syncline.model import Head, Status, Version

    state = SqliteState.memory()
    views = {job: state.for_job(job) for job in ("one", "two; drop table links", "zwei")}
    for job, view in views.items():
        head = Head(ref=Ref("wiki", job), version=Version("1"), status=Status.LIVE, title=job)
        view.stage(job, Side.LEFT, [head])
    for job, view in views.items():
        assert [found.title for found in view.unlinked(job, Side.LEFT, epoch="")] == [job]
    views["one"].unstage("one")
    assert views["zwei"].staged(Side.LEFT, Ref("wiki", "zwei")) is not None
    assert state.for_job("zwei").staged(Side.LEFT, Ref("wiki", "zwei")) is not None
