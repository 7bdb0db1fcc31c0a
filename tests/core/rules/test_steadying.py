"""Bounds, step, dead band and cool-down: what becomes of a value, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.model import JSON, Ref
from syncline.rules import (
    Apply,
    Refused,
    Rule,
    Same,
    Target,
    Wait,
    cooling_until,
    equal,
    settled,
    steady,
)

Made = Callable[..., Rule]
MODERATE = settings(max_examples=200, deadline=None)
MINUTE = timedelta(minutes=1)
PLAIN = Rule(
    name="r", inputs=(), target=Target(ref=Ref("cx", "limits/a"), path="x"), expression="1"
)


def test_a_value_in_range_is_applied_as_it_is(rule: Made, noon: datetime) -> None:
    assert steady(rule(minimum=5, maximum=4000), 500, None, None, noon) == Apply(500)


@pytest.mark.parametrize(
    ("wanted", "why"), [(4, "4 is below the minimum 5"), (4001, "4001 is above the maximum 4000")]
)
def test_a_value_out_of_range_is_refused_with_the_bound(
    rule: Made, noon: datetime, wanted: int, why: str
) -> None:
    found = steady(rule(minimum=5, maximum=4000), wanted, 50, None, noon)
    assert isinstance(found, Refused)
    assert why in found.why
    assert "clamp = true" in found.why


def test_a_clamped_value_says_that_it_was(rule: Made, noon: datetime) -> None:
    found = steady(rule(minimum=5, maximum=4000, clamp=True), 9000, 50, None, noon)
    assert found == Apply(4000, "9000 is above the maximum 4000: clamped")


@pytest.mark.parametrize(
    ("wanted", "step", "becomes"),
    [(502, 5, 500), (503, 5, 505), (502.5, 5, 505), (-3, 2, -2), (0.34, 0.1, 0.3), (7, 0.5, 7)],
)
def test_a_value_becomes_the_nearest_multiple_of_the_step_and_half_way_goes_up(
    rule: Made, noon: datetime, wanted: float, step: float, becomes: float
) -> None:
    found = steady(rule(step=step), wanted, None, None, noon)
    assert isinstance(found, Apply)
    assert found.value == becomes
    assert ("rounded" in found.why) == (wanted != becomes)


def test_rounding_never_leaves_the_bounds(rule: Made, noon: datetime) -> None:
    bounded = rule(minimum=6, maximum=14, step=5)
    assert settled(bounded, 14) == Apply(10, "14 is no multiple of 5: rounded to 10")
    assert settled(bounded, 6) == Apply(10, "6 is no multiple of 5: rounded to 10")
    assert isinstance(settled(rule(minimum=6, maximum=9, step=5), 7), Refused)


def test_what_was_applied_already_is_the_same(rule: Made, noon: datetime) -> None:
    assert isinstance(steady(rule(), 500, 500, noon, noon), Same)
    assert isinstance(steady(rule(), 500, 500.0, noon, noon), Same)


def test_a_value_nearer_than_the_dead_band_is_not_applied(rule: Made, noon: datetime) -> None:
    quiet = rule(hysteresis=10)
    assert steady(quiet, 509, 500, None, noon) == Same(
        "509 is nearer than 10 to 500, which was applied", 500
    )
    assert steady(quiet, 510, 500, None, noon) == Apply(510)
    assert steady(quiet, 490, 500, None, noon) == Apply(490)


def test_a_dead_band_does_not_keep_what_the_bounds_no_longer_allow(
    rule: Made, noon: datetime
) -> None:
    assert steady(rule(hysteresis=10, maximum=500), 500, 505, None, noon) == Apply(500)
    assert steady(rule(hysteresis=10, step=5), 500, 503, None, noon) == Apply(500)


def test_a_change_waits_for_the_cool_down_of_the_last_one(rule: Made, noon: datetime) -> None:
    slow = rule(cooldown=5 * MINUTE)
    found = steady(slow, 600, 500, noon - 2 * MINUTE, noon)
    assert isinstance(found, Wait)
    assert (found.until, found.value) == (noon + 3 * MINUTE, 600)
    assert "300 s" in found.why
    assert steady(slow, 600, 500, noon - 5 * MINUTE, noon) == Apply(600)
    assert steady(slow, 600, 500, None, noon) == Apply(600)


def test_a_clock_that_was_set_back_does_not_hold_a_rule_for_ever(
    rule: Made, noon: datetime
) -> None:
    slow = rule(cooldown=5 * MINUTE)
    assert cooling_until(slow, noon + timedelta(days=300), noon) == noon + 5 * MINUTE


def test_a_refusal_comes_before_the_cool_down(rule: Made, noon: datetime) -> None:
    """Nobody has to wait to hear that a value will never be applied."""
    found = steady(rule(maximum=400, cooldown=5 * MINUTE), 500, 100, noon, noon)
    assert isinstance(found, Refused)


@pytest.mark.parametrize("wanted", ["many", True, None, [1], {"a": 1}])
def test_what_is_no_number_has_no_bounds(rule: Made, noon: datetime, wanted: JSON) -> None:
    assert isinstance(steady(rule(minimum=5), wanted, 50, None, noon), Refused)
    assert isinstance(steady(rule(), wanted, 50, None, noon), Apply)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (5, 5.0, True),
        (1, True, False),
        (False, 0, False),
        (True, True, True),
        ([1, 2.0], [1.0, 2], True),
        ([1], [True], False),
        ({"a": [1]}, {"a": [1.0]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("5", 5, False),
        (None, 0, False),
    ],
)
def test_values_are_the_same_as_a_vendor_sees_them(one: JSON, other: JSON, same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same


# -- properties -----------------------------------------------------------------------------------

numbers = st.integers(-50, 50) | st.integers(-500, 500).map(lambda n: n / 10)
steps = st.none() | st.sampled_from([1, 2, 5, 7, 0.1, 0.5, 2.5])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    low, high = sorted((draw(numbers), draw(numbers)))
    return attrs.evolve(
        PLAIN,
        minimum=draw(st.sampled_from([None, low])),
        maximum=draw(st.sampled_from([None, high])),
        clamp=draw(st.booleans()),
        step=draw(steps),
        hysteresis=draw(st.sampled_from([0, 1, 2.5, 10])),
        cooldown=draw(st.sampled_from([timedelta(0), MINUTE, 5 * MINUTE])),
    )


def _inside(rule: Rule, value: Any) -> bool:
    return (rule.minimum is None or value >= rule.minimum) and (
        rule.maximum is None or value <= rule.maximum
    )


@MODERATE
@given(rule=rules(), wanted=numbers, applied=st.none() | numbers)
def test_c5_a_value_out_of_range_is_never_applied_nor_clamped_silently(
    rule: Rule, wanted: float, applied: float | None
) -> None:
    now = datetime.fromisoformat("2026-01-05T12:00:00Z")
    found = steady(rule, wanted, applied, None, now)
    if isinstance(found, Apply):
        assert _inside(rule, found.value)
        assert found.value == wanted or found.why
    if not _inside(rule, wanted):
        if not rule.clamp:
            assert isinstance(found, Refused)
        elif isinstance(found, Apply):
            assert "clamped" in found.why


@MODERATE
@given(rule=rules(), wanted=numbers, applied=st.none() | numbers)
def test_applying_the_result_again_changes_nothing(
    rule: Rule, wanted: float, applied: float | None
) -> None:
    now = datetime.fromisoformat("2026-01-05T12:00:00Z")
    found = steady(rule, wanted, applied, None, now)
    if isinstance(found, Apply):
        assert isinstance(steady(rule, wanted, found.value, now, now), Same)
        assert isinstance(steady(rule, found.value, found.value, now, now), Same)


@MODERATE
@given(rule=rules(), wanted=numbers, applied=st.none() | numbers, before=st.integers(0, 600))
def test_the_cool_down_moves_a_change_and_never_alters_it(
    rule: Rule, wanted: float, applied: float | None, before: int
) -> None:
    now = datetime.fromisoformat("2026-01-05T12:00:00Z")
    at_once = steady(attrs.evolve(rule, cooldown=timedelta(0)), wanted, applied, None, now)
    found = steady(rule, wanted, applied, now - timedelta(seconds=before), now)
    if isinstance(found, Wait):
        assert now < found.until <= now + rule.cooldown
        later = steady(rule, wanted, applied, now - timedelta(seconds=before), found.until)
        assert later == at_once
        assert isinstance(at_once, Apply)
        assert at_once.value == found.value
    else:
        assert found == at_once


@MODERATE
@given(
    rule=rules(),
    looks=st.lists(st.tuples(st.integers(0, 90), numbers), min_size=2, max_size=40),
)
def test_c4_an_oscillating_input_causes_at_most_one_change_in_a_cool_down(
    rule: Rule, looks: list[tuple[int, float]]
) -> None:
    now = datetime.fromisoformat("2026-01-05T12:00:00Z")
    applied: JSON = None
    changes: list[datetime] = []
    for pause, wanted in looks:
        now += timedelta(seconds=pause)
        found = steady(rule, wanted, applied, changes[-1] if changes else None, now)
        if isinstance(found, Apply):
            assert not equal(found.value, applied)
            applied = found.value
            changes.append(now)
    pauses = [later - earlier for earlier, later in pairwise(changes)]
    assert all(pause >= rule.cooldown for pause in pauses)
