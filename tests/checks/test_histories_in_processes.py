"""A bounded version of `syncline-check histories`."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest

from syncline_checks.histories import Tally, tallies


@pytest.fixture(autouse=True)
def _logs_again() -> Iterator[None]:
    """The command silences the engine; the tests after this one listen to it."""
    yield
    logging.disable(logging.NOTSET)


def total(found: Iterator[Tally]) -> Tally:
    return sum(found, start=Tally())


def test_histories_keep_every_promise_in_several_processes_too() -> None:
    found = total(tallies(range(40_000, 40_060), processes=2))
    assert found.histories == 60
    assert found.dying >= 12  # a fifth of the goal's histories has a crash
    assert found.failures == ()


def test_several_processes_see_what_one_sees() -> None:
    seeds = range(41_000, 41_026)
    assert total(tallies(seeds, processes=2)) == total(tallies(seeds, processes=1))


def test_no_history_begins_after_the_time_that_was_given() -> None:
    assert total(tallies(range(100), processes=1, end=time.monotonic())) == Tally()
