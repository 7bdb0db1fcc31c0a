"""Time, ids, rates and the call log of the simulators."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone

import pytest

from syncline_simulators.kernel import (
    CallLog,
    Ids,
    Rate,
    RateLimiter,
    SimClock,
    duration,
    rate,
    retry_after_header,
)

HOUR = timedelta(hours=1)


def test_the_clock_follows_the_wall_until_it_is_moved() -> None:
    clock = SimClock()
    assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert clock.advance(24 * HOUR) - datetime.now(timezone.utc) > 23 * HOUR


def test_the_clock_can_be_set_to_a_time_in_the_past() -> None:
    clock = SimClock()
    before = clock.elapsed()
    moment = datetime(2020, 2, 29, 12, tzinfo=timezone.utc)
    assert moment <= clock.set(moment) < moment + HOUR
    assert clock.elapsed() >= before


def test_moving_the_clock_lets_limits_and_expiries_pass() -> None:
    clock = SimClock()
    before = clock.elapsed()
    clock.advance(HOUR)
    assert clock.elapsed() >= before + 3600


def test_ids_repeat_with_the_seed_and_differ_without_it() -> None:
    def some(seed: int) -> list[str]:
        ids = Ids(seed)
        return [ids.uuid(), ids.number(), ids.token("x"), ids.uuid()]

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_ids_have_the_forms_that_vendors_use() -> None:
    ids = Ids(3)
    for _ in range(200):
        made = ids.uuid()
        assert str(uuid.UUID(made)) == made
        assert uuid.UUID(made).version == 4
        assert uuid.UUID(made).variant == uuid.RFC_4122
    numbers = [int(ids.number()) for _ in range(100)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("50ms", 0.05), ("1.5s", 1.5), ("10m", 600), ("2min", 120), ("24h", 86400), ("1d", 86400)],
)
def test_durations_read_as_people_write_them(text: str, seconds: float) -> None:
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "soon", "5", "-5s", "5 weeks"])
def test_a_text_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as"):
        duration(text)


def test_rates_read_as_people_write_them() -> None:
    assert rate("300/min") == Rate(allowed=300, seconds=60)
    assert rate("100/s") == Rate(allowed=100, seconds=1)
    assert rate("50/10s") == Rate(allowed=50, seconds=10)


@pytest.mark.parametrize("text", ["", "100", "0/s", "x/s", "5/0s", "5/day"])
def test_a_text_that_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate such as"):
        rate(text)


def test_each_credential_has_a_window_of_its_own() -> None:
    clock = SimClock()
    limiter = RateLimiter(rate("2/min"), clock)
    granted = [bool((v := limiter.take("a")) and v.granted) for _ in range(4)]
    other = limiter.take("b")
    assert granted == [True, True, False, False]
    assert other is not None
    assert other.granted
    assert other.remaining == 1


def test_a_window_begins_anew_when_it_has_passed() -> None:
    clock = SimClock()
    limiter = RateLimiter(rate("1/min"), clock)
    limiter.take("a")
    refused = limiter.take("a")
    assert refused is not None
    assert not refused.granted
    assert 59 < refused.reset <= 60
    clock.advance(timedelta(seconds=60))
    again = limiter.take("a")
    assert again is not None
    assert again.granted


def test_calls_without_a_credential_have_no_limit() -> None:
    limiter = RateLimiter(rate("1/min"), SimClock())
    assert [limiter.take(None) for _ in range(3)] == [None, None, None]


def test_retry_after_is_rounded_up_so_that_nobody_comes_back_too_early() -> None:
    assert retry_after_header(0.2, "seconds") == {"Retry-After": "1"}
    assert retry_after_header(0, "seconds") == {"Retry-After": "0"}
    assert retry_after_header(1800, "date")["Retry-After"].endswith("GMT")
    assert retry_after_header(5, "garbage") == {"Retry-After": "soon"}
    assert retry_after_header(5, "missing") == {}


def test_the_call_log_keeps_the_newest_calls() -> None:
    log = CallLog(limit=3)
    for number in range(5):
        call = log.arrived(
            method="GET", path=f"/{number}", query="", credential=None, at=SimClock().now()
        )
        call.status = 200
    assert [call["path"] for call in log.since()] == ["/2", "/3", "/4"]
    assert [call["number"] for call in log.since(4)] == [5]
    log.clear()
    assert log.since() == []
