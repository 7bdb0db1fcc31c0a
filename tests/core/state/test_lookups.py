"""What is asked for every item costs the same however much is remembered."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from syncline.model import Ref
from syncline.state import SqliteState
from syncline.state.records import Half, Link, SaveLink

LEFT, RIGHT = Ref("wiki", "1"), Ref("kb", "9")


@pytest.fixture
def state(tmp_path: Path) -> SqliteState:
    return SqliteState.open(tmp_path / "state.db")


def _link(job: str, left: Ref, right: Ref) -> Link:
    pair = f"{job}-{left}"
    return Link(pair=pair, job=job, left=Half(ref=left), right=Half(ref=right))


def test_the_other_job_that_has_an_item_is_found_on_either_side(state: SqliteState) -> None:
    for job in ("a", "b", "c"):
        state.commit([SaveLink(_link(job, Ref("wiki", job), Ref("kb", job)))], None)
    assert state.linked_elsewhere("a", Ref("wiki", "c")) == "c"
    assert state.linked_elsewhere("c", Ref("kb", "a")) == "a"
    assert state.linked_elsewhere("b", Ref("wiki", "b")) is None
    assert state.linked_elsewhere("new", Ref("wiki", "b")) == "b"
    assert state.linked_elsewhere("b", Ref("wiki", "nowhere")) is None


ASKED: dict[str, Callable[[SqliteState], object]] = {
    "is it paired": lambda state: state.link("job", LEFT),
    "has another job got it": lambda state: state.linked_elsewhere("job", LEFT),
    "was its pair ended": lambda state: state.tombstone("job", LEFT),
    "is it set aside": lambda state: state.quarantined("job", LEFT),
    "who links to it": lambda state: state.referrers("job", LEFT),
    "what is being written": lambda state: state.intents("job", pair="p"),
    "what was announced": lambda state: state.notes("p"),
    "does it wait for a person": lambda state: state.conflict_of("p"),
    "a small fact": lambda state: state.cached("wiki", "key"),
}


@pytest.mark.parametrize("question", ASKED)
def test_no_question_about_one_item_reads_a_table_from_end_to_end(
    state: SqliteState, question: str
) -> None:
    seen: list[str] = []
    state._db.set_trace_callback(seen.append)
    ASKED[question](state)
    state._db.set_trace_callback(None)
    assert seen
    for sql in seen:
        plan = [row[3] for row in state._db.execute(f"explain query plan {sql}")]
        tables = {row[0] for row in state._db.execute("select name from sqlite_master")}
        scans = [step for step in plan if step.startswith("SCAN") and step.split()[1] in tables]
        assert not scans, plan


def test_small_facts_of_an_older_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    SqliteState.open(path).close()
    with sqlite3.connect(path) as db:
        db.executescript(
            "drop table cache; create table cache (connection text, key text, value text,"
            " primary key (connection, key)) without rowid;"
            "insert into cache values ('wiki', 'root', 'marked');"
            "delete from _sqlite_migrations where name='m005_cache'"
        )
    state = SqliteState.open(path)
    assert state.cached("wiki", "root") == "marked"
    state.cache("wiki", "root", "filled")
    assert state.cached("wiki", "root") == "filled"
    state.close()


def test_a_small_fact_is_found_without_reading_the_others(state: SqliteState) -> None:
    plan = state._db.execute(
        "explain query plan select value from cache where connection='a' and key='b'"
    ).fetchall()
    assert "USING INDEX cache_key" in plan[0][3]  # and not the rows themselves, values and all
