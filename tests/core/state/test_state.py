"""The state file: atomic, fenced, refused when it is not ours, safe with several processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.decision import Reason
from syncline.errors import LeaseLost, StateError
from syncline.model import Asset, Change, Digest, Document, Head, Opaque, Ref, Side, Status, Version
from syncline.ports import Note
from syncline.state import SqliteState, fold, stamp
from syncline.state.records import (
    ClearDirty,
    DropLink,
    Entry,
    Half,
    Intent,
    Link,
    Log,
    MarkDirty,
    NoteIntent,
    OpenIntent,
    Planned,
    SaveLink,
    SaveValue,
)
from syncline.state.values import from_json, key_of, to_json

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
LEFT, RIGHT = Ref("wiki", "1"), Ref("kb", "9")


def half(ref: Ref | None, version: str = "1") -> Half:
    head = Head(ref=ref or LEFT, version=Version(version))
    return Half(ref=ref, version=Version(version), digest=Digest("sha256:x"), stamp=stamp(head))


def link(pair: str = "p1", left: Ref | None = LEFT, right: Ref | None = RIGHT) -> Link:
    return Link(pair=pair, job="job", left=half(left), right=half(right), synced_at=NOW)


@pytest.fixture
def state(tmp_path: Path) -> SqliteState:
    return SqliteState.open(tmp_path / "state.db")


def test_a_link_is_found_by_either_side_and_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = SqliteState.open(path)
    first.commit([SaveLink(link())], None)
    first.close()
    again = SqliteState.open(path)
    assert again.link("job", LEFT) == again.link("job", RIGHT) == link()
    again.close()


def test_the_file_is_for_its_owner_only_and_is_written_through(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    opened = SqliteState.open(path)
    assert path.stat().st_mode & 0o077 == 0
    assert opened._db.execute("pragma synchronous").fetchone() == (2,)
    assert opened._db.execute("pragma journal_mode").fetchone() == ("wal",)
    opened.close()


def test_a_commit_is_all_or_nothing(state: SqliteState) -> None:
    saved = SaveValue(Document(title="x"))
    with pytest.raises(TypeError, match="not an effect"):
        state.commit([saved, SaveLink(link()), object()], None)  # type: ignore[list-item]  # wrong
    assert state.value(key_of(saved.value)) is None
    assert list(state.links("job")) == []


def test_a_pair_has_at_most_one_item_on_each_side(state: SqliteState) -> None:
    state.commit([SaveLink(link("p1"))], None)
    with pytest.raises(StateError, match="UNIQUE"):
        state.commit([SaveLink(link("p2", LEFT, None))], None)
    assert state.link("job", LEFT) == link("p1")


def test_a_worker_without_the_lease_commits_nothing(state: SqliteState) -> None:
    mine = state.acquire("job/job", holder="me", ttl=0.01)
    assert mine is not None
    time.sleep(0.02)
    theirs = state.acquire("job/job", holder="they", ttl=60)
    assert theirs is not None
    assert theirs.token > mine.token
    with pytest.raises(LeaseLost, match="taken over"):
        state.commit([SaveLink(link())], mine)
    with pytest.raises(LeaseLost):
        state.renew(mine, ttl=60)
    assert list(state.links("job")) == []
    state.commit([SaveLink(link())], theirs)


def test_a_lease_is_exclusive_until_it_is_released(state: SqliteState) -> None:
    mine = state.acquire("x", holder="me", ttl=60)
    assert mine is not None
    assert state.acquire("x", holder="they", ttl=60) is None
    state.release(mine)
    theirs = state.acquire("x", holder="they", ttl=60)
    assert theirs is not None
    assert theirs.token == mine.token + 1


def test_a_hint_that_comes_while_it_is_worked_is_not_lost(state: SqliteState) -> None:
    mark = MarkDirty("job", Side.LEFT, Change(ref=LEFT))
    state.commit([mark, mark], None)
    (row,) = state.dirty("job")
    state.commit([mark], None)
    state.commit([ClearDirty("job", Side.LEFT, LEFT, row.generation)], None)
    (again,) = state.dirty("job")
    state.commit([ClearDirty("job", Side.LEFT, LEFT, again.generation)], None)
    assert state.dirty("job") == []


def test_an_intent_comes_back_with_its_notes(state: SqliteState) -> None:
    intent = Intent(
        id="i1",
        job="job",
        run="r1",
        link=link(),
        writes=(Planned(side=Side.RIGHT, ref=RIGHT, expected=Version("1"), value="k"),),
        reason=Reason.EDITED,
        opened_at=NOW,
    )
    state.commit([OpenIntent(intent)], None)
    state.commit([NoteIntent("i1", Note(step="draft", detail="abc"))], None)
    (found,) = state.intents("job")
    assert found.notes == (Note(step="draft", detail="abc"),)
    assert (found.link, found.writes, found.reason) == (intent.link, intent.writes, intent.reason)


def test_only_what_a_listing_does_not_prove_unchanged_is_work(state: SqliteState) -> None:
    state.commit([SaveLink(link())], None)
    everything = frozenset(Side)

    def stage(left: str, right: str | None) -> None:
        state.unstage("job")
        state.stage("job", Side.LEFT, [Head(ref=LEFT, version=Version(left))])
        if right is not None:
            state.stage("job", Side.RIGHT, [Head(ref=RIGHT, version=Version(right))])

    def work(complete: frozenset[Side]) -> int:
        return len(list(state.changed_pairs("job", complete=complete, epoch="")))

    stage("1", "1")
    assert work(everything) == 0
    stage("2", "1")
    assert work(everything) == 1
    stage("1", None)
    assert work(everything) == 1
    assert work(frozenset({Side.LEFT})) == 0, "absence from a broken listing says nothing"


def test_a_corrupt_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is not a database at all, and it is long enough to be read" * 50)
    with pytest.raises(StateError, match="move it away"):
        SqliteState.open(path)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    SqliteState.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute(
            "insert into _sqlite_migrations(migration_set, name, applied_at)"
            " values ('syncline', 'm999_future', '2030-01-01')"
        )
    db.close()
    with pytest.raises(StateError, match="newer Syncline"):
        SqliteState.open(path)


def test_a_full_disk_loses_nothing_that_was_committed(state: SqliteState) -> None:
    state.commit([SaveLink(link())], None)
    pages = state._db.execute("pragma page_count").fetchone()[0]
    state._db.execute(f"pragma max_page_count={pages}")
    big = Document(title="x", body="".join(chr(33 + (n * n) % 90) for n in range(400_000)))
    with pytest.raises(StateError, match="could not be written"):
        state.commit([SaveValue(big), DropLink(link(), NOW, "x")], None)
    assert state.link("job", LEFT) == link()


_WRITER = """
import sys
import threading
from syncline.model import Ref
from syncline.state import SqliteState
from syncline.state.records import Half, Link, SaveLink

