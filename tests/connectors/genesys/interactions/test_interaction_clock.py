"""When something was sent that the vendor gives no time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from syncline_genesys.interactions.clock import MOMENT, VendorClock

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_nothing_is_known_at_first() -> None:
    assert VendorClock().judge(NOON) is None
    assert VendorClock().least is None


def test_frames_are_late_by_what_others_were_that_came_with_them() -> None:
    clock = VendorClock()
    clock.learn(after(0), after(0.1))
    assert clock.judge(after(0.2)) == after(0.1)
    # Whoever listens has fallen behind.
    late = after(20)
    clock.learn(late - timedelta(seconds=4), late)
    assert clock.judge(late) == late - timedelta(seconds=4)
    assert clock.least == timedelta(seconds=0.1)


def test_after_a_while_it_is_what_frames_take_at_least() -> None:
    clock = VendorClock()
    clock.learn(after(0), after(0.1))
    clock.learn(after(1), after(5))
    quiet = after(5) + 3 * MOMENT
    assert clock.judge(quiet) == quiet - timedelta(seconds=0.1)


def test_what_happened_long_before_it_was_heard_of_says_nothing_of_frames() -> None:
    clock = VendorClock()
    clock.learn(after(-600), after(0), fresh=False)
    clock.learn(after(0.9), after(1))
    assert clock.judge(after(1.1)) == after(1.0)
