"""However blocks are taken and used, no window sees more requests than are allowed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.shared_rate import Allowance, Line, granted

_WAY = 0.15
"""Seconds by which the way to the server may differ from one request to the next."""

# The worst is to be as late as one may and then in time: extremes find it, numbers between do not.
extremes = st.sampled_from([0.0, 1.0])
takes = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0, 0.3, 2.0]), extremes, extremes), min_size=1, max_size=60
)


@settings(max_examples=300, deadline=None)
@given(st.integers(4, 20), st.sampled_from([1.0, 2.0, 5.0]), takes)
def test_no_window_sees_more_than_is_allowed(
    requests: int, window: float, taken: list[tuple[float, float, float]]
) -> None:
    allowance = Allowance(requests=requests, window=window)
    now, line = 1e9, Line()
    arrivals: list[float] = []
    for gap, late, way in taken:
        now += gap
        line, block = granted(line, allowance, now)
        left = now + block.wait + late * block.lasts
        arrivals += [left + way * _WAY] * block.count
    arrivals.sort()
    first = 0
    for last, at in enumerate(arrivals):
        while at - arrivals[first] >= window:
            first += 1
        assert last - first + 1 <= requests


@pytest.mark.parametrize(("requests", "share"), [(300, 0.98), (3000, 0.98), (30, 0.92)])
def test_most_of_the_limit_is_handed_out(requests: int, share: float) -> None:
    allowance = Allowance(requests=requests)
    assert share <= allowance.rate * 60 / requests < 1


def test_a_block_is_many_requests_where_many_are_allowed() -> None:
    assert [Allowance(requests=n).block for n in (1, 149, 300, 3000)] == [1, 1, 2, 20]


def test_nobody_gets_a_block_while_everybody_is_paused() -> None:
    line = Line(next=50.0, paused=100.0)
    same, block = granted(line, Allowance(requests=300), 90.0)
    assert same == line
    assert (block.count, block.paused) == (0, 10.0)
