"""From the value that a rule computes to the value that its field gets, and when.

The checks come in this order, and the first that has something to say decides:

1. kind     what is no number has no bounds, step or dead band; a rule that has them refuses it
2. bounds   out of range: refused, or the bound itself where the rule says `clamp`
3. step     the nearest multiple of `step` inside the bounds; half way goes up
4. same     it is what was applied: nothing to do
5. dead band    nearer than `hysteresis` to what was applied, which still is in range: nothing to do
6. cool-down    less than `cooldown` since the last change: later
7. apply

Everything is a function of its arguments, and applying what comes out once more is `Same`.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

from attrs import frozen

from ..model import JSON
from .numbers import Number, exact, in_text, is_number, number
from .rule import Rule, brief


@frozen
class Apply:
    """The field gets this value now."""

    value: JSON
    why: str = ""
    """What was done to the computed value (clamped, rounded to the step), for people."""


@frozen
class Wait:
    """The field gets this value, but not before `until`: the inputs are looked at again then."""

    until: datetime
    why: str
    value: JSON = None


@frozen
class Same:
    """The field keeps `value`, which is what was applied last."""

    why: str
    value: JSON = None


@frozen
class Refused:
    """This value will never be applied; people are told."""

    why: str
    value: JSON = None


Steadied: TypeAlias = Apply | Wait | Same | Refused


def steady(
    rule: Rule, wanted: JSON, applied: JSON, applied_at: datetime | None, now: datetime
) -> Steadied:
    """Return what becomes of the value `wanted` that `evaluate` gave.

    Args:
        applied: what the target held when a rule's value was last applied to it; None: never. When
            somebody else changed the target since, this is still what was applied: the answer
            says what the rule wants to stand there, not whether it does.
        applied_at: when that was; None when it was never changed by a rule.
    """
    shaped = settled(rule, wanted)
    if isinstance(shaped, Refused):
        return shaped
    value = shaped.value
    if equal(value, applied):
        return Same("it is what was applied already", applied)
    if why := _within_dead_band(rule, value, applied):
        return Same(why, applied)
    if (until := cooling_until(rule, applied_at, now)) is not None:
        return Wait(until, _cooling(rule, applied_at, until), value)
    return shaped


def settled(rule: Rule, wanted: JSON) -> Apply | Refused:
    """Return the value inside the rule's bounds and on its step, whatever was applied before."""
    if not _numeric(rule):
        return Apply(wanted)
    if not is_number(wanted):
        return Refused(f"{brief(wanted)} is no number, and the rule has bounds", wanted)
    return _stepped(rule, _bounded(rule, wanted))


def cooling_until(rule: Rule, applied_at: datetime | None, now: datetime) -> datetime | None:
    """Return when the rule's cool-down ends; None when it is over.

    A change that lies in the future (a clock was set back) counts as one of this moment.
    """
    if applied_at is None or not rule.cooldown:
        return None
    until = min(applied_at, now) + rule.cooldown
    return until if until > now else None


def equal(one: JSON, other: JSON) -> bool:
    """Tell whether two values are the same to a vendor: 5 and 5.0 are, true and 1 are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


def _numeric(rule: Rule) -> bool:
    return bool(
        rule.minimum is not None or rule.maximum is not None or rule.step or rule.hysteresis
    )


def _bounded(rule: Rule, wanted: Number) -> Apply | Refused:
    low, high = rule.minimum, rule.maximum
    if low is not None and wanted < low:
        return _beyond(rule, wanted, low, f"below the minimum {in_text(low)}")
    if high is not None and wanted > high:
        return _beyond(rule, wanted, high, f"above the maximum {in_text(high)}")
    return Apply(wanted)


def _beyond(rule: Rule, wanted: Number, bound: Number, where: str) -> Apply | Refused:
    said = f"{in_text(wanted)} is {where}"
    if rule.clamp:
        return Apply(bound, f"{said}: clamped")
    return Refused(f"{said}; the field stays as it is (clamp = true would take the bound)", wanted)


def _stepped(rule: Rule, shaped: Apply | Refused) -> Apply | Refused:
    if isinstance(shaped, Refused) or not rule.step or not is_number(shaped.value):
        return shaped
    value, step = shaped.value, rule.step
    if isinstance(value, int) and isinstance(step, int) and value % step == 0:
        return shaped  # as almost always: no fractions needed
    nearest = _nearest_multiple(exact(value), exact(step), rule.minimum, rule.maximum)
    if nearest is None:
        return Refused(f"no multiple of {in_text(step)} lies inside the rule's bounds", value)
    if nearest == exact(value):
        return shaped
    rounded = number(nearest, like=step)
    why = f"{in_text(value)} is no multiple of {in_text(step)}: rounded to {in_text(rounded)}"
    return Apply(rounded, "; ".join(filter(None, (shaped.why, why))))


def _nearest_multiple(
    value: Fraction, step: Fraction, low: Number | None, high: Number | None
) -> Fraction | None:
    count = floor(value / step + Fraction(1, 2))
    if low is not None:
        count = max(count, ceil(exact(low) / step))
    if high is not None and count > (most := floor(exact(high) / step)):
        count = most
        if low is not None and count * step < exact(low):
            return None
    return count * step


def _within_dead_band(rule: Rule, value: JSON, applied: JSON) -> str:
    if not rule.hysteresis or not (is_number(value) and is_number(applied)):
        return ""
    distance = abs(exact(value) - exact(applied))
    # What the rule's bounds no longer allow is left, however near its successor is.
    if distance >= exact(rule.hysteresis) or settled(rule, applied) != Apply(applied):
        return ""
    return (
        f"{in_text(value)} is nearer than {in_text(rule.hysteresis)} to {in_text(applied)},"
        " which was applied"
    )


def _cooling(rule: Rule, applied_at: datetime | None, until: datetime) -> str:
    last = "" if applied_at is None else f" at {applied_at:%H:%M:%S} UTC"
    return (
        f"it was changed{last} and cools down for {rule.cooldown.total_seconds():g} s,"
        f" until {until:%H:%M:%S} UTC"
    )


__all__ = [
    "Apply",
    "Refused",
    "Same",
    "Steadied",
    "Wait",
    "cooling_until",
    "equal",
    "settled",
    "steady",
]
