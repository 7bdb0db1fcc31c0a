"""Which rules an object concerns, and what is wrong between rules: overlaps and cycles. Pure.

Everything here is linear in the rules and in what they read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from attrs import field, frozen

from ..model import Ref
from .rule import Rule, field_ref

K = TypeVar("K")


@frozen(kw_only=True)
class Graph:
    """The rules of one job, found by the objects that they read and write."""

    rules: tuple[Rule, ...]
    targets: Mapping[Ref, tuple[Rule, ...]] = field(repr=False)
    """By target object, in the order of the rules."""
    _touching: Mapping[Ref, tuple[int, ...]] = field(repr=False, alias="touching")

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Graph:
        """Return the graph of these rules."""
        rules = tuple(rules)
        targets: dict[Ref, list[Rule]] = {}
        touching: dict[Ref, list[int]] = {}
        for index, rule in enumerate(rules):
            targets.setdefault(rule.target.ref, []).append(rule)
            for ref in rule.reads:
                touching.setdefault(ref, []).append(index)
        return cls(rules=rules, targets=_tuples(targets), touching=_tuples(touching))

    def touched_by(self, refs: Iterable[Ref]) -> tuple[Rule, ...]:
        """Return the rules that read or write one of these objects, in the order of the rules."""
        found = {index for ref in refs for index in self._touching.get(ref, ())}
        return tuple(self.rules[index] for index in sorted(found))

    def affected(self, refs: Iterable[Ref]) -> tuple[Ref, ...]:
        """Return the target objects whose value may change when these objects did."""
        return tuple(dict.fromkeys(rule.target.ref for rule in self.touched_by(refs)))

    @property
    def reads(self) -> tuple[Ref, ...]:
        """Every object that some rule reads or writes, each once."""
        return tuple(self._touching)


def _tuples(lists: Mapping[Ref, list[K]]) -> dict[Ref, tuple[K, ...]]:
    return {key: tuple(values) for key, values in lists.items()}


def writes(rule: Rule) -> Iterator[Ref]:
    """Yield the fields that a rule writes: its target, and the input of a two-way rule."""
    yield rule.target.field
    if rule.two_way and rule.source.path is not None:
        yield field_ref(rule.source.ref, rule.source.path)


def reads(rule: Rule) -> Iterator[Ref]:
    """Yield the fields that a rule's value is made of."""
    for each in rule.inputs:
        paths = (each.path,) if each.path is not None else each.fields
        yield from (field_ref(each.ref, path) for path in paths)


def overlaps(rules: Sequence[Rule]) -> Iterator[tuple[int, int, Ref]]:
    """Yield (rule, earlier rule, field) where both write a field, or one inside the other's."""
    owners: dict[Ref, int] = {}
    inside: dict[Ref, int] = {}
    for index, rule in enumerate(rules):
        for written in writes(rule):
            above = list(_above(written))
            taken = (owners[f] for f in (written, *above) if f in owners)
            earlier = next(taken, inside.get(written))
            if earlier is not None and earlier != index:
                yield index, earlier, written
            owners.setdefault(written, index)
            for parent in above:
                inside.setdefault(parent, index)


def _above(written: Ref) -> Iterator[Ref]:
    """Yield the fields that the field lies in."""
    while "." in written.id[written.id.rindex("#") :]:
        written = Ref(written.connection, written.id.rpartition(".")[0])
        yield written


def cycles(rules: Sequence[Rule]) -> Iterator[tuple[int, ...]]:
    """Yield rules that feed each other in a circle, once for each group of such rules.

    A rule feeds another one that reads its target. A circle is given in the order of the feeding;
    a rule that reads its own target is a circle of one. The way back of a two-way rule does not
    count: its inverse undoes what it did.
    """
    fed = _feeds(rules)
    for group in _strong(fed):
        yield _circle(group, fed)


def _feeds(rules: Sequence[Rule]) -> list[list[int]]:
    readers: dict[Ref, list[int]] = {}
    for index, rule in enumerate(rules):
        for read in reads(rule):
            for part in (read, *_above(read)):
                readers.setdefault(part, []).append(index)
    parts: dict[Ref, list[int]] = {}
    for index, rule in enumerate(rules):
        for read in reads(rule):
            parts.setdefault(read, []).append(index)
    return [
        list(
            dict.fromkeys(
                [
                    # Whoever reads the written field or a part of it, or a field that it lies in.
                    *readers.get(rule.target.field, ()),
                    *(i for above in _above(rule.target.field) for i in parts.get(above, ())),
                ]
            )
        )
        for rule in rules
    ]


def _strong(fed: list[list[int]]) -> Iterator[set[int]]:
    """Yield the groups of rules that all reach each other (Tarjan's algorithm, no recursion)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in range(len(fed)):
        if root in order:
            continue
        path = [(root, iter(fed[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while path:
            node, children = path[-1]
            for child in children:
                if child not in order:
                    order[child] = low[child] = len(order)
                    stack.append(child)
                    on_stack.add(child)
                    path.append((child, iter(fed[child])))
                    break
                if child in on_stack:
                    low[node] = min(low[node], order[child])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    group = set(_popped(stack, node))
                    on_stack -= group
                    if len(group) > 1 or node in fed[node]:
                        yield group


def _popped(stack: list[int], node: int) -> Iterator[int]:
    while True:
        top = stack.pop()
        yield top
        if top == node:
            return


def _circle(group: set[int], fed: list[list[int]]) -> tuple[int, ...]:
    """Return one shortest circle through the first rule of a group."""
    first = min(group)
    came_from: dict[int, int] = {}
    front = [first]
    while front:
        following: list[int] = []
        for node in front:
            for child in fed[node]:
                if child == first:
                    return _traced(first, node, came_from)
                if child in group and child not in came_from:
                    came_from[child] = node
                    following.append(child)
        front = following
    return (first,)


def _traced(first: int, last: int, came_from: Mapping[int, int]) -> tuple[int, ...]:
    path = [last]
    while path[-1] != first:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


__all__ = ["Graph", "cycles", "overlaps", "reads", "writes"]
