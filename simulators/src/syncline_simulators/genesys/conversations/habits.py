"""How conversations begin and go on, and what REST knows of them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ...kernel.settings import chance, seconds, setting, switch, whole
from .scripts import SCRIPTS


def rate(value: object) -> float:
    """A number from 0 to 100000."""
    found = float(str(value))
    if not 0 <= found <= 100_000:
        raise ValueError(f"{value!r} is no rate from 0 to 100000")
    return found


def _pace(value: object) -> float:
    found = float(str(value))
    if not 0 < found <= 100_000:
        raise ValueError(f"{value!r} is no pace beyond 0")
    return found


def _mix(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping) or not value or set(value) - set(SCRIPTS):
        raise ValueError(f"an object with shares of {', '.join(SCRIPTS)}")
    found = {str(name): float(share) for name, share in value.items()}
    if min(found.values()) < 0 or not sum(found.values()):
        raise ValueError("shares are numbers from 0 on, not all of them 0")
    return found


MIX = {"call": 50, "outbound": 8, "chat": 10, "message": 18, "email": 10, "callback": 4}


@attrs.define(kw_only=True)
class Habits:
    """The settings of `{"do": "traffic"}`."""

    conversations_per_second: float = setting(0.0, rate)
    pace: float = setting(1.0, _pace)
    """How many times faster than real ones conversations go on."""
    flat_out: bool = setting(False, switch)
    """As fast as readers take it, with `concurrent` conversations at any time."""
    concurrent: int = setting(500, whole)
    changes: int = setting(0, whole)
    """After so many changes no conversation begins any more; 0 for no end."""
    mix: dict[str, float] = setting(MIX, _mix)
    unknown: float = setting(0.002, chance)
    """Share of talks with a state and a property that no model has."""
    zombies: float = setting(0.0, chance)
    """Share of conversations whose end is never published."""
    analytics_delay: float = setting(0.0, seconds)
    """Seconds by which analytics are behind."""
    hold_times: bool = setting(False, switch)
    """Whether `startHoldTime` stays after a hold; the vendor says that it is of a present one."""
    keep: int = setting(200_000, whole)
    """Ended conversations that REST still knows; older ones are purged."""
    users: int = setting(0, whole)
    """Users that there are at least."""
    queues: int = setting(0, whole)
