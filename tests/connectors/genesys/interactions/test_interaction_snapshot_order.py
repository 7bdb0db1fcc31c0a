"""The same snapshot on other topics is a repeat; the same words after others are news."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_genesys.interactions.snapshot_order import SPAN, SnapshotOrder

NOW = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
PLAIN, HELD = 1, 2


def test_a_hold_that_ends_at_once_is_seen_to_end() -> None:
    order = SnapshotOrder()
    told = [order.repeats(topic, snapshot, NOW) for snapshot in (PLAIN, HELD, PLAIN)
            for topic in (1, 2)]  # fmt: skip
    assert told == [False, True] * 3


def test_a_topic_that_is_behind_tells_nothing_new() -> None:
    order = SnapshotOrder()
    assert [order.repeats(1, one, NOW) for one in (PLAIN, HELD, PLAIN)] == [False] * 3
    assert [order.repeats(2, one, NOW) for one in (PLAIN, HELD, PLAIN)] == [True] * 3


def test_a_topic_that_repeats_itself_tells_nothing_new() -> None:
    order = SnapshotOrder()
    assert [order.repeats(1, one, NOW) for one in (PLAIN, PLAIN, HELD, HELD)] == [
        False, True, False, True,
    ]  # fmt: skip


def test_what_a_new_channel_tells_after_a_while_is_so_again() -> None:
    order = SnapshotOrder()
    for one in (PLAIN, HELD):
        order.repeats(1, one, NOW)
    assert not order.repeats(2, PLAIN, NOW + SPAN)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from((PLAIN, HELD)), min_size=1, max_size=80),
    st.lists(st.integers(0, 2), min_size=1, max_size=300),
)
def test_topics_that_lag_behind_each_other_tell_every_change_once(
    flips: list[int], turns: list[int]
) -> None:
    changes = [flips[0], *(b for a, b in pairwise(flips) if a != b)]
    order, places, news = SnapshotOrder(), [0, 0, 0], []
    for number, turn in enumerate([*turns, *([0] * len(changes))]):
        ahead = places[turn] < len(changes) and places[turn] - min(places) < 8
        # The first topic is in front, as some topic always is; all begin together.
        if ahead and (turn == 0 or places[turn] < places[0]):
            snapshot = changes[places[turn]]
            places[turn] += 1
            if not order.repeats(turn, snapshot, NOW + timedelta(microseconds=number)):
                news.append(snapshot)
    assert news == changes[: places[0]]
