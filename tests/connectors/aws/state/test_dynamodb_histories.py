"""Whole histories on DynamoDB: every question is answered as a state file answers it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from itertools import count

import pytest

from syncline.state import SqliteState
from syncline.testing.histories import generate, run
from syncline.testing.side_by_side import SideBySide
from syncline_aws.state import DynamoState

SEEDS = range(int(os.environ.get("SYNCLINE_DYNAMO_HISTORIES", "2")))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_is_remembered_as_in_a_state_file(
    seed: int, open_dynamo: Callable[[], DynamoState]
) -> None:
    file, processes = SqliteState.memory(), count()
    differences: list[str] = []

    def open_() -> SideBySide:
        # What a process knows of a listing ends with it, in the file's stand-in too.
        own = file.for_job(f"process {next(processes)}")
        return SideBySide(own, open_dynamo(), differences)

    asyncio.run(run(generate(seed, longest=9), state=open_))
    assert differences == []
    file.close()
