"""Articles, conflicts, history and runs are read page by page, in one order, by index."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.decision import Reason
from syncline.engine.status import browsing
from syncline.model import Change, Ref, Side
from syncline.state import SqliteState
from syncline.state.browsing import Shelved, Standing
from syncline.state.records import (
    ConflictRecord,
    DropLink,
    Effect,
    Entry,
    Half,
    Link,
    LinkState,
    Log,
    MarkDirty,
    Quarantined,
    Run,
    SaveConflict,
    SaveLink,
    SaveQuarantine,
    SaveRun,
    SaveSkip,
    Skipped,
)
from syncline.state.schema import MIGRATIONS

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
TITLES = st.text(st.sampled_from("aAbBÄäzZ .%_é\U0001f600"), max_size=3)
KINDS = st.sampled_from(["link", "failed", "skipped", "pending"])


def link(n: int, title: str, state: LinkState = LinkState.SYNCED) -> Link:
    left, right = Half(ref=Ref("wiki", f"{n}")), Half(ref=Ref("kb", f"k{n}"))
    return Link(pair=f"p{n}", job="job", left=left, right=right, title=title, state=state)


def effect(n: int, kind: str, title: str) -> Effect:
    ref = Ref("wiki", str(n))
    match kind:
        case "link":
            return SaveLink(link(n, title))
        case "failed":
            return SaveQuarantine(
                Quarantined(
                    job="job",
                    side=Side.LEFT,
                    ref=ref,
                    title=title,
                    reason="it failed",
                    failures=1,
                    first_at=NOW,
                    next_at=NOW,
                )
            )
        case "skipped":
            return SaveSkip(
                Skipped(
                    job="job",
                    side=Side.LEFT,
                    ref=ref,
                    title=title,
                    stamp="",
                    epoch="",
                    reason="filtered",
                )
            )
        case _:
            return MarkDirty("job", Side.LEFT, Change(ref=ref))


@settings(max_examples=60)
@given(st.lists(st.tuples(KINDS, TITLES), max_size=30), st.integers(1, 7), st.integers(1, 9))
def test_pages_put_together_are_the_whole_list_in_order_each_once(
    items: list[tuple[str, str]], limit: int, most: int
) -> None:
    state = SqliteState.memory()
    state.commit([effect(n, kind, title) for n, (kind, title) in enumerate(items)], None)
    after = browsing.START
    found: list[Shelved] = []
    while True:
        page = browsing.articles(state, "job", after=after, limit=limit, most=most)
        assert len(page.rows) <= limit
        found += page.rows
        if page.after is None:
            break
        after = page.after
    assert sorted(str(row.left) for row in found) == sorted(f"wiki:{n}" for n in range(len(items)))
    ordered = [row.title.encode().lower() for row in found]
    assert ordered == sorted(ordered)
    state.close()


def test_an_item_of_a_pair_that_failed_is_listed_once_and_in_both_lists() -> None:
    state = SqliteState.memory()
    state.commit([effect(1, "link", "A"), effect(1, "failed", "A")], None)
    (row,) = browsing.articles(state, "job").rows
    assert row.standing is Standing.SYNCED
    (row,) = browsing.articles(state, "job", standing=Standing.FAILED).rows
    assert (row.reason, row.left) == ("it failed", Ref("wiki", "1"))


def test_a_copy_that_was_removed_with_its_pair_is_no_article_any_more() -> None:
    state = SqliteState.memory()
    gone, kept = Ref("kb", "k1"), Ref("wiki", "7")
    state.commit(
        [SaveLink(link(1, "Refunds")), DropLink(link(1, "Refunds"), NOW, "withdrawn")], None
    )
    skips = [(gone, Side.RIGHT, "its pair has ended"), (kept, Side.LEFT, "it is restricted")]
    for ref, side, reason in skips:
        skip = Skipped(job="job", side=side, ref=ref, title="", stamp="1", epoch="e", reason=reason)
        state.commit([SaveSkip(skip)], None)
    for listed in (
        state.shelf("job", Standing.SKIPPED, ("", ""), 10),
        state.unpaired("job", Standing.SKIPPED, ("", ""), 10),
    ):
        assert [one.key for one in listed] == [str(kept)]
    assert state.counts("job")["skipped"] == 1


def test_a_hint_about_a_pair_names_the_pair() -> None:
    state = SqliteState.memory()
    hint = MarkDirty("job", Side.RIGHT, Change(ref=Ref("kb", "k1")))
    state.commit([effect(1, "link", "A"), hint], None)
    (row,) = browsing.articles(state, "job", standing=Standing.PENDING).rows
    assert (row.title, row.left, row.right, row.pair) == (
        *("A", Ref("wiki", "1")),
        *(Ref("kb", "k1"), "p1"),
    )


def test_counts_are_told_for_every_place() -> None:
    state = SqliteState.memory()
    unknown = evolve(link(2, "B"), unknown_since=NOW)
    effects = [effect(1, "link", "A"), SaveLink(unknown), SaveLink(link(3, "C", LinkState.HELD))]
    kinds = ["failed", "skipped", "pending"]
    more = [effect(10 + n, kind, "x") for n, kind in enumerate(kinds)]
    state.commit([*effects, *more, SaveConflict(conflict(1)), SaveConflict(kept(2))], None)
    assert state.counts("job") == {
        "synced": 2,
        "held": 1,
        "unknown": 1,
        "failed": 1,
        "skipped": 1,
        "pending": 1,
        "conflicts": 1,
        "reviews": 1,
        "proposals": 0,
    }
    assert sum(state.counts("another").values()) == 0


def conflict(n: int) -> ConflictRecord:
    return ConflictRecord(
        id=f"c{n}",
        job="job",
        pair=f"p{n}",
        left=None,
        right=None,
        title="A",
        reason=Reason.BOTH_EDITED,
        found_at=NOW + timedelta(seconds=n // 3),
        updated_at=NOW,
    )


def kept(n: int) -> ConflictRecord:
    return evolve(conflict(n), review=True)


def test_conflicts_are_paged_oldest_first_by_kind() -> None:
    state = SqliteState.memory()
    settled = evolve(conflict(50), resolution="left", resolved_at=NOW)
    records = (*map(conflict, range(10)), kept(40), settled)
    state.commit([SaveConflict(record) for record in records], None)
    after = ("", "")
    found: list[str] = []
    while page := state.conflict_page("job", which="open", after=after, limit=4):
        found += [record.id for record in page]
        after = (page[-1].found_at.isoformat(), page[-1].id)
    assert found == [f"c{n}" for n in range(10)]
    for which, id in (("review", "c40"), ("settled", "c50")):
        (record,) = state.conflict_page("job", which=which, after=("", ""), limit=9)
        assert record.id == id


def entry(n: int, run: str = "r1", pair: str = "p1", event: str = "updated") -> Log:
    at = NOW + timedelta(seconds=n)
    return Log(Entry(run=run, job="job", pair=pair, at=at, event=event, title=f"{n}"))


def test_history_is_paged_newest_first_and_a_line_is_found_by_its_number() -> None:
    state = SqliteState.memory()
    state.commit([*(entry(n) for n in range(5)), entry(9, run="r2", event="withdrawn")], None)
    page = state.history_page("job", run="r1", pair=None, before=2**62, limit=3)
    assert [e.title for e in page] == ["4", "3", "2"]
    page = state.history_page("job", run="r1", pair="p1", before=page[-1].id, limit=3)
    assert [e.title for e in page] == ["1", "0"]
    found = state.entry("job", page[0].id)
    assert found is not None
    assert found.title == "1"
    assert state.entry("another", page[0].id) is None
    last = state.last_entry("job", "p1", "withdrawn")
    assert last is not None
    assert last.run == "r2"
    assert state.last_entry("job", "p1", "removed") is None


def test_runs_are_paged_newest_first_and_found_by_their_id() -> None:
    state = SqliteState.memory()
    runs = [Run(id=f"r{n}", job="job", kind="full", started_at=NOW) for n in range(5)]
    state.commit([SaveRun(run) for run in runs], None)
    page = state.run_page("job", ("9999", ""), 3)
    assert [run.id for run in page] == ["r4", "r3", "r2"]
    page = state.run_page("job", (NOW.isoformat(), "r2"), 3)
    assert [run.id for run in page] == ["r1", "r0"]
    assert state.run("job", "r3") == runs[3]
    assert state.run("another", "r3") is None


def test_runs_that_said_nothing_can_be_left_out() -> None:
    state = SqliteState.memory()
    counts = ("{}", '{"examined": 3}', '{"writes": 1}', '{"failed": 1}', '{"conflict": 2}')
    ended = [
        Run(id=f"r{n}", job="job", kind="hints", started_at=NOW, ended_at=NOW, counts=text)
        for n, text in enumerate(counts)
    ]
    full = Run(id="r8", job="job", kind="full", started_at=NOW, ended_at=NOW)
    state.commit(
        [SaveRun(run) for run in (*ended, full, evolve(ended[0], id="r9", ended_at=None))], None
    )
    page = state.run_page("job", ("9999", ""), 9, quiet=False)
    assert [run.id for run in page] == ["r9", "r8", "r4", "r3", "r2"]


@pytest.mark.parametrize("standing", [None, *Standing])
def test_every_list_is_read_by_an_index(standing: Standing | None) -> None:
    state = SqliteState.memory()
    seen: list[str] = []
    state._db.set_trace_callback(seen.append)
    state.shelf("job", standing, ("a", "b"), 5)
    state._db.set_trace_callback(None)
    (sql,) = seen
    plan = [row[3] for row in state._db.execute(f"explain query plan {sql}")]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    if standing is not Standing.PENDING:
        assert not [step for step in plan if "TEMP B-TREE" in step], plan


def test_a_file_of_the_first_release_gains_the_orders(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = SqliteState.open(path)
    state.commit([effect(1, "link", "A")], None)
    state.close()
    db = sqlite3.connect(path)
    for name in ("links_title", "links_state", "links_unknown", "skipped_title"):
        db.execute(f"drop index {name}")
    db.execute("drop index quarantine_title")
    assert "m004_browsing" in MIGRATIONS
    db.execute("delete from _sqlite_migrations where name='m004_browsing'")
    db.commit()
    db.close()
    state = SqliteState.open(path)
    assert [row.title for row in browsing.articles(state, "job").rows] == ["A"]
    names = {row[0] for row in state._db.execute("select name from sqlite_master")}
    assert "links_title" in names
    state.close()
