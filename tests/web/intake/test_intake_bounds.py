"""Sources and their rates: bounded in number, and right about who sends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_web.intake.rates import Rates
from syncline_web.intake.sources import LOCAL, Sources


def scope(peer: str | None, *chains: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", chain.encode()) for chain in chains]
    return {"client": (peer, 1) if peer is not None else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "chains", "source"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        (None, [], LOCAL),
        ("", [], LOCAL),
    ],
)
def test_the_source_is_the_last_address_that_nobody_else_wrote(
    peer: str | None, chains: list[str], source: str
) -> None:
    assert Sources(["10.0.0.0/8"]).of(scope(peer, *chains)) == source


@given(st.lists(st.text(max_size=12), max_size=5))
@settings(max_examples=100, deadline=None)
def test_no_chain_however_odd_is_an_error(parts: list[str]) -> None:
    chain = ",".join(parts).encode("latin-1", "replace").decode("latin-1")
    found = Sources(["10.0.0.0/8"]).of(
        {"client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", chain.encode("latin-1"))]}
    )
    assert found


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_again_at_its_rate() -> None:
    time = Time()
    rates = Rates(2.0, 3, 10, time)
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    time.now = 0.5
    assert [rates.wait("a"), rates.wait("b")] == [0, 0]
    assert rates.wait("a") == 0.5
    time.now = 100.0
    assert [bool(rates.wait("a")) for _ in range(4)] == [False, False, False, True]


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_source_gets_more_than_its_share_and_few_are_remembered(
    events: list[tuple[int, float]],
) -> None:
    time = Time()
    rates = Rates(1.0, 5, 50, time)
    passed = 0
    for number, pause in events:
        time.now += pause
        assert rates.wait(f"other {number}") >= 0
        passed += not rates.wait("flood")
        assert len(rates) <= 50
    assert passed <= 5 + time.now + 1e-6
