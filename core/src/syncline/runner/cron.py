"""Schedules of five fields, as every cron understands them, for APScheduler.

APScheduler counts the days of the week from Monday and joins both kinds of days by "and"; in a
crontab 0 and 7 are Sunday, and where both kinds are restricted either is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEK = 7


def trigger(schedule: str, jitter: timedelta = timedelta()) -> BaseTrigger:
    """Return when a schedule fires, each time up to `jitter` later by chance."""
    # Imported late: commands that only look never pay for it.
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, day, month, weekday = schedule.lower().split()

    def on(day: str, weekday: str) -> BaseTrigger:
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, second=0,
            timezone=timezone.utc, jitter=jitter.total_seconds() or None,
        )  # fmt: skip

    if day.startswith("*") or weekday.startswith("*"):
        return on(day, _weekdays(weekday))
    return OrTrigger([on(day, "*"), on("*", _weekdays(weekday))])


def _weekdays(text: str) -> str:
    if text == "*":
        return text
    numbers = {number % _WEEK for part in text.split(",") for number in _part(part)}
    return ",".join(_DAYS[number] for number in sorted(numbers))


def _part(part: str) -> Iterator[int]:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    if first == "*":
        low, high = 0, _WEEK - 1
    else:
        low = _number(first)
        high = _number(last) if last else (_WEEK - 1 if step else low)
    if high < low:  # "fri-sun": Sunday is the seventh day as well
        high += _WEEK
    yield from range(low, high + 1, int(step or 1))


def _number(text: str) -> int:
    return _DAYS.index(text) if text in _DAYS else int(text)


def next_time(schedule: str, after: datetime) -> datetime | None:
    """Return when a schedule fires first at or after a time, without jitter; None for never."""
    fires: datetime | None = trigger(schedule).get_next_fire_time(None, after)
    return fires


__all__ = ["next_time", "trigger"]
