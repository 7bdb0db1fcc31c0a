"""What a poll announces, and what it need not announce again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.change_feeds import MOST_REMEMBERED, SETTLED, Reading, Watermark
from syncline.model import Cursor

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
OVERLAP = timedelta(minutes=5)
stamps = st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=4), max_size=5)


def poll(
    before: Watermark | None, items: dict[str, tuple[str, datetime]], now: datetime
) -> tuple[set[str], Watermark]:
    """Return what is announced, and the cursor after it."""
    reading = Reading(before=before, overlap=OVERLAP)
    new = {id_ for id_, (stamp, at) in items.items() if reading.is_new(id_, stamp, at)}
    return new, Watermark.of(reading.ended(now, now).cursor)


@given(announced=stamps, at=st.datetimes(timezones=st.just(timezone.utc)))
def test_a_cursor_says_what_it_was_made_of(announced: dict[str, str], at: datetime) -> None:
    mark = Watermark(at=at, announced=announced)
    assert Watermark.of(mark.cursor) == mark


def test_an_older_cursor_is_a_bare_time() -> None:
    assert Watermark.of(Cursor(NOON.isoformat())) == Watermark(at=NOON)
    assert Watermark.of(Cursor("2026-03-01T12:00:00")).at == NOON


@pytest.mark.parametrize("text", ["soon", "{}", '{"at": 7}', "{", '{"at": "soon"}'])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Watermark.of(Cursor(text))


def test_an_item_is_announced_once_at_each_stamp() -> None:
    before = Watermark(at=NOON)
    old, now = NOON - timedelta(minutes=1), NOON + timedelta(seconds=5)
    new, after = poll(before, {"a": ("1", old), "b": ("4", old)}, now)
    assert new == {"a", "b"}
    new, after = poll(after, {"a": ("1", old), "b": ("5", old)}, now)
    assert new == {"b"}


def test_a_second_edit_within_the_same_second_is_not_taken_for_the_first() -> None:
    young = NOON - SETTLED / 2
    _, after = poll(Watermark(at=NOON), {"a": ("1", young)}, NOON)
    new, _ = poll(after, {"a": ("1", young)}, NOON + SETTLED)
    assert new == {"a"}


def test_what_leaves_the_overlap_is_forgotten_and_memory_is_bounded() -> None:
    old = NOON - timedelta(minutes=1)
    many = {str(n): ("1", old) for n in range(MOST_REMEMBERED + 1)}
    _, after = poll(Watermark(at=NOON), many, NOON)
    assert not after.announced
    _, after = poll(Watermark(at=NOON), {"a": ("1", NOON - OVERLAP * 2)}, NOON)
    assert not after.announced
