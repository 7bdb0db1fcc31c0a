"""Bounded versions of `syncline-check crash` and `syncline-check echo`."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator

import pytest

from syncline_checks import crash
from syncline_checks.echo import echoes


@pytest.fixture(autouse=True)
def _logs_again() -> Iterator[None]:
    """The command silences the engine; the tests after this one listen to it."""
    yield
    logging.disable(logging.NOTSET)


def test_a_crash_at_every_point_of_a_pass_ends_well() -> None:
    assert crash.run(argparse.Namespace(histories=2, points=40, seed=1)) == 0


async def test_ones_own_writes_cause_none() -> None:
    assert await echoes(20) == (0, 400)
