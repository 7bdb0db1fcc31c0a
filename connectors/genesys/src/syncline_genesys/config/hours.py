"""Whether a schedule or a group of schedules is open at a moment. Pure.

A schedule is a local time of day that recurs: its start, its end, and an iCalendar rule. A group
puts schedules into a time zone; a holiday closes it, then a closed schedule does, then an open one
opens it. Source: Genesys Platform API, Schedule and ScheduleGroup; the order is Architect's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from attrs import frozen
from dateutil.rrule import rrulestr

from ..blocks.words import Json

MOST = 40_000
"""Recurrences that are counted from the first one on: a century of days. A rule that recurs more
often is no schedule of a contact centre."""
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})Z")
_FREQUENCY = re.compile(r"FREQ=([A-Z]+)")
_INTERVAL = re.compile(r"INTERVAL=(\d{1,4})")


class NoSchedule(ValueError):
    """The schedule cannot be evaluated; the text says why."""


@frozen
class Span:
    """The first time of a schedule, in local time without a zone, and how it recurs."""

    start: datetime
    end: datetime
    rule: str = ""


def span(schedule: Json) -> Span:
    """Return when a schedule holds.

    Raises:
        NoSchedule: its times cannot be read.
    """
    try:
        start = datetime.fromisoformat(str(schedule.get("start"))).replace(tzinfo=None)
        end = datetime.fromisoformat(str(schedule.get("end"))).replace(tzinfo=None)
    except ValueError:
        raise NoSchedule(f"{schedule.get('start')!r} is not a local time") from None
    if end <= start:
        raise NoSchedule("it ends before it starts")
    return Span(start, end, str(schedule.get("rrule") or ""))


def holds(when: Span, at: datetime) -> bool:
    """Return whether a schedule holds at a local time without a zone.

    Raises:
        NoSchedule: its rule cannot be evaluated.
    """
    if at < when.start:
        return False
    last = when.start if not when.rule else _last(when, at)
    return last is not None and last <= at < last + (when.end - when.start)


def _last(when: Span, at: datetime) -> datetime | None:
    """Return the last start at or before `at`; one that is over long since may be left out."""
    found = None
    for number, start in enumerate(_recurrences(_nearer(when, at), when.rule)):
        if start > at:
            break
        if number >= MOST:
            raise NoSchedule(f"{when.rule!r} recurs too often")
        found = start
    return found


def _nearer(when: Span, at: datetime) -> datetime:
    """Return a start from which the rule recurs as it does from the first one, but near `at`.

    Counting all days from the first one on would cost more each year.
    """
    frequency, step = _FREQUENCY.search(when.rule), _INTERVAL.search(when.rule)
    days = {"DAILY": 1, "WEEKLY": 7}.get(frequency[1] if frequency else "")
    if days is None or "COUNT=" in when.rule:
        return when.start
    length = days * (int(step[1]) if step else 1)
    over = (at - (when.end - when.start) - when.start) // timedelta(days=1)
    return when.start + timedelta(days=max(0, over // max(1, length) - 1) * length)


@lru_cache(maxsize=1024)
def _recurrences(start: datetime, rule: str) -> Iterable[datetime]:
    frequency = _FREQUENCY.search(rule)
    if frequency is None or frequency[1] not in FREQUENCIES:
        raise NoSchedule(f"{rule!r} does not recur by day, week, month or year")
    # A rule's end in UTC beside a start without a zone makes no sense to the parser; the day is
    # what people mean by it.
    local = _UNTIL.sub(r"UNTIL=\1", rule)
    try:
        found: Iterable[datetime] = rrulestr(local, dtstart=start)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise NoSchedule(f"{rule!r} is not a recurrence rule: {error}") from None
    return found


def zone(name: str) -> tzinfo:
    """Return a time zone by its name.

    Raises:
        NoSchedule: there is none such.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise NoSchedule(f"{name!r} is not a time zone") from None


def is_open(schedule: Json, at: datetime, where: tzinfo) -> bool:
    """Return whether a schedule by itself holds at a moment, in a time zone.

    Raises:
        NoSchedule: it cannot be evaluated.
    """
    return _holds_at(schedule, at, where)


def _holds_at(schedule: Json, at: datetime, where: tzinfo) -> bool:
    return holds(span(schedule), at.astimezone(where).replace(tzinfo=None))


@frozen(kw_only=True)
class Hours:
    """What a group of schedules says at a moment."""

    open: bool
    holiday: bool


def group_hours(group: Json, schedules: Mapping[str, Json], at: datetime) -> Hours:
    """Return whether a group is open: a holiday comes before a closure, both before opening.

    Raises:
        NoSchedule: its zone or a schedule that matters is unknown or cannot be evaluated.
    """
    where = zone(str(group.get("timeZone") or "UTC"))

    def any_of(name: str) -> bool:
        ids = (str(one.get("id")) for one in group.get(name) or () if isinstance(one, dict))
        return any(_holds_at(_known(schedules, id), at, where) for id in ids)

    if any_of("holidaySchedules"):
        return Hours(open=False, holiday=True)
    closed = any_of("closedSchedules")
    return Hours(open=not closed and any_of("openSchedules"), holiday=False)


def _known(schedules: Mapping[str, Json], id: str) -> Json:
    if id not in schedules:
        raise NoSchedule(f"its schedule {id} cannot be read")
    return schedules[id]


def members(group: Json) -> list[str]:
    """Return the ids of all schedules of a group."""
    lists = ("openSchedules", "closedSchedules", "holidaySchedules")
    ones = (one for name in lists for one in group.get(name) or ())
    return list(dict.fromkeys(str(one.get("id")) for one in ones if isinstance(one, dict)))


__all__ = ["Hours", "NoSchedule", "Span", "group_hours", "holds", "is_open", "members", "span"]
