"""Edit scripts: right, shortest where that is affordable, and never quadratic."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body.sequence import EDITS, Edit, edits, matches

LETTERS = st.lists(st.sampled_from("abcd"), max_size=14)


def longest(old: list[str], new: list[str]) -> int:
    """Return the length of the longest common subsequence, by the book."""
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            best[i + 1][j + 1] = best[i][j] + 1 if a == b else max(best[i][j + 1], best[i + 1][j])
    return best[-1][-1]


@given(LETTERS, LETTERS)
@settings(max_examples=300, deadline=None)
def test_matches_are_equal_in_order_and_as_many_as_possible(old: list[str], new: list[str]) -> None:
    pairs = matches(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert pairs == sorted(set(pairs))
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    # Items of one side alone are set aside first, which costs nothing.
    assert len(pairs) == longest(old, new)


@given(LETTERS, LETTERS)
@settings(max_examples=200, deadline=None)
def test_edits_turn_the_old_into_the_new(old: list[str], new: list[str]) -> None:
    made: list[str] = []
    place = 0
    for edit in edits(old, new):
        assert edit.i < edit.j or edit.k < edit.l
        made += old[place : edit.i] + new[edit.k : edit.l]
        place = edit.j
    assert made + old[place:] == new


@given(st.integers(0, 2_000), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_beyond_the_limit_matches_are_still_right(seed: int, size: int) -> None:
    old = [str((seed * n * n) % 97) for n in range(size * 20)]
    new = [str((seed * n * n + n) % 97) for n in range(size * 20)]
    pairs = matches(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


def test_a_block_that_moved_past_the_limit_is_anchored() -> None:
    old = [str(n) for n in range(3 * EDITS)]
    new = [*old[:10], *(f"x{n}" for n in range(2 * EDITS)), *old[10:]]
    assert len(matches(old, new)) == len(old)
    assert edits(old, new) == [Edit(10, 10, 10, 10 + 2 * EDITS)]


def test_nothing_makes_it_quadratic() -> None:
    same = ["x"] * 50_000
    alternating = ["x", "y"] * 25_000
    mixed = [str(n * 7919 % 50) for n in range(50_000)]
    shuffled = [str(n * 7919 % 50_021) for n in range(50_000)]
    ordered = [str(n) for n in range(50_000)]
    start = time.process_time()
    for old, new in (
        (same, same[:-1000]),
        (alternating, alternating[1:]),
        (alternating, same),
        (mixed, mixed[::-1]),
        (ordered, shuffled),
    ):
        matches(old, new)
    assert time.process_time() - start < 30
