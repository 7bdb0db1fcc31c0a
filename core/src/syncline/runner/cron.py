"""Schedules of five fields, as every cron understands them, for APScheduler.

APScheduler counts the days of the week from Monday and joins both kinds of days by "and"; in a
crontab 0 and 7 are Sunday, and where both kinds are restricted either is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

_MONTHS = (
    "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEK = 7
_NO_WORDS: tuple[str, ...] = ()


def trigger(schedule: str, jitter: timedelta = timedelta()) -> BaseTrigger:
    """Return when a schedule fires, each time up to `jitter` later by chance."""
    # Imported late: commands that only look never pay for it.
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, day, month, weekday = schedule.lower().split()

    def on(day: str, weekday: str) -> BaseTrigger:
        return CronTrigger(
            minute=_listed(minute, 0, 59), hour=_listed(hour, 0, 23), day=_listed(day, 1, 31),
            month=_listed(month, 1, 12, _MONTHS), day_of_week=_weekdays(weekday), second=0,
            timezone=timezone.utc, jitter=jitter.total_seconds() or None,
        )  # fmt: skip

    if day.startswith("*") or weekday.startswith("*"):
        return on(day, weekday)
    return OrTrigger([on(day, "*"), on("*", weekday)])


def _listed(text: str, low: int, high: int, words: Sequence[str] = _NO_WORDS) -> str:
    # Plain lists: APScheduler refuses steps that are wider than their range.
    if text == "*":
        return text
    return ",".join(map(str, sorted(set(_numbers(text, low, high, words)))))


def _weekdays(text: str) -> str:
    if text == "*":
        return text
    numbers = {number % _WEEK for number in _numbers(text, 0, _WEEK - 1, _DAYS)}
    return ",".join(_DAYS[number] for number in sorted(numbers))


def _numbers(text: str, low: int, high: int, words: Sequence[str]) -> Iterator[int]:
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _number(first, words)
        end = _number(last, words) if last else (high if step or first == "*" else start)
        if end < start:  # "fri-sun": Sunday is the seventh day as well
            end += _WEEK
        yield from range(start, end + 1, int(step or 1))


def _number(text: str, words: Sequence[str]) -> int:
    return words.index(text) if text in words else int(text)


def next_time(schedule: str, after: datetime) -> datetime | None:
    """Return when a schedule fires first at or after a time, without jitter; None for never."""
    fires: datetime | None = trigger(schedule).get_next_fire_time(None, after)
    return fires


__all__ = ["next_time", "trigger"]
