"""Durations and rates as people write them: `50ms`, `24h`, `300/min`."""

from __future__ import annotations

import re
from datetime import timedelta

import attrs

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)")
_RATE = re.compile(r"(\d+)\s*/\s*(\d*)\s*(s|sec|min|m|h)")


def duration(text: str) -> timedelta:
    """The length of time that a text such as `50ms`, `1.5s`, `10m`, `24h` or `1d` names.

    Raises:
        ValueError: it is no such text.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a duration such as '50ms', '30s', '10m', '24h' or '1d'")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


@attrs.frozen(kw_only=True)
class Rate:
    """`allowed` requests in each window of `seconds`, for each credential."""

    allowed: int
    seconds: float


def rate(text: str) -> Rate:
    """The rate that a text such as `300/min`, `100/s` or `50/10s` names.

    Raises:
        ValueError: it is no such text, or allows nothing at all.
    """
    found = _RATE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0 or found[2] == "0":
        raise ValueError(f"{text!r} is not a rate such as '300/min', '100/s' or '50/10s'")
    unit = {"sec": 1.0}.get(found[3]) or _UNITS[found[3]]
    return Rate(allowed=int(found[1]), seconds=int(found[2] or 1) * unit)
