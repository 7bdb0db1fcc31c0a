"""Schedules mean here what they mean in a crontab."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.scalars import cron
from syncline.runner.cron import next_time, trigger

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 2 * * *", at(6, 2)),
        ("*/15 * * * *", at(5, 9, 0)),
        ("30 9 * * 1", at(5, 9, 30)),
        ("0 2 * * 0", at(11, 2)),
        ("0 2 * * 7", at(11, 2)),
        ("0 2 * * sun", at(11, 2)),
        ("0 2 * * SAT,2", at(6, 2)),
        ("0 2 * * 5-7", at(9, 2)),
        ("0 2 * * fri-sun", at(9, 2)),
        ("0 2 * * 3/2", at(7, 2)),
        ("0 2 * * */2", at(6, 2)),
        ("0 2 1 feb *", datetime(2026, 2, 1, 2, tzinfo=timezone.utc)),
        # Both kinds of days are restricted: either will do.
        ("0 2 20 * wed", at(7, 2)),
        ("0 2 6 * wed", at(6, 2)),
        ("0 2 30 2 *", None),
    ],
)
def test_a_schedule_fires_when_a_crontab_would(schedule: str, expected: datetime | None) -> None:
    assert next_time(cron(schedule), MONDAY) == expected


@pytest.mark.parametrize("number", range(8))
def test_days_of_the_week_are_counted_from_sunday(number: int) -> None:
    found = next_time(f"0 0 * * {number}", MONDAY)
    assert found is not None
    assert found.isoweekday() % 7 == number % 7


@given(st.integers(0, 59), st.integers(0, 23), st.integers(1, 60))
def test_jitter_only_ever_comes_on_top(minute: int, hour: int, jitter: int) -> None:
    exact = next_time(f"{minute} {hour} * * *", MONDAY)
    fires = trigger(f"{minute} {hour} * * *", timedelta(minutes=jitter))
    later = fires.get_next_fire_time(None, MONDAY)
    assert exact is not None
    assert exact <= later <= exact + timedelta(minutes=jitter)


FIELD = {0: (0, 59), 1: (0, 23), 2: (1, 31), 3: (1, 12), 4: (0, 7)}


@st.composite
def schedules(draw: st.DrawFn) -> str:
    """Anything that a configuration accepts."""
    fields = []
    for low, high in FIELD.values():
        first = draw(st.integers(low, high))
        last = draw(st.integers(first, high))
        step = draw(st.integers(1, 5))
        shape = draw(st.sampled_from(["*", f"*/{step}", f"{first}", f"{first}-{last}/{step}"]))
        fields.append(shape)
    return cron(" ".join(fields))


@given(schedules())
def test_whatever_a_configuration_accepts_can_be_followed(schedule: str) -> None:
    found = trigger(schedule, timedelta(minutes=1))
    assert found is not None
