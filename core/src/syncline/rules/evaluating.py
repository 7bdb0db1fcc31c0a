"""The value of a rule for what its inputs hold now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from ..config_items import ConfigRecord, FieldType, at_path
from ..expressions import Calculation, ExpressionError
from ..model import JSON, Ref, Status
from .fitting import Misfit, fitted
from .rule import Input, Rule, RuleError, brief
from .steadying import Apply, equal, settled

TO = "to"
"""What an inverse calls the target's value."""


def inputs_of(rule: Rule, records: Mapping[Ref, ConfigRecord]) -> dict[str, JSON]:
    """Return what each name of the rule's expression stands for: a value, or the fields it reads.

    `records` are the objects as they were just read, those of all inputs among them.

    Raises:
        RuleError: an object is not there, or lacks the field that a name stands for.
    """
    values: dict[str, JSON] = {}
    for each in rule.inputs:
        record = records.get(each.ref)
        if record is None or record.status is not Status.LIVE:
            raise RuleError(rule, rule.expression, None, _not_live(each.ref, record))
        try:
            values[each.name] = _picked(each, record.values)
        except KeyError as missing:
            why = f"{each.ref} has no field {missing.args[0]!r} now"
            raise RuleError(rule, rule.expression, None, why) from None
    return values


def evaluate(rule: Rule, values: Mapping[str, JSON]) -> JSON:
    """Return the value that the rule wants its target to hold, of the target's type.

    `values` are what `inputs_of` gave. Bounds and steps come later: see `steady`.

    Raises:
        RuleError: the expression has no value for them, or one that the target cannot hold.
    """
    typed = {each.name: _typed(rule, each, values) for each in rule.inputs}
    return _calculated(rule, rule.expression, typed, rule.target.type)


def inverse(rule: Rule, value: JSON) -> JSON:
    """Return what the input of a two-way rule has to hold where the target holds `value`.

    Raises:
        RuleError: the inverse has no value for it, or one that the input cannot hold, or one from
            which the rule would make another value: whoever wrote this one would lose it.
        ValueError: the rule is one-way.
    """
    source, text = rule.source, rule.inverse or TO
    try:
        typed = fitted(value, rule.target.type)
    except Misfit as error:
        raise RuleError(rule, text, {TO: value}, f"{TO} is {error}") from None
    found = _calculated(rule, text, {TO: typed}, source.type or FieldType.ANY)
    back = settled(rule, evaluate(rule, {source.name: found}))
    # What the bounds refuse is told as that.
    if isinstance(back, Apply) and not equal(back.value, typed):
        why = f"{source.name} = {brief(found)} would make it {brief(back.value)} again"
        raise RuleError(rule, text, {TO: value}, why)
    return found


def _not_live(ref: Ref, record: ConfigRecord | None) -> str:
    if record is None:
        return f"{ref} was not read"
    return f"{ref} is {record.status.value}{record.reason and f': {record.reason}'}"


def _picked(each: Input, held: Mapping[str, JSON]) -> JSON:
    if each.path is not None:
        return at_path(held, each.path)
    # Only what the expression reads: objects may be large, and other fields must not matter.
    return _narrowed(each, held, lambda path, value: value)


def _narrowed(
    each: Input, held: Mapping[str, JSON], read: Callable[[str, JSON], JSON]
) -> dict[str, JSON]:
    """Return the fields that are read of an object, nested as the object has them.

    One that is not there, or null, is left out: `has(…)` tells, and another branch may not ask.
    What it would lie in is there all the same, so that `has(…)` can be asked.
    """
    narrowed: dict[str, JSON] = {}
    for path in each.fields:
        *parents, last = path.split(".")
        into: JSON = narrowed
        inside: JSON = held  # type: ignore[assignment]  # read like a dict, never changed
        for name in parents:
            into = into.setdefault(name, {}) if isinstance(into, dict) else None
            inside = inside.get(name) if isinstance(inside, dict) else None
        value = inside.get(last) if isinstance(inside, dict) else None
        if value is not None and isinstance(into, dict):
            into[last] = read(path, value)
    return narrowed


def _typed(rule: Rule, each: Input, values: Mapping[str, JSON]) -> JSON:
    if each.name not in values:
        raise RuleError(rule, rule.expression, values, f"there is no value for {each.name!r}")
    value = values[each.name]
    if each.path is not None:
        return _as_type(rule, values, each.name, value, each.type or FieldType.ANY)

    def read(path: str, held: JSON) -> JSON:
        return _as_type(rule, values, f"{each.name}.{path}", held, each.fields[path])

    return _narrowed(each, value if isinstance(value, dict) else {}, read)


def _as_type(
    rule: Rule, values: Mapping[str, JSON], name: str, value: JSON, type_: FieldType
) -> JSON:
    try:
        return fitted(value, type_)
    except Misfit as error:
        raise RuleError(rule, rule.expression, values, f"{name} is {error}") from None


def _calculated(rule: Rule, text: str, values: Mapping[str, JSON], type_: FieldType) -> JSON:
    try:
        result = _calculation(text).value(values)
    except ExpressionError as error:
        raise RuleError(rule, text, values, str(error)) from None
    try:
        if result is None:
            raise Misfit("null, and a field gets a value")
        return fitted(result, type_)
    except Misfit as error:
        raise RuleError(rule, text, values, f"the value is {error}") from None


@lru_cache(maxsize=16_384)
def _calculation(text: str) -> Calculation:
    return Calculation.compile(text)


__all__ = ["TO", "evaluate", "inputs_of", "inverse"]
