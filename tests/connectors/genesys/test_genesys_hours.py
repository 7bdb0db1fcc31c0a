"""When a schedule or a group of schedules is open."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_genesys.config.hours import NoSchedule, group_hours, is_open, zone

BERLIN = ZoneInfo("Europe/Berlin")


def schedule(start: str, end: str, rrule: str = "") -> dict[str, Any]:
    return {"start": f"{start}:00.000", "end": f"{end}:00.000", "rrule": rrule}


OFFICE = schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
NIGHT = schedule("2026-03-02T22:00", "2026-03-03T06:00", "FREQ=DAILY")


def at(text: str, where: Any = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=where)


@pytest.mark.parametrize(
    ("which", "moment", "open_"),
    [
        (OFFICE, "2026-03-02T09:00", True),
        (OFFICE, "2026-03-02T08:59", False),
        (OFFICE, "2026-03-02T17:00", False),
        (OFFICE, "2026-03-07T12:00", False),  # a Saturday
        (OFFICE, "2026-07-01T09:30", True),  # in summer the clock is another, the hours are not
        (OFFICE, "2026-02-02T12:00", False),  # before the first time
        (NIGHT, "2026-03-04T05:59", True),
        (NIGHT, "2026-03-04T06:00", False),
        (schedule("2026-12-24T00:00", "2026-12-25T00:00"), "2026-12-24T23:59", True),
        (schedule("2026-12-24T00:00", "2026-12-25T00:00"), "2027-12-24T12:00", False),
        (
            schedule("2026-12-24T00:00", "2026-12-25T00:00", "FREQ=YEARLY"),
            "2030-12-24T12:00",
            True,
        ),
        (
            schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=DAILY;COUNT=2"),
            "2026-03-04T12:00",
            False,
        ),
        (
            schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=DAILY;UNTIL=20260303T235959Z"),
            "2026-03-03T12:00",
            True,
        ),
        (
            schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=DAILY;UNTIL=20260303T235959Z"),
            "2026-03-04T12:00",
            False,
        ),
        (
            schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=MONTHLY;BYDAY=1MO"),
            "2026-04-06T12:00",
            True,
        ),
    ],
)
def test_a_schedule_holds_from_its_start_to_its_end(which: Any, moment: str, open_: bool) -> None:
    assert is_open(which, at(moment), BERLIN) is open_


def test_a_moment_is_looked_at_in_the_time_zone_of_the_schedule() -> None:
    noon = datetime(2026, 3, 2, 8, 30, tzinfo=timezone.utc)
    assert is_open(OFFICE, noon, BERLIN)
    assert not is_open(OFFICE, noon, zone("UTC"))


@pytest.mark.parametrize(
    "wrong",
    [
        schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=SECONDLY"),
        schedule("2026-03-02T09:00", "2026-03-02T17:00", "every day"),
        schedule("2026-03-02T09:00", "2026-03-02T17:00", "FREQ=DAILY;BYDAY=XX"),
        schedule("0001-01-01T09:00", "0001-01-01T17:00", "FREQ=DAILY;COUNT=900000"),
        schedule("2026-03-02T09:00", "2026-03-02T09:00"),
        {"start": None, "end": "2026-03-02T09:00:00"},
        {},
    ],
)
def test_what_cannot_be_evaluated_says_so(wrong: Any) -> None:
    with pytest.raises(NoSchedule):
        is_open(wrong, at("2026-03-04T12:00"), BERLIN)


def group(**lists: list[str]) -> dict[str, Any]:
    given = {f"{name}Schedules": [{"id": id} for id in ids] for name, ids in lists.items()}
    return {"timeZone": "Europe/Berlin", **given}


KNOWN = {
    "office": OFFICE,
    "christmas": schedule("2026-12-24T00:00", "2026-12-25T00:00", "FREQ=YEARLY"),
    "lunch": schedule("2026-03-02T12:00", "2026-03-02T13:00", "FREQ=DAILY"),
}


@pytest.mark.parametrize(
    ("moment", "open_", "holiday"),
    [
        ("2026-12-23T10:00", True, False),
        ("2026-12-24T10:00", False, True),
        ("2026-12-23T12:30", False, False),
        ("2026-12-23T18:00", False, False),
    ],
)
def test_a_holiday_comes_before_a_closure_and_both_before_opening(
    moment: str, open_: bool, holiday: bool
) -> None:
    shop = group(open=["office"], closed=["lunch"], holiday=["christmas"])
    found = group_hours(shop, KNOWN, at(moment))
    assert (found.open, found.holiday) == (open_, holiday)


def test_a_group_of_which_a_schedule_is_unknown_is_neither_open_nor_closed() -> None:
    with pytest.raises(NoSchedule):
        group_hours(group(open=["office"], holiday=["other"]), KNOWN, at("2026-12-23T10:00"))
    with pytest.raises(NoSchedule):
        group_hours(
            {**group(open=["office"]), "timeZone": "Mars/Base"}, KNOWN, at("2026-12-23T10:00")
        )


@settings(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - local times
    minutes=st.integers(1, 24 * 60 - 1),
    days=st.integers(0, 2_000),
    offset=st.integers(-60, 24 * 60),
)
def test_a_daily_schedule_is_open_for_exactly_its_length_each_day(
    start: datetime, minutes: int, days: int, offset: int
) -> None:
    start = start.replace(second=0, microsecond=0)
    daily = {
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=minutes)).isoformat(),
        "rrule": "FREQ=DAILY",
    }
    moment = (start + timedelta(days=days, minutes=offset)).replace(tzinfo=timezone.utc)
    since = moment.replace(tzinfo=None) - start
    expected = since >= timedelta(0) and since % timedelta(days=1) < timedelta(minutes=minutes)
    assert is_open(daily, moment, timezone.utc) is expected


RULES = st.builds(
    lambda frequency, interval, more: ";".join(
        part for part in (f"FREQ={frequency}", f"INTERVAL={interval}", more) if part
    ),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 4),
    st.sampled_from(["", "BYDAY=MO,WE,SU", "BYMONTH=3", "COUNT=7", "UNTIL=20270101T000000"]),
)


@settings(max_examples=150, deadline=None)
@given(
    rule=RULES,
    day=st.integers(1, 28),
    hours=st.integers(1, 60),
    minutes=st.integers(0, 3 * 365 * 24 * 60),
)
def test_a_rule_is_evaluated_near_the_moment_as_it_is_from_its_start(
    rule: str, day: int, hours: int, minutes: int
) -> None:
    start = datetime(2025, 2, day, 9, 30)  # noqa: DTZ001 - a local time
    one = {
        "start": start.isoformat(),
        "end": (start + timedelta(hours=hours)).isoformat(),
        "rrule": rule,
    }
    moment = start + timedelta(minutes=minutes)
    last = rrulestr(rule, dtstart=start).before(moment, inc=True)
    expected = last is not None and moment < last + timedelta(hours=hours)
    assert is_open(one, moment.replace(tzinfo=timezone.utc), timezone.utc) is expected


def test_a_schedule_of_a_century_is_evaluated_at_once() -> None:
    old = schedule("1926-03-01T09:00", "1926-03-01T17:00", "FREQ=DAILY")
    began = time.process_time()
    for day in range(200):
        assert is_open(old, at("2026-03-04T12:00") + timedelta(days=day), BERLIN)
    assert time.process_time() - began < 5
