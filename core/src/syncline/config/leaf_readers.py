"""The leaves of the file: each reads one value strictly, or says what it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path as FilePath
from typing import Any

from ..secret import Secret
from .faults import nearest
from .scalars import Cron, TitlePath, cron, duration, shown, title_path
from .secrets import secret

_KINDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _plain(type_: type) -> Callable[[object], object]:
    def read(value: object) -> object:
        fits = isinstance(value, type_) and (type_ is bool or not isinstance(value, bool))
        if type_ is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if not fits:
            raise ValueError(f"{shown(value)} is not {_KINDS[type_]}")
        return value

    return read


def _file_path(value: object) -> FilePath:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"{shown(value)} is not a path")
    return FilePath(value)


class Local(str):
    """A path as the file writes it; it becomes absolute where the file's folder is known."""

    __slots__ = ()


def local(value: object) -> Local:
    """Return the path that `value` writes.

    Raises:
        ValueError: it is none.
    """
    return Local(str(_file_path(value)))


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(
            f"{shown(value)} is not a time with an offset such as 2026-01-31T08:00:00Z"
        )
    return value


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{shown(value)} is not a day such as 2026-01-31")
    return value


LEAVES: Mapping[Any, Callable[[object], object]] = {
    str: _plain(str),
    int: _plain(int),
    float: _plain(float),
    bool: _plain(bool),
    timedelta: duration,
    datetime: _moment,
    date: _day,
    Cron: cron,
    TitlePath: title_path,
    Secret: secret,
    FilePath: _file_path,
}
"""What reads a value of each type; raises ValueError."""


def chosen(value: object, choices: Mapping[str, Any]) -> Any:
    """Return the choice that `value` names.

    Raises:
        ValueError: it names none; the sentence has the nearest.
    """
    if isinstance(value, str) and value in choices:
        return choices[value]
    hint = nearest(value if isinstance(value, str) else "", choices, "choices")
    raise ValueError(f"{shown(value)} is not one of the choices; {hint}")


__all__ = ["LEAVES", "Local", "chosen", "local"]
