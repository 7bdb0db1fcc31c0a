"""A bounded version of `syncline-check ratelimits`."""

from __future__ import annotations

from typing import Any

from syncline_checks.ratelimits import MOST_A_MINUTE, obeyed, stormed, too_early


def call(at: float, status: int) -> dict[str, Any]:
    moment = f"2026-11-21T10:00:{at:06.3f}+00:00"
    return {"at": moment, "status": status, "method": "GET", "path": "/pages"}


async def test_nothing_is_sent_while_a_server_asked_for_a_pause() -> None:
    found = await obeyed("seconds", 1, pauses=1)
    assert found.pauses > 0
    assert found.early == ()
    assert found.violations == ()


async def test_a_storm_meets_few_requests_and_nothing_is_dropped() -> None:
    storm = await stormed(10, hurry=120)
    assert storm.violations == ()
    assert 0 < storm.a_minute <= MOST_A_MINUTE


def test_a_request_that_comes_too_early_is_seen() -> None:
    """The check can fail."""
    log = [call(1, 200), call(2, 429), call(2.1, 200), call(5, 429), call(5.9, 200), call(7, 200)]
    assert [line.split(" came ")[1] for line in too_early("wiki", log, "seconds")] == [
        "0.90 s after a pause of 2 s was asked for"
    ]
