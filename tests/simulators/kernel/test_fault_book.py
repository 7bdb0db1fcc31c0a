"""How faults are described, and which requests they meet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncline_simulators.kernel import KINDS, FaultBook, SimClock
from syncline_simulators.kernel.faults import read_fault


def _book(*faults: dict[str, object], seed: int = 0) -> FaultBook:
    book = FaultBook(SimClock(), seed)
    book.add(list(faults))
    return book


def _kinds(book: FaultBook, method: str = "GET", path: str = "/pages") -> list[str]:
    return [fault.kind for fault in book.draw(method, path, "bot")]


def test_a_fault_strikes_once_unless_it_says_how_often() -> None:
    book = _book({"kind": "reset"})
    assert [_kinds(book) for _ in range(3)] == [["reset"], [], []]


def test_times_counts_the_strikes_and_always_has_no_end() -> None:
    twice = _book({"kind": "empty", "times": 2})
    ever = _book({"kind": "empty", "times": "always"})
    assert [len(_kinds(twice)) for _ in range(4)] == [1, 1, 0, 0]
    assert [len(_kinds(ever)) for _ in range(50)] == [1] * 50


def test_after_lets_matching_requests_pass_first() -> None:
    book = _book({"kind": "reset", "after": 2, "match": {"method": "PUT"}})
    assert _kinds(book) == []
    assert [_kinds(book, "PUT") for _ in range(4)] == [[], [], ["reset"], []]


def test_match_looks_at_method_path_and_credential() -> None:
    match = {"method": "^GET$", "path": r"/pages/\d+$", "credential": "bot"}
    book = _book({"kind": "reset", "times": "always", "match": match})
    assert book.draw("GET", "/pages/7", "bot")
    assert not book.draw("POST", "/pages/7", "bot")
    assert not book.draw("GET", "/pages", "bot")
    assert not book.draw("GET", "/pages/7", None)


def test_chance_is_repeatable_by_its_seed() -> None:
    fault = {"kind": "random", "probability": 0.3, "seed": 7}
    first, second, other = _book(fault), _book(fault), _book({**fault, "seed": 8})
    drawn = [_kinds(first) for _ in range(200)]
    assert drawn == [_kinds(second) for _ in range(200)]
    assert drawn != [_kinds(other) for _ in range(200)]
    assert 30 < sum(map(bool, drawn)) < 90


def test_the_random_mode_reaches_every_kind_and_varies_their_options() -> None:
    book = _book({"kind": "random", "probability": 1})
    drawn = [book.draw("GET", "/", None)[0] for _ in range(2000)]
    assert {fault.kind for fault in drawn} == set(KINDS) - {"gzip-bomb"}
    assert {f.options["form"] for f in drawn if f.kind == "rate-limited"} == {
        "seconds",
        "date",
        "garbage",
        "missing",
    }


def test_latencies_and_listing_faults_come_on_top_of_one_other_fault() -> None:
    book = _book(
        {"kind": "latency"}, {"kind": "reset"}, {"kind": "html"}, {"kind": "short-listing"}
    )
    assert _kinds(book) == ["latency", "reset", "short-listing"]
    assert _kinds(book) == ["html"]


def test_a_stale_listing_ends_by_time() -> None:
    clock = SimClock()
    book = FaultBook(clock)
    book.add({"kind": "stale-listing", "id": "7", "seconds": 5})
    assert book.draw("GET", "/pages", None)
    assert book.draw("GET", "/pages", None)
    clock.advance(timedelta(seconds=6))
    assert not book.draw("GET", "/pages", None)


def test_clearing_lifts_all_faults() -> None:
    book = _book({"kind": "reset", "times": "always"})
    book.clear()
    assert _kinds(book) == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("reset", "an object with a 'kind'"),
        ({}, "no kind of fault"),
        ({"kind": "rest"}, "no kind of fault; there are: latency"),
        ({"kind": "reset", "wen": "after"}, "no option 'wen'; it has: when"),
        ({"kind": "reset", "when": "soon"}, "'when' of 'reset' is one of after, before"),
        ({"kind": "latency", "seconds": "long"}, "'seconds' of 'latency' is a number"),
        ({"kind": "reset", "times": -1}, "'times' is a whole number"),
        ({"kind": "reset", "times": True}, "'times' is a whole number"),
        ({"kind": "reset", "probability": 2}, "'probability' is a number from 0 to 1"),
        ({"kind": "reset", "match": {"url": "x"}}, "'match' is an object with some of"),
        ({"kind": "reset", "match": {"path": "("}}, "no regular expression"),
        ({"kind": "random", "kinds": ["rest"]}, "'rest' is no kind of fault"),
    ],
)
def test_a_malformed_fault_is_refused_with_what_is_wrong(raw: object, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        read_fault(raw)


def test_of_a_list_with_a_malformed_fault_none_comes_into_force() -> None:
    book = FaultBook(SimClock())
    with pytest.raises(ValueError, match="no kind of fault"):
        book.add([{"kind": "reset"}, {"kind": "rest"}])
    assert _kinds(book) == []
