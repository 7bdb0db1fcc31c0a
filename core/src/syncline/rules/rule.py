"""Rules of configuration jobs: which fields a value is made of, and which field it is for.

What is here is a rule as it is known after `syncline check`: every field has its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum

from attrs import Factory, field, frozen

from ..config_items import FieldType
from ..errors import Rejected
from ..model import JSON, RULES, Ref


class Drift(Enum):
    """What becomes of a target that somebody else changed."""

    REPAIR = "repair"
    """It gets the rule's value again."""
    ADOPT = "adopt"
    """It stays, until the rule wants another value than before."""
    REPORT = "report"
    """It stays, and people are told in every plan."""


class Wins(Enum):
    """Who wins when both ends of a two-way rule were changed."""

    FROM = "from-wins"
    TO = "to-wins"
    MANUAL = "manual"
    """Nobody: a person decides."""


def field_ref(ref: Ref, path: str) -> Ref:
    """Return the identity of one field of an object: `cx:queue/Support#name`."""
    return Ref(ref.connection, f"{ref.id}#{path}")


def object_and_path(field: Ref) -> tuple[Ref, str]:
    """Return the two halves of what `field_ref` gave; paths hold no `#`, names may.

    Raises:
        ValueError: it names no field.
    """
    id_, mark, path = field.id.rpartition("#")
    if not (id_ and mark and path):
        raise ValueError(f"{field} names no field such as 'cx:queue/Support#name'")
    return Ref(field.connection, id_), path


@frozen(kw_only=True)
class Input:
    """What one name of an expression stands for: a field's value, or a whole object."""

    name: str
    ref: Ref
    """The object."""
    path: str | None = None
    """The dotted path of the field; None where the name stands for the object."""
    type: FieldType | None = None
    """The field's type; None where the name stands for the object."""
    fields: Mapping[str, FieldType] = field(factory=dict)
    """The fields that the rule's expressions read, by dotted path; of a field, itself alone."""


@frozen(kw_only=True)
class Target:
    """The field that a rule manages."""

    ref: Ref
    """The object."""
    path: str
    type: FieldType = FieldType.ANY
    field: Ref = field(
        default=Factory(lambda self: field_ref(self.ref, self.path), takes_self=True),
        init=False,
        eq=False,
        repr=False,
    )
    """The identity of the field: what is owned, and linked to the rule."""


def _objects_of(inputs: Iterable[Input], target: Target) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys((*(each.ref for each in inputs), target.ref)))


@frozen(kw_only=True)
class Rule:
    """One managed field, and where its value comes from."""

    name: str
    """Unique in its job."""
    inputs: tuple[Input, ...]
    target: Target
    expression: str
    """CEL over the names of `inputs`."""
    inverse: str | None = None
    """CEL over `to`, the target's value; gives the value of the only input. None: one-way."""
    minimum: int | float | None = None
    maximum: int | float | None = None
    clamp: bool = False
    """True: a value out of range becomes the bound. False: it is refused and reported."""
    step: int | float | None = None
    """The target holds multiples of this, counted from zero."""
    hysteresis: int | float = 0
    """A value nearer than this to the applied one is not applied."""
    cooldown: timedelta = timedelta(0)
    """At least this long between two changes of the target."""
    debounce: timedelta = timedelta(0)
    """How long hints are gathered before anything is looked at."""
    unit: str = ""
    """For people."""
    drift: Drift = Drift.REPAIR
    on_conflict: Wins = Wins.MANUAL
    reads: tuple[Ref, ...] = field(
        default=Factory(lambda self: _objects_of(self.inputs, self.target), takes_self=True),
        init=False,
        eq=False,
        repr=False,
    )
    """Every object that the rule needs to see: those of its inputs, then its target's."""

    @property
    def two_way(self) -> bool:
        """True when a change of the target is carried back to the input."""
        return self.inverse is not None

    @property
    def source(self) -> Input:
        """The input that a two-way rule writes.

        Raises:
            ValueError: the rule is one-way.
        """
        if self.inverse is None:
            raise ValueError(f"rule {self.name!r} is one-way: it writes no input")
        return self.inputs[0]


def rule_ref(job: str, rule: str) -> Ref:
    """Return the identity of what a rule says: the left half of its link."""
    return Ref(RULES, f"{job}/{rule}")


class RuleError(Rejected):
    """A rule has no value for these inputs; names the rule, the expression and the inputs."""

    def __init__(
        self, rule: Rule, expression: str, values: Mapping[str, JSON] | None, why: str
    ) -> None:
        self.rule = rule.name
        self.expression = expression
        self.why = why
        seen = "".join(f", {name} = {brief(value)}" for name, value in (values or {}).items())
        super().__init__(f"rule {rule.name} ({expression}{seen}): {why}", ref=rule.target.field)


def brief(value: JSON) -> str:
    """Return a value as a message shows it: in one line, and short."""
    import json

    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:77]}..."


__all__ = [
    "RULES",
    "Drift",
    "Input",
    "Rule",
    "RuleError",
    "Target",
    "Wins",
    "brief",
    "field_ref",
    "object_and_path",
    "rule_ref",
]
