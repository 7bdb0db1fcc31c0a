"""What is to be done about one field, from what was just read. Pure.

The rule's value is the left side and the field the right one; the table of `syncline.decision`
says which of them moves. What is particular to configuration stands around it: how steadily a
value follows its inputs, what a drifted field means, and whom an object belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from attrs import evolve, frozen

from ...config_items import ConfigItem, ConfigRecord, item_digest
from ...decision import (
    Adopt,
    Conflict,
    Decision,
    Keep,
    Observation,
    OnConflict,
    Reason,
    Seen,
    Write,
    decide,
    decide_first,
)
from ...errors import NotFound
from ...model import JSON, Ref, Side, Status
from ...rules import (
    Apply,
    Drift,
    Refused,
    RuleError,
    Same,
    Wait,
    cooling_until,
    equal,
    evaluate,
    inputs_of,
    inverse,
    settled,
    steady,
)
from ...state.records import Link, LinkState
from . import observation
from .rulebook import ManagedField
from .steps import FieldStep, Hold, based, fresh_link
from .values import ABSENT, Absent, Held, held_at, said_item, target_item, value_of

Remember: TypeAlias = "Callable[[str], ConfigItem | None]"
"""Returns what is kept under a key."""


@frozen(kw_only=True)
class Case:
    """One field with everything that was learnt about it."""

    one: ManagedField
    link: Link
    now: datetime
    target: ConfigRecord
    held: Held
    found: ConfigItem
    said: ConfigItem
    wanted: JSON
    shaped: Apply | Refused
    """The same inside the rule's bounds and on its step, or why it cannot be."""
    values: Mapping[str, JSON]
    seen: observation.Answers
    remember: Remember

    def step(self, decision: Decision, *, drifted: bool = False) -> FieldStep:
        """Return what is decided, with what was seen."""
        hold = None
        if isinstance(decision, Conflict) and self.target.foreign:
            # Whose object it is counts for more than what a person might choose for it.
            decision, hold = Keep(Reason.NOT_WRITABLE), self.foreign()
        return FieldStep(
            one=self.one,
            link=self.link,
            decision=decision,
            said=self.said,
            found=self.found,
            values=self.values,
            drifted=drifted,
            hold=hold,
        )

    def foreign(self) -> Hold:
        """Return why the field's object is left alone."""
        return Hold(f"{self.target.ref} is somebody else's: {self.target.foreign}")


def decide_field(
    one: ManagedField,
    link: Link | None,
    seen: observation.Answers,
    now: datetime,
    remember: Remember,
) -> FieldStep:
    """Decide about one field from what was just read of its objects."""
    link = link or fresh_link(one)
    target = seen[one.rule.target.ref]
    if not isinstance(target, ConfigRecord):
        return _unseen(one, link, target)
    if target.status is not Status.LIVE:
        return _unseen(one, link, _absent(one, target))
    held = held_at(target, one.rule.target.path)
    found = target_item(one, held)
    inputs = _inputs(one, seen)
    if not isinstance(inputs, dict):
        return _without_input(one, link, found, inputs)
    try:
        values = inputs_of(one.rule, inputs)
        wanted = evaluate(one.rule, values)
    except RuleError as error:
        return evolve(_unseen(one, link, error), found=found)
    shaped = settled(one.rule, wanted)
    case = Case(
        one=one,
        link=link,
        now=now,
        target=target,
        held=held,
        found=found,
        said=said_item(one, shaped),
        wanted=wanted,
        shaped=shaped,
        values=values,
        seen=seen,
        remember=remember,
    )
    return _compared(case) if based(link) else _first(case)


# -- what cannot be decided ------------------------------------------------------------------------


def _unseen(one: ManagedField, link: Link, error: Exception) -> FieldStep:
    return FieldStep(one=one, link=link, decision=Keep(Reason.UNSEEN), error=error)


def _absent(one: ManagedField, record: ConfigRecord) -> NotFound:
    why = f": {record.reason}" if record.reason else ""
    return NotFound(
        f"{record.ref} is {record.status.value}{why}; create it, or take rule"
        f" {one.rule.name!r} out",
        ref=record.ref,
    )


def _inputs(
    one: ManagedField, seen: observation.Answers
) -> dict[Ref, ConfigRecord] | Exception | ConfigRecord:
    """Return a rule's inputs, or why one has no value: an error, or a record of nothing."""
    found: dict[Ref, ConfigRecord] = {}
    for each in one.rule.inputs:
        sight = seen[each.ref]
        if not isinstance(sight, ConfigRecord) or sight.status is not Status.LIVE:
            return sight
        found[each.ref] = sight
    return found


def _without_input(
    one: ManagedField, link: Link, found: ConfigItem, missing: Exception | ConfigRecord
) -> FieldStep:
    if not isinstance(missing, ConfigRecord):
        return evolve(_unseen(one, link, missing), found=found)
    if not (missing.status.gone and based(link)):
        # An input that never was there is most likely misspelt; one that is hidden comes back.
        return evolve(_unseen(one, link, _absent(one, missing)), found=found)
    # The input is gone for certain: the field keeps what it holds, and is nobody's from now on.
    there = Observation(seen=Seen.UNCHANGED, version=link.right.version)
    gone = Observation(seen=Seen.GONE)
    decision = decide(gone, there, origin=Side.LEFT, equal=False, policy=one.policy)
    return FieldStep(one=one, link=link, decision=decision, found=found, gone=_gone(missing))