path, worker = sys.argv[1:]
state = SqliteState.open(path)
for n in range(50):
    left, right = (Half(ref=Ref(c, f"{worker}-{n}")) for c in ("wiki", "kb"))
    state.commit([SaveLink(Link(pair=f"{worker}-{n}", job="job", left=left, right=right))], None)
"""


def test_four_processes_on_one_file_are_never_locked_out(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    SqliteState.open(path).close()
    workers = [subprocess.Popen([sys.executable, "-c", _WRITER, path, str(n)]) for n in range(4)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0, 0]
    state = SqliteState.open(path)
    assert len(list(state.links("job"))) == 200
    assert state._db.execute("pragma integrity_check").fetchone() == ("ok",)
    state.close()


def test_history_is_swept_and_values_that_nothing_needs_go_with_it(state: SqliteState) -> None:
    kept, old = Document(title="kept"), Document(title="old")
    entry = Entry(run="r", job="job", pair="p1", at=NOW - timedelta(days=100), event="updated")
    linked = link().with_half(Side.LEFT, Half(ref=LEFT, value=key_of(kept)))
    state.commit([SaveLink(linked), SaveValue(kept), SaveValue(old), Log(entry)], None)
    assert state.sweep("job", before=NOW - timedelta(days=90)) == 1
    assert state.history("job") == []
    assert state.value(key_of(kept)) == kept
    assert state.value(key_of(old)) is None


def test_history_is_found_by_what_happened(state: SqliteState) -> None:
    events = ("created", "given up", "updated", "given up")
    entries = [
        Entry(run=str(n), job="job", pair="p1", at=NOW, event=event)
        for n, event in enumerate(events)
    ]
    state.commit([Log(entry) for entry in entries], None)
    assert [e.run for e in state.history("job", event="given up")] == ["3", "1"]
    assert [e.run for e in state.history("job", event="given up", limit=1)] == ["3"]
    assert state.history("other", event="given up") == []


def test_a_restricted_item_has_another_stamp_than_a_live_one() -> None:
    live = Head(ref=LEFT, version=Version("1"))
    assert stamp(live) != stamp(Head(ref=LEFT, version=Version("1"), status=Status.RESTRICTED))


def test_titles_are_compared_without_case_width_and_spaces() -> None:
    assert fold("  Opening\u00a0Hours ") == fold("opening HOURS")


texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(
    st.builds(
        Document,
        title=texts,
        body=texts,
        category=st.none() | st.tuples(texts, texts),
        labels=st.none() | st.frozensets(texts, max_size=3),
        alternatives=st.none() | st.tuples(texts),
        path=st.tuples(texts),
        url=st.none() | texts,
        opaques=st.just({"a.b.c": Opaque(key="a.b.c", raw="<x/>", text="t")}),
        assets=st.just({"0f": Asset(sha256="0f", name="n", media_type="image/png", size=3)}),
    )
)
def test_a_document_is_kept_whole(value: Document) -> None:
    again = from_json(to_json(value))
    assert again == value
    assert (again.opaques, again.assets) == (value.opaques, value.assets)


def test_the_lease_of_a_holder_that_is_known_to_be_dead_is_not_waited_for(
    state: SqliteState,
) -> None:
    first = state.acquire("x", holder="host-1", ttl=60)
    assert first is not None
    assert state.holder("x") == "host-1"
    assert state.acquire("x", holder="host-2", ttl=60, instead_of="host-9") is None
    second = state.acquire("x", holder="host-2", ttl=60, instead_of="host-1")
    assert second is not None
    with pytest.raises(LeaseLost):
        state.commit([SaveLink(link())], first)


def test_several_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    for attempt in range(20):
        path, ready = tmp_path / f"{attempt}.db", threading.Barrier(6)

        def opened(path: Path = path, ready: threading.Barrier = ready) -> None:
            ready.wait()
            SqliteState.open(path).close()

        with ThreadPoolExecutor(6) as pool:
            for each in [pool.submit(opened) for _ in range(6)]:
                each.result()
