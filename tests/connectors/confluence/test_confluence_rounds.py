"""What rounds of polls learn, over every tree of pages and every order of asking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.change_feeds import Watermark
from syncline_confluence.audience import Parent
from syncline_confluence.places import Places
from syncline_confluence.rounds import (
    MOST_PLACED,
    Round,
    beginning,
    cursor_of,
    differences,
    round_of,
    verdicts,
)

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
BOUNDED = settings(max_examples=150, deadline=None)


@st.composite
def trees(draw: Any) -> Places:
    """Pages below pages, some of them out of scope, some below what cannot be read."""
    count = draw(st.integers(1, 12))
    parents: dict[str, Parent | None] = {}
    for n in range(count):
        above = draw(st.integers(-2, n - 1))
        parents[str(n)] = None if above == -1 else Parent("lost" if above == -2 else str(above))
    inside = draw(st.sets(st.sampled_from(sorted(parents)), min_size=1))
    return Places(pages=sorted(inside, key=lambda i: (len(i), i)), parents=parents)


@st.composite
def worlds(draw: Any, count: int = 2) -> tuple[Places, list[dict[str, bool | None]]]:
    """A tree, and what the restriction of each of its items is, at several times."""
    places = draw(trees())
    answer = st.sampled_from([False, False, True, None])
    times = [{id: draw(answer) for id in places.subjects} for _ in range(count)]
    return places, times


def in_rounds(known: Round, places: Places, truth: Mapping[str, bool | None], most: int) -> Round:
    """Poll until everything has been asked for."""
    for _ in range(math.ceil(len(places.subjects) / most)):
        known = known.learnt(places, {id: truth[id] for id in known.due(places.subjects, most)})
    return known


def judged(places: Places, page: str, truth: Mapping[str, bool | None]) -> str | None:
    """Return what holds of a page, by looking at everything above it."""
    current: str | None = page
    worst: str | None = None
    while current is not None:
        if current not in places.parents:
            return "restricted" if truth[current] or worst == "restricted" else "unknown"
        if truth[current]:
            worst = "restricted"
        elif truth[current] is None:
            worst = worst or "unknown"
        parent = places.parents[current]
        current = parent.id if parent else None
    return worst


@given(worlds(), st.integers(1, 15))
@BOUNDED
def test_a_round_asks_for_everything_once_and_knows_every_page_then(
    world: tuple[Places, list[dict[str, bool | None]]], most: int
) -> None:
    places, (truth, _) = world
    known, asked = Round(), list[str]()
    for _ in range(math.ceil(len(places.subjects) / most)):
        due = known.due(places.subjects, most)
        assert len(due) <= most
        asked += due
        known = known.learnt(places, {id: truth[id] for id in due})
    assert asked == list(places.subjects)
    assert known.after == ""
    expected = {page: judged(places, page, truth) for page in places.pages}
    assert known.kept == {page: verdict for page, verdict in expected.items() if verdict}


@given(worlds(), st.integers(1, 15))
@BOUNDED
def test_what_is_told_in_a_round_is_what_became_different(
    world: tuple[Places, list[dict[str, bool | None]]], most: int
) -> None:
    places, (first, second) = world
    before = known = in_rounds(Round(), places, first, most)
    told: set[str] = set()
    for _ in range(math.ceil(len(places.subjects) / most)):
        due = known.due(places.subjects, most)
        now = known.learnt(places, {id: second[id] for id in due})
        told |= set(differences(known, now, places))
        known = now
    changed = {
        page for page in places.pages if judged(places, page, first) != judged(places, page, second)
    }
    assert changed <= told
    assert told <= before.kept.keys() | known.kept.keys()
    if most >= len(places.subjects):
        assert told == changed


@given(worlds(), st.integers(1, 15))
@BOUNDED
def test_a_cursor_keeps_what_is_known_and_stays_one_of_the_feed(
    world: tuple[Places, list[dict[str, bool | None]]], most: int
) -> None:
    places, (truth, _) = world
    known = Round(scope="here").learnt(
        places, {i: truth[i] for i in Round().due(places.subjects, most)}
    )
    for feed in (Watermark(at=NOW), Watermark(at=NOW, announced={"1": "2"})):
        cursor = cursor_of(feed, known)
        assert round_of(cursor) == known
        assert Watermark.of(cursor) == feed
        assert round_of(feed.cursor) is None
        assert cursor_of(feed, None) == feed.cursor
    assert round_of(None) is None


@given(worlds(count=1))
@BOUNDED
def test_what_a_listing_found_is_where_the_first_round_begins(
    world: tuple[Places, list[dict[str, bool | None]]],
) -> None:
    places, (truth,) = world
    marks = dict.fromkeys(places.pages, "as listed")
    first = beginning(places, truth, places.placed, marks, "here")
    assert first.kept == verdicts(places, first.shut)
    assert (first.placed, first.marks) == (places.placed, marks)
    assert beginning(places, {}, {}, {}, "") == Round(kept=verdicts(places, {}))
    assert in_rounds(first, places, truth, 100).kept == first.kept


def test_pages_that_came_went_or_moved_are_told_with_what_is_below_them() -> None:
    parents = {"1": None, "2": Parent("1"), "3": Parent("2"), "4": Parent("1"), "5": None}
    before = Places(pages=["1", "2", "3", "4"], parents=parents)
    now = Places(pages=["1", "2", "3", "5"], parents={**parents, "2": Parent("5")})
    old = Round().learnt(before, {})
    assert differences(old, old.learnt(now, {}), now) == ["2", "3", "4", "5"]


def test_a_page_with_other_labels_or_files_is_told_by_itself() -> None:
    parents = {"1": None, "2": Parent("1"), "3": None}
    before = Places(pages=["1", "2"], parents=parents, marks={"1": "a", "2": "a"})
    now = Places(pages=["1", "2"], parents=parents, marks={"1": "b", "2": "a"})
    old = Round().learnt(before, {})
    assert differences(old, old.learnt(now, {}), now) == ["1"]
    unasked = evolve(now, marks=None)
    assert differences(old, old.learnt(unasked, {}), unasked) == []
    known = old.learnt(now, {})
    assert round_of(cursor_of(Watermark(at=NOW), known)) == known


def test_what_was_moved_is_not_told_where_that_is_not_remembered() -> None:
    pages = [str(n) for n in range(MOST_PLACED + 1)]
    large = Places(pages=pages, parents=dict.fromkeys(pages))
    small = evolve(large, pages=pages[:-1])
    known = Round().learnt(large, {})
    assert known.placed is None
    assert Round().learnt(small, {}).placed is not None
    assert differences(known, known.learnt(small, {}), small) == []


def test_a_scope_that_is_suddenly_empty_tells_of_nothing() -> None:
    before = Places(pages=["1"], parents={"1": None})
    now = Places(pages=[], parents={"1": None})
    old = Round().learnt(before, {})
    assert differences(old, old.learnt(now, {}), now) == []


def test_a_tree_that_bites_its_tail_is_not_known() -> None:
    places = Places(pages=["1"], parents={"1": Parent("2"), "2": Parent("1")})
    assert verdicts(places, {}) == {"1": "unknown"}


def test_a_large_space_is_judged_in_a_moment_and_its_cursor_stays_small() -> None:
    import time

    count = 50_000
    parents = {str(n): Parent(str(n // 10)) if n else None for n in range(count)}
    places = Places(pages=[str(n) for n in range(count)], parents=parents)
    known = Round().learnt(places, {})
    begin = time.process_time()
    due = known.due(places.subjects, 200)
    now = known.learnt(places, {**dict.fromkeys(due, False), "12": True})
    assert time.process_time() - begin < 15
    assert len(differences(known, now, places)) == 1111
    assert len(cursor_of(Watermark(at=NOW), now)) < 20_000
