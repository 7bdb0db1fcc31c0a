"""The small types of the file: durations, times of day, expressions, paths of titles."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import NewType

Cron = NewType("Cron", str)
"""Five cron fields, in UTC."""

TitlePath = NewType("TitlePath", tuple[str, ...])
"""Titles from the outermost in: `"Orders/Returns"`, or a list when a title has a slash."""

DURATION = r"^([0-9]+)(ms|[smhd])$"
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=3660)


def duration(value: object) -> timedelta:
    """Return the duration that `value` writes.

    Raises:
        ValueError: it is none.
    """
    found = re.match(DURATION, value) if isinstance(value, str) else None
    if found is None or len(found[1]) > 9:
        raise ValueError(f"{shown(value)} is not a duration such as '30s', '10m', '4h' or '1d'")
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > _LONGEST:
        raise ValueError(f"{shown(value)} is longer than ten years")
    return length


def written(length: timedelta) -> str:
    """Return the shortest text that `duration` reads as `length` (whole milliseconds)."""
    if length.microseconds:
        return f"{length // timedelta(milliseconds=1)}ms"
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_STEP = r"(\*|[^/-]+(?:-[^/-]+)?)(?:/([0-9]{1,3}))?"


def cron(value: object) -> Cron:
    """Return a schedule of five cron fields.

    Raises:
        ValueError: it is none; the sentence names the field.
    """
    fields = value.split() if isinstance(value, str) else []
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"{shown(value)} is not a schedule of five fields such as '0 2 * * *' (02:00 UTC)"
        )
    for text, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if not _cron_part(part.lower(), low, high, words):
                raise ValueError(
                    f"{part!r} does not fit the {name} of a schedule ({low} to {high})"
                )
    return Cron(" ".join(fields))


@lru_cache(maxsize=1024)
def _cron_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    found = re.fullmatch(_STEP, part)
    if found is None or (found[2] is not None and int(found[2]) == 0):
        return False
    if found[1] == "*":
        return True
    ends = [_cron_number(end, low, words) for end in found[1].split("-")]
    numbers = [end for end in ends if end is not None and low <= end <= high]
    return len(numbers) == len(ends) and numbers == sorted(numbers)


def _cron_number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text in words:
        return words.index(text) + low
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def title_path(value: object) -> TitlePath:
    """Return the titles that `value` writes.

    Raises:
        ValueError: it is neither a text nor a list of texts, or one of them is empty.
    """
    parts = value.split("/") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts or len(parts) > 20:
        raise ValueError(f"{shown(value)} is not a path such as 'Orders/Returns'")
    titles = [part.strip() if isinstance(part, str) else "" for part in parts]
    if not all(titles):
        raise ValueError(f"{shown(value)} has an empty part; write it as 'Orders/Returns'")
    return TitlePath(tuple(titles))


def shown(value: object) -> str:
    """Return a value as a message quotes it: short, and in one line."""
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
    text = text or ("a table" if isinstance(value, dict) else repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


__all__ = [
    "DURATION",
    "Cron",
    "TitlePath",
    "cron",
    "duration",
    "shown",
    "title_path",
    "written",
]
