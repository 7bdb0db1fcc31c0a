"""Configuration rules: a field's value from other fields, steady and inside its bounds. Pure.

values = inputs_of(rule, records)                 # what was just read
wanted = evaluate(rule, values)                   # RuleError: there is no value for these
match steady(rule, wanted, applied, applied_at, now):
    case Apply(value): ...                        # write it
    case Wait(until, why): ...                    # look again then
    case Same(): ...                              # nothing to do
    case Refused(why): ...                        # tell people
"""

from __future__ import annotations

from .evaluating import evaluate, inputs_of, inverse
from .graph import Graph, cycles, overlaps
from .rule import (
    Drift,
    Input,
    Rule,
    RuleError,
    Target,
    Wins,
    field_ref,
    object_and_path,
    rule_ref,
)
from .steadying import Apply, Refused, Same, Steadied, Wait, cooling_until, equal, settled, steady

__all__ = [
    "Apply",
    "Drift",
    "Graph",
    "Input",
    "Refused",
    "Rule",
    "RuleError",
    "Same",
    "Steadied",
    "Target",
    "Wait",
    "Wins",
    "cooling_until",
    "cycles",
    "equal",
    "evaluate",
    "field_ref",
    "inputs_of",
    "inverse",
    "object_and_path",
    "overlaps",
    "rule_ref",
    "settled",
    "steady",
]
