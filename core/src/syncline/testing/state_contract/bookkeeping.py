"""The history, its runs, the bookmarks of both sides, and what is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from attrs import evolve

from ...model import Cursor, Document, Ref, Side
from ...state.port import StateStore
from ...state.records import (
    DropDeliveries,
    Half,
    LinkState,
    NoteDelivery,
    OpenIntent,
    SaveConflict,
    SaveCursor,
    SaveRun,
    SaveScope,
    SaveValue,
)
from ...state.values import key_of
from .samples import (
    JOB,
    NOW,
    conflict,
    failing,
    half,
    intent,
    kb,
    keep,
    line,
    link,
    run,
    save,
    skipping,
    titles,
    wiki,
)

_PAIR = "job-p1"
_LATER = NOW + timedelta(days=90)


class HistoryContract:
    """Lines and runs."""

    def test_a_line_comes_back_as_it_was_written(self, state: StateStore) -> None:
        whole = line(
            1,
            side=Side.RIGHT,
            left=wiki(1),
            right=kb(1),
            reason="edited",
            detail="title",
            before="k1",
            after="k2",
            before_version="1",
            after_version="2",
        )
        keep(state, whole, line(2, pair="", side=None))
        second, first = state.history(JOB)
        assert first == evolve(whole.entry, id=first.id)
        assert second == evolve(line(2, pair="").entry, id=second.id)
        assert state.entry(JOB, first.id) == first
        assert (state.entry("another", first.id), state.entry(JOB, 12345)) == (None, None)

    def test_the_newest_line_comes_first(self, state: StateStore) -> None:
        keep(state, line(1), line(2))
        keep(state, line(3))
        assert titles(state.history(JOB)) == ["3", "2", "1"]
        assert titles(state.history(JOB, limit=2)) == ["3", "2"]
        assert state.history("another") == []

    def test_lines_are_found_by_run_item_pair_and_event(self, state: StateStore) -> None:
        keep(state, line(1, left=wiki(1), right=kb(1)), line(2, run="r2", right=kb(1)))
        keep(state, line(3, pair="other", left=wiki(1), event="removed"), line(4, pair=""))
        assert titles(state.history(JOB, run="r1")) == ["4", "3", "1"]
        assert titles(state.history(JOB, ref=kb(1))) == ["2", "1"]
        assert titles(state.history(JOB, ref=wiki(1))) == ["3", "1"]
        assert titles(state.history(JOB, pair=_PAIR)) == ["2", "1"]
        assert titles(state.history(JOB, event="removed")) == ["3"]
        assert titles(state.history(JOB, run="r1", ref=kb(1))) == ["1"]
        assert titles(state.history(JOB, pair=_PAIR, event="updated", run="r2")) == ["2"]

    def test_pages_of_history_go_back_from_a_line(self, state: StateStore) -> None:
        keep(state, *(line(n) for n in range(5)), line(9, run="r2"), line(8, pair="q"))
        page = state.history_page(JOB, run="r1", pair=None, before=2**62, limit=3)
        assert titles(page) == ["8", "4", "3"]
        page = state.history_page(JOB, run="r1", pair=_PAIR, before=page[-1].id, limit=9)
        assert titles(page) == ["2", "1", "0"]
        assert titles(state.history_page(JOB, run=None, pair=_PAIR, before=2**62, limit=2)) == [
            "9",
            "4",
        ]

    def test_the_last_line_of_a_kind_is_found(self, state: StateStore) -> None:
        keep(state, line(1, event="withdrawn"), line(2, event="withdrawn", run="r2"), line(3))
        last = state.last_entry(JOB, _PAIR, "withdrawn")
        assert last is not None
        assert last.run == "r2"
        assert state.last_entry(JOB, _PAIR, "removed") is None

    def test_events_are_counted_since_a_time(self, state: StateStore) -> None:
        keep(state, *(line(n) for n in range(4)), line(5, event="removed", pair="q"))
        since = NOW + timedelta(seconds=2)
        assert state.count_events(JOB, ["updated"], since) == 2
        assert state.count_events(JOB, ["updated", "removed"], since) == 3
        assert state.count_events(JOB, ["updated", "removed"], since, pair="q") == 1
        assert state.count_events(JOB, ["created"], since) == 0

    def test_runs_come_newest_first(self, state: StateStore) -> None:
        keep(state, *(SaveRun(run(n)) for n in (1, 3, 2)))
        assert [one.id for one in state.runs(JOB)] == ["r3", "r2", "r1"]
        assert [one.id for one in state.runs(JOB, limit=1)] == ["r3"]
        assert state.run(JOB, "r3") == run(3)
        assert (state.run("another", "r3"), state.run(JOB, "r9")) == (None, None)

    def test_a_run_is_saved_when_it_begins_and_when_it_ends(self, state: StateStore) -> None:
        keep(state, SaveRun(run(1, ended=False)))
        assert state.last_run(JOB, "full") is None
        keep(state, SaveRun(run(1, counts='{"writes": 2}')))
        assert state.runs(JOB) == [run(1, counts='{"writes": 2}')]

    def test_the_last_run_of_a_kind_is_one_that_ended(self, state: StateStore) -> None:
        keep(state, SaveRun(run(1)), SaveRun(run(2, "hints")), SaveRun(run(3, ended=False)))
        assert state.last_run(JOB, "full") == run(1)
        assert state.last_run(JOB, "poll") is None

    def test_pages_of_runs_leave_out_those_that_said_nothing_when_asked(
        self, state: StateStore
    ) -> None:
        counts = ("{}", '{"examined": 3}', '{"writes": 1}', '{"failed": 1}', '{"conflict": 2}')
        runs = [run(0, "hints", counts=c, id=f"r{n}") for n, c in enumerate(counts)]
        keep(state, *map(SaveRun, runs), SaveRun(run(8)), SaveRun(run(9, "hints", ended=False)))
        page = state.run_page(JOB, ("9999", ""), 9, quiet=False)
        assert [one.id for one in page] == ["r9", "r8", "r4", "r3", "r2"]
        page = state.run_page(JOB, (NOW.isoformat(), "r2"), 9)
        assert [one.id for one in page] == ["r1", "r0"]
        assert len(state.run_page(JOB, ("9999", ""), 3)) == 3


class FactContract:
    """Small facts of sides and connections."""

    def test_cursor_and_scope_of_a_side_are_remembered_apart(self, state: StateStore) -> None:
        assert (state.cursor(JOB, Side.LEFT), state.scope(JOB, Side.LEFT)) == (None, None)
        keep(state, SaveCursor(JOB, Side.LEFT, Cursor("c1")), SaveScope(JOB, Side.RIGHT, "s"))
        keep(state, SaveCursor(JOB, Side.LEFT, Cursor("c2")))
        assert (state.cursor(JOB, Side.LEFT), state.scope(JOB, Side.LEFT)) == ("c2", None)
        assert (state.cursor(JOB, Side.RIGHT), state.scope(JOB, Side.RIGHT)) == (None, "s")

    def test_facts_are_cached_by_connection_however_long(self, state: StateStore) -> None:
        assert state.cached("wiki", "k") is None
        long = "ä€\U0001f600" * 300_000
        for value in ("a", "b", long, "", "c"):
            state.cache("wiki", "k", value)
            assert state.cached("wiki", "k") == value
        assert (state.cached("kb", "k"), state.cached("wiki", "l")) == (None, None)

    def test_a_delivery_is_seen_until_its_time_is_over(self, state: StateStore) -> None:
        now = datetime.now(timezone.utc)
        keep(state, NoteDelivery("wiki", "d1", now + timedelta(hours=1)))
        keep(state, NoteDelivery("wiki", "d2", now - timedelta(seconds=1)), DropDeliveries(now))
        assert (state.seen("wiki", "d1"), state.seen("wiki", "d2")) == (True, False)
        assert state.seen("kb", "d1") is False


class ForgettingContract:
    """What is swept because it is old, and what is purged on request."""

    def test_old_history_is_swept_with_the_values_that_nothing_needs(
        self, state: StateStore
    ) -> None:
        values = {name: Document(title=name) for name in ("paired", "told", "open", "asked", "old")}
        keys = {name: key_of(value) for name, value in values.items()}
        opened = evolve(intent().writes[0], value=keys["open"])
        keep(
            state,
            *map(SaveValue, values.values()),
            *save(link(1, left=half(wiki(1), value=keys["paired"]))),
            line(1, before=keys["old"]),
            line(2, at=_LATER, after=keys["told"]),
            SaveConflict(conflict(1, base=keys["asked"])),
            OpenIntent(evolve(intent(), writes=(opened,))),
        )
        assert state.sweep(JOB, before=_LATER) == 1
        assert titles(state.history(JOB)) == ["2"]
        assert titles(state.history(JOB, pair=_PAIR)) == ["2"]
        left = {name for name, key in keys.items() if state.value(key) is not None}
        assert left == {"paired", "told", "open", "asked"}

    def test_the_line_that_says_why_a_pair_is_withdrawn_or_held_stays_while_it_is(
        self, state: StateStore
    ) -> None:
        text = Document(title="what was withdrawn")
        withdrawn = link(1, state=LinkState.WITHDRAWN)
        held = link(2, state=LinkState.HELD)
        keep(
            state,
            SaveValue(text),
            *save(withdrawn, held, link(3)),
            line(1, event="withdrawn"),
            line(2, event="withdrawn", run="r2", before=key_of(text), before_version="7"),
            line(3),
            line(4, event="undone", pair=held.pair),
            line(5, event="withdrawn", pair="job-p3"),
            SaveRun(run(2)),
            SaveRun(run(9)),
        )
        assert state.sweep(JOB, before=_LATER) == 1
        assert titles(state.history(JOB)) == ["4", "2"]
        told = state.last_entry(JOB, withdrawn.pair, "withdrawn")
        assert told is not None
        assert (told.before, told.before_version) == ("", "7"), "its text is forgotten"
        assert state.value(key_of(text)) is None
        assert state.run(JOB, "r2") is not None
        assert state.sweep(JOB, before=_LATER) == 0
        keep(state, *save(evolve(withdrawn, state=LinkState.SYNCED)))
        state.sweep(JOB, before=_LATER)
        assert titles(state.history(JOB)) == ["4"]

    def test_what_another_job_needs_is_not_swept(self, state: StateStore) -> None:
        value = Document(title="shared")
        keep(state, SaveValue(value), *save(link(1, "another", left=_with(wiki(1), value))))
        assert state.sweep(JOB, before=_LATER) == 0
        assert state.value(key_of(value)) == value

    def test_old_runs_are_swept_but_for_the_latest_full_one(self, state: StateStore) -> None:
        keep(state, *(SaveRun(run(n)) for n in (1, 2, 3)), SaveRun(run(0, "hints", id="h")))
        keep(state, line(1, run="r1", at=_LATER))
        state.sweep(JOB, before=_LATER, quiet=NOW)
        assert [one.id for one in state.runs(JOB)] == ["r3", "r1", "h"]
        state.sweep(JOB, before=NOW, quiet=_LATER)
        assert [one.id for one in state.runs(JOB)] == ["r3", "r1"]

    def test_what_is_purged_of_an_item_is_gone_and_its_pair_stays(self, state: StateStore) -> None:
        before, now = Document(title="before"), Document(title="now")
        keep(
            state,
            *map(SaveValue, (before, now)),
            *save(link(1, left=_with(wiki(1), now)), link(2)),
            line(1, left=wiki(1), before=key_of(before), after=key_of(now)),
            line(2, pair="job-p2", left=wiki(2)),
            SaveConflict(conflict(1)),
            SaveConflict(conflict(2)),
            failing(1),
            skipping(1),
        )
        state.purge(JOB, wiki(1))
        assert titles(state.history(JOB)) == ["2"]
        assert titles(state.history(JOB, ref=wiki(1))) == []
        assert [one.id for one in state.conflicts(JOB)] == ["c2"]
        assert (state.quarantined(JOB, wiki(1)), state.skipped(JOB, wiki(1))) == (None, None)
        assert (state.value(key_of(before)), state.value(key_of(now))) == (None, now)
        assert state.pair("job-p1") is not None
        assert state.counts(JOB)["failed"] == state.counts(JOB)["skipped"] == 0

    def test_tidying_changes_nothing(self, state: StateStore) -> None:
        keep(state, *save(link(1)), line(1))
        state.tidy()
        assert (list(state.links(JOB)), len(state.history(JOB))) == ([link(1)], 1)


class BookkeepingContract(HistoryContract, FactContract, ForgettingContract):
    """What was done, and how it is forgotten."""


def _with(ref: Ref, value: Document) -> Half:
    return half(ref, value=key_of(value))