def _gone(record: ConfigRecord) -> str:
    return f"{record.ref} is {record.status.value}"


# -- the first time --------------------------------------------------------------------------------


def _first(case: Case) -> FieldStep:
    """Decide without a base: a one-way rule means what it says, a two-way one asks."""
    one, rule = case.one, case.one.rule
    shaped = case.shaped
    if isinstance(shaped, Refused):
        return _write(case, Side.RIGHT, Reason.NEW, shaped)
    decision = decide_first(equal=_same(shaped.value, case.held), proven=False)
    if isinstance(decision, Adopt):
        return case.step(decision)
    if rule.two_way:
        match one.policy.on_conflict:
            case OnConflict.LEFT_WINS:
                return _write(case, Side.RIGHT, Reason.UNEQUAL, shaped)
            case OnConflict.RIGHT_WINS:
                return _back(case, Reason.UNEQUAL)
        return case.step(decision)
    match rule.drift:
        case Drift.REPAIR:
            return _write(case, Side.RIGHT, Reason.NEW, shaped)
        case Drift.ADOPT:
            return case.step(Adopt(Reason.DRIFTED), drifted=True)
        case Drift.REPORT:
            return case.step(decision, drifted=True)


# -- with a base -----------------------------------------------------------------------------------


def _compared(case: Case) -> FieldStep:
    one, link = case.one, case.link
    steadied = _steadied(case)
    left = Seen.UNCHANGED if isinstance(steadied, Same) else Seen.CHANGED
    drift = item_digest(case.found) != link.right.digest
    drifted = drift and not one.rule.two_way
    adopted = drifted and one.rule.drift is Drift.ADOPT
    right = Seen.CHANGED if drift and not adopted else Seen.UNCHANGED
    if link.state is LinkState.HELD and left is right is Seen.UNCHANGED and not adopted:
        return case.step(Keep(Reason.HELD))
    decision = decide(
        Observation(seen=left),
        Observation(seen=right, version=case.target.version),
        origin=Side.LEFT,
        equal=not isinstance(steadied, Refused) and _same(steadied.value, case.held),
        policy=one.policy,
    )
    if adopted and isinstance(decision, Keep):
        decision = Adopt(Reason.DRIFTED)
    match decision:
        case Write(side=Side.RIGHT, reason=reason):
            return evolve(_write(case, Side.RIGHT, reason, steadied), drifted=drifted)
        case Write(reason=reason):
            return _back(case, reason)
        case _:
            return case.step(decision, drifted=drifted)


def _steadied(case: Case) -> Apply | Wait | Same | Refused:
    """Return what the rule's value means now; `Same` when it has not moved since both agreed."""
    rule, link, shaped = case.one.rule, case.link, case.shaped
    if item_digest(case.said) == link.left.digest:
        # A refused value is told once more, and changes nothing.
        return shaped if isinstance(shaped, Refused) else Same("", shaped.value)
    kept = case.remember(link.right.value)
    applied = value_of(kept) if kept is not None else ABSENT
    last = None if isinstance(applied, Absent) else applied
    found = steady(rule, case.wanted, last, link.synced_at, case.now)
    if isinstance(found, Same) and not isinstance(shaped, Refused) and equal(shaped.value, last):
        # The rule says now what was applied: both ends agree about it.
        return Apply(shaped.value)
    return found


def _same(value: JSON, held: Held) -> bool:
    return not isinstance(held, Absent) and equal(value, held)


def _write(
    case: Case, side: Side, reason: Reason, steadied: Apply | Wait | Same | Refused
) -> FieldStep:
    """Return the write of the rule's value to its field, or why it is not made."""
    hold: Hold | None = None
    match steadied:
        case Wait(until=until, why=why):
            hold = Hold(why, until)
        case Refused(why=why):
            hold = Hold(why)
        case _:
            hold = _cooling(case)
    if case.target.foreign:
        hold = case.foreign()
    decision = Write(side, case.target.version, reason)
    step = case.step(decision)
    return evolve(step, goal=steadied.value, before=case.held, hold=hold)


def _cooling(case: Case) -> Hold | None:
    """Return why a change has to wait that comes soon after another one, whatever its reason."""
    until = cooling_until(case.one.rule, case.link.synced_at, case.now)
    return Hold(f"it cools down until {until:%H:%M:%S} UTC", until) if until is not None else None


def _back(case: Case, reason: Reason) -> FieldStep:
    """Return the write of a two-way rule's input from what its field holds."""
    rule = case.one.rule
    source = case.seen[rule.source.ref]
    if not isinstance(source, ConfigRecord) or isinstance(case.held, Absent):
        return case.step(Conflict(Reason.COPY_DELETED))
    shaped = settled(rule, case.held)
    try:
        goal = inverse(rule, case.held)
    except RuleError as error:
        return evolve(case.step(Keep(Reason.UNSEEN)), error=error)
    before = held_at(source, rule.source.path or "")
    if _same(goal, before):
        return case.step(Adopt())
    hold: Hold | None = None
    if isinstance(shaped, Refused):
        hold = Hold(shaped.why)
    elif source.foreign:
        hold = Hold(f"{source.ref} is somebody else's: {source.foreign}")
    else:
        hold = _cooling(case)
    decision = Write(Side.LEFT, source.version, reason)
    return evolve(case.step(decision), goal=goal, before=before, hold=hold)


__all__ = ["Remember", "decide_field"]
