"""The rules of one job, in the order of what they write: the order in which links are kept, too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from attrs import Factory, field, frozen

from ...config_items import kind_and_name
from ...decision import Deletes, Direction, OnConflict, Policy
from ...errors import ConfigError
from ...model import Ref
from ...rules import Drift, Graph, Rule, Wins, rule_ref


@frozen(kw_only=True)
class ManagedField:
    """One field that a rule manages: a pair of what the rule says and what the field holds."""

    job: str
    rule: Rule
    pair: str
    """The same for as long as the job manages this field, by whatever rule."""

    @property
    def left(self) -> Ref:
        """The identity of what the rule says."""
        return rule_ref(self.job, self.rule.name)

    @property
    def right(self) -> Ref:
        """The identity of the field."""
        return self.rule.target.field

    @property
    def title(self) -> str:
        """What people call the field: `queue Support: call.maximumCapacity`."""
        return _title(self.rule.target.ref, self.rule.target.path)

    @property
    def source_title(self) -> str:
        """What people call the input of a two-way rule."""
        source = self.rule.source
        return _title(source.ref, source.path or "")

    @property
    def policy(self) -> Policy:
        """What may be done to either end."""
        if self.rule.two_way:
            wins = _WINS[self.rule.on_conflict]
            return Policy(on_conflict=wins, deletes=Deletes.KEEP)
        repairs = self.rule.drift is Drift.REPAIR
        return Policy(
            direction=Direction.LEFT_TO_RIGHT,
            on_conflict=OnConflict.LEFT_WINS if repairs else OnConflict.MANUAL,
            deletes=Deletes.KEEP,
        )


_WINS: Mapping[Wins, OnConflict] = {
    Wins.FROM: OnConflict.LEFT_WINS,
    Wins.TO: OnConflict.RIGHT_WINS,
    Wins.MANUAL: OnConflict.MANUAL,
}


def _title(ref: Ref, path: str) -> str:
    kind, name = kind_and_name(ref)
    return f"{kind} {name}: {path}"


def _reads(fields: Iterable[ManagedField]) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(ref for one in fields for ref in one.rule.reads))


@frozen
class ManagedObject:
    """Everything that a job manages on one object: written in one call, under one lease."""

    ref: Ref
    fields: tuple[ManagedField, ...]
    reads: tuple[Ref, ...] = field(
        init=False,
        repr=False,
        default=Factory(lambda self: _reads(self.fields), takes_self=True),
    )
    """Every object that has to be seen to decide about this one."""

    @property
    def locks(self) -> tuple[Ref, ...]:
        """Every object that a decision about this one may write: this one first."""
        sources = (one.rule.source.ref for one in self.fields if one.rule.two_way)
        return tuple(dict.fromkeys((self.ref, *sources)))

    @property
    def debounce(self) -> timedelta:
        """How long hints are gathered before anything is looked at."""
        return max(one.rule.debounce for one in self.fields)


@frozen(kw_only=True)
class Rulebook:
    """Everything that a job manages."""

    job: str
    groups: tuple[ManagedObject, ...] = field(repr=False)
    """By the objects that are written, in the order of their pairs."""
    graph: Graph = field(repr=False)
    version: str
    """Fingerprint of all rules: a plan holds for one of them."""
    _by_ref: Mapping[Ref, ManagedObject] = field(repr=False, alias="by_ref")

    @classmethod
    def of(cls, job: str, rules: Iterable[Rule]) -> Rulebook:
        """Return the rules in order.

        Raises:
            ConfigError: two of them write one field.
        """
        rules = tuple(rules)
        managed = sorted((_managed(job, rule) for rule in rules), key=lambda one: one.pair)
        _refuse_twins(managed)
        objects: dict[Ref, list[ManagedField]] = {}
        for one in managed:
            objects.setdefault(one.rule.target.ref, []).append(one)
        groups = [ManagedObject(ref, tuple(fields)) for ref, fields in objects.items()]
        return cls(
            job=job,
            groups=tuple(groups),
            graph=Graph.of(rules),
            version=hashlib.sha256(repr(rules).encode()).hexdigest()[:16],
            by_ref={group.ref: group for group in groups},
        )

    def affected(self, refs: Iterable[Ref]) -> list[ManagedObject]:
        """Return what may have to change when these objects did; in order."""
        found = (self._by_ref[ref] for ref in self.graph.affected(refs))
        return sorted(found, key=lambda group: group.fields[0].pair)

    def group(self, ref: Ref) -> ManagedObject | None:
        """Return what is managed on an object; None when nothing is."""
        return self._by_ref.get(ref)

    def find(self, ref: Ref) -> Iterator[ManagedField]:
        """Yield what is known of an object, a field of one, or what a rule says."""
        for group in self.groups:
            for one in group.fields:
                if ref in (one.left, one.right, one.rule.target.ref, *one.rule.reads):
                    yield one

    @property
    def fields(self) -> Iterator[ManagedField]:
        """Yield everything that is managed, in order."""
        return (one for group in self.groups for one in group.fields)


_LONGEST = 400
"""Characters of the identity of a pair."""


def _managed(job: str, rule: Rule) -> ManagedField:
    # Links are read in the order of pairs: fields of one object follow each other, and objects of
    # one kind, which one call reads together, do, too.
    pair = f"{job} {rule.target.ref} #{rule.target.path}"
    if len(pair) > _LONGEST:
        # Some states have keys of a bounded length.
        pair = f"{pair[: _LONGEST - 33]} {hashlib.sha256(pair.encode()).hexdigest()[:32]}"
    return ManagedField(job=job, rule=rule, pair=pair)


def _refuse_twins(managed: Sequence[ManagedField]) -> None:
    problems = [
        f"{one.right}: two rules write it, {one.rule.name!r} and {other.rule.name!r}"
        for one, other in pairwise(managed)
        if one.pair == other.pair
    ]
    if problems:
        raise ConfigError(problems)


__all__ = ["ManagedField", "ManagedObject", "Rulebook"]
