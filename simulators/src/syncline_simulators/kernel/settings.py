"""Settings that a test changes by name, each with its own way of reading what was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .duration import duration
from .simulator import BadAction


def seconds(value: object) -> float:
    """Seconds, as a number or as `50ms`, `30s`, `24h`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value)
    else:
        found = duration(str(value)).total_seconds()
    if not found >= 0:
        raise ValueError(f"{value!r} is less than nothing")
    return found


def chance(value: object) -> float:
    """A share from 0 to 1."""
    found = float(str(value))
    if not 0 <= found <= 1:
        raise ValueError(f"{value!r} is no share from 0 to 1")
    return found


def whole(value: object) -> int:
    """A whole number from 0 on."""
    found = int(str(value))
    if found < 0:
        raise ValueError(f"{value!r} is less than nothing")
    return found


def switch(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def words(value: object) -> frozenset[str]:
    """A list of words."""
    if not isinstance(value, list | tuple | set | frozenset):
        raise ValueError(f"{value!r} is no list")
    return frozenset(str(one) for one in value)


def setting(default: Any, read: Callable[[object], Any]) -> Any:
    """A field of a class of settings."""
    return attrs.field(default=default, metadata={"read": read})


def change(settings: Any, given: Mapping[str, Any]) -> None:
    """Take these values, all or none.

    Raises:
        BadAction: there is no such setting, or a value makes no sense.
    """
    fields = {one.name: one for one in attrs.fields(type(settings)) if "read" in one.metadata}
    taken = {}
    for name, value in given.items():
        if name not in fields:
            raise BadAction(f"there is no setting {name!r}; there are: {', '.join(fields)}")
        try:
            taken[name] = fields[name].metadata["read"](value)
        except (TypeError, ValueError) as error:
            raise BadAction(f"{name}: {error}") from error
    for name, value in taken.items():
        setattr(settings, name, value)


def shown(settings: Any) -> dict[str, Any]:
    """The settings as JSON."""
    values = {one.name: getattr(settings, one.name) for one in attrs.fields(type(settings))}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
    }
