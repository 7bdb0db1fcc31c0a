"""Whatever the servers do, nothing is lost, nothing is doubled, and both agree once it is over."""

from __future__ import annotations

import os

import pytest

from syncline_checks.faults import endured
from syncline_checks.flaky import PROFILE

SEEDS = range(1, 21) if os.environ.get("SYNCLINE_SOAK") else range(1, 2)


# A connection that a fault broke in the middle is closed by the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.long(30)
@pytest.mark.parametrize("half", [0, 1])
async def test_every_kind_of_fault_is_survived(half: int) -> None:
    # Side by side, because such a run mostly waits; in two halves, one for each process.
    outcomes = await endured(PROFILE[half::2], SEEDS, at_once=5)
    assert [f"{o.kind}-{o.seed}: {v}" for o in outcomes for v in o.violations] == []
    assert [o.kind for o in outcomes if not o.struck] == []
