"""What Confluence says about its limits, and what becomes of the pace."""

from __future__ import annotations

from datetime import datetime, timezone

from syncline.http import Limits
from syncline_confluence.client import read_limits

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)


def test_a_limit_that_is_near_is_taken_with_its_end() -> None:
    headers = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-03-01T12:10:00.000Z"}
    assert read_limits(headers, NOW) == Limits(near=True, reset=600.0)


def test_a_burst_limit_that_ends_at_once_says_so() -> None:
    headers = {"x-ratelimit-nearlimit": "true", "x-ratelimit-reset": "2026-03-01T11:59:59Z"}
    assert read_limits(headers, NOW) == Limits(near=True, reset=0.0)


def test_a_limit_that_is_near_without_a_readable_end_still_counts() -> None:
    for reset in ({}, {"x-ratelimit-reset": "soon"}):
        assert read_limits({"x-ratelimit-nearlimit": "true", **reset}, NOW) == Limits(near=True)


def test_a_limit_that_is_far_changes_nothing() -> None:
    assert read_limits({"x-ratelimit-remaining": "90"}, NOW) is None
