"""Inputs that are hard to read cost little, or are refused with a reason."""

from __future__ import annotations

import pytest

from syncline_checks.hostile_size import measured

# Those that cost most, or once broke a parser; `syncline-check hostile-size` runs all of them.
HARDEST = [
    ("confluence", "an entity that doubles"),
    ("confluence", "task lists"),
    ("confluence", "ten thousand nested macros"),
    ("genesys", "five hundred nested lists"),
    ("genesys", "ten thousand nested lists"),
    ("genesys", "a table of fifty thousand cells"),
]


@pytest.mark.parametrize(("parser", "name"), HARDEST)
def test_a_hostile_input_ends_in_bounded_time_and_memory(parser: str, name: str) -> None:
    (cost,) = measured([(parser, name)])
    assert not cost.error, cost.outcome
    assert cost.kept, cost
