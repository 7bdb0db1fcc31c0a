"""Which rules an object concerns, who writes what twice, and who feeds whom in a circle."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.config_items import FieldType
from syncline.model import Ref
from syncline.rules import Graph, Input, Rule, Target, cycles, overlaps

MODERATE = settings(max_examples=150, deadline=None)


def rule(name: str, reads: Sequence[str], writes: str, *, inverse: bool = False) -> Rule:
    """A rule between fields such as `a.x`: object `a`, field `x`."""
    inputs = [field.partition(".") for field in reads]
    target, _, path = writes.partition(".")
    return Rule(
        name=name,
        inputs=tuple(
            Input(name=f"n{number}", ref=ref(obj), path=path, type=FieldType.INT)
            for number, (obj, _, path) in enumerate(inputs)
        ),
        target=Target(ref=ref(target), path=path, type=FieldType.INT),
        expression="n0",
        inverse="to" if inverse else None,
    )


def ref(name: str) -> Ref:
    return Ref("cx", f"limits/{name}")


def test_an_object_touches_the_rules_that_read_or_write_it() -> None:
    rules = [rule("1", ["a.x"], "b.x"), rule("2", ["b.y", "c.x"], "d.x"), rule("3", ["e.x"], "f.x")]
    graph = Graph.of(rules)
    assert graph.touched_by([ref("b")]) == (rules[0], rules[1])
    assert graph.affected([ref("c")]) == (ref("d"),)
    assert graph.affected([ref("b"), ref("a")]) == (ref("b"), ref("d"))
    assert graph.affected([ref("nobody's")]) == ()
    assert graph.reads == (ref("a"), ref("b"), ref("c"), ref("d"), ref("e"), ref("f"))
    assert graph.targets[ref("b")] == (rules[0],)


def test_two_rules_that_write_one_field_are_found() -> None:
    rules = [rule("1", ["a.x"], "b.x"), rule("2", ["a.y"], "b.y"), rule("3", ["c.x"], "b.x")]
    assert list(overlaps(rules)) == [(2, 0, Ref("cx", "limits/b#x"))]


def test_a_field_inside_the_field_of_another_rule_is_an_overlap_either_way() -> None:
    inner, outer = rule("in", ["a.x"], "b.call.max"), rule("out", ["a.y"], "b.call")
    assert [found[:2] for found in overlaps([inner, outer])] == [(1, 0)]
    assert [found[:2] for found in overlaps([outer, inner])] == [(1, 0)]
    apart = rule("apart", ["a.y"], "b.calls")
    assert not list(overlaps([inner, apart]))


def test_a_two_way_rule_writes_its_input_too() -> None:
    rules = [rule("1", ["a.x"], "b.x", inverse=True), rule("2", ["c.x"], "a.x")]
    assert list(overlaps(rules)) == [(1, 0, Ref("cx", "limits/a#x"))]


def test_rules_that_feed_each_other_are_found_with_their_path() -> None:
    rules = [
        rule("1", ["a.x"], "b.x"),
        rule("2", ["b.x"], "c.x"),
        rule("3", ["c.x"], "a.x"),
        rule("4", ["c.x"], "d.x"),
    ]
    assert list(cycles(rules)) == [(0, 1, 2)]


def test_a_rule_that_reads_its_own_target_is_a_circle_of_one() -> None:
    assert list(cycles([rule("1", ["a.x", "b.y"], "a.x")])) == [(0,)]
    assert not list(cycles([rule("1", ["a.y"], "a.x")]))


def test_a_circle_goes_through_fields_that_lie_in_each_other() -> None:
    assert list(cycles([rule("1", ["a.call"], "b.x"), rule("2", ["b.x"], "a.call.max")])) == [
        (0, 1)
    ]
    assert list(cycles([rule("1", ["a.call.max"], "b.x"), rule("2", ["b.x"], "a.call")])) == [
        (0, 1)
    ]


def test_the_way_back_of_a_two_way_rule_is_no_circle() -> None:
    rules = [rule("1", ["a.x"], "b.x", inverse=True), rule("2", ["b.x"], "c.x")]
    assert not list(cycles(rules))


fields = st.sampled_from([f"{obj}.{path}" for obj in "abc" for path in ("x", "y", "x.z")])
rule_sets = st.lists(
    st.tuples(st.lists(fields, min_size=1, max_size=2), fields, st.booleans()), max_size=7
)


def _made(parts: Sequence[tuple[list[str], str, bool]]) -> list[Rule]:
    return [
        rule(str(number), reads, target, inverse=both and len(reads) == 1)
        for number, (reads, target, both) in enumerate(parts)
    ]


def _near(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


@MODERATE
@given(parts=rule_sets)
def test_overlaps_are_what_comparing_every_two_rules_finds(
    parts: list[tuple[list[str], str, bool]],
) -> None:
    rules = _made(parts)

    def written(each: Rule) -> list[str]:
        own = [str(each.target.field)]
        return [*own, f"{each.source.ref}#{each.source.path}"] if each.two_way else own

    slow = {
        later
        for later in range(len(rules))
        for earlier in range(later)
        if any(_near(a, b) for a in written(rules[later]) for b in written(rules[earlier]))
    }
    assert {later for later, _, _ in overlaps(rules)} == slow


@MODERATE
@given(parts=rule_sets)
def test_a_circle_is_found_exactly_where_following_the_fields_leads_back(
    parts: list[tuple[list[str], str, bool]],
) -> None:
    rules = _made(parts)
    feeds = [
        [
            reader
            for reader, other in enumerate(rules)
            if any(_near(str(each.target.field), f"{i.ref}#{i.path}") for i in other.inputs)
        ]
        for each in rules
    ]

    def reached(start: int) -> set[int]:
        seen: set[int] = set()
        todo = [*feeds[start]]
        while todo:
            if (node := todo.pop()) not in seen:
                seen.add(node)
                todo += feeds[node]
        return seen

    slow = {number for number in range(len(rules)) if number in reached(number)}
    found = list(cycles(rules))
    assert bool(found) == bool(slow)
    for circle in found:
        assert {*circle} <= slow
        for node, following in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert following in feeds[node]


def test_ten_times_the_rules_take_about_ten_times_as_long() -> None:
    """A chain through all rules, and one object that all of them read."""

    def seconds(count: int) -> float:
        chain = [
            rule(str(n), [f"o{n}.x", "hub.x"], f"o{n + 1}.x", inverse=False) for n in range(count)
        ]
        start = time.process_time()
        graph = Graph.of(chain)
        assert not list(overlaps(chain))
        assert not list(cycles(chain))
        assert len(graph.touched_by([ref("hub")])) == count
        assert all(len(graph.affected([ref(f"o{n}")])) <= 2 for n in range(count))
        return time.process_time() - start

    seconds(200)  # caches and allocations of the first time
    small = min(seconds(200) for _ in range(3))
    large = min(seconds(2_000) for _ in range(2))
    assert large < small * 10 * 4, (small, large)
