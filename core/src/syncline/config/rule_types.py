"""Rules with the types of their fields: what the connectors know of them, and every fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from attrs import evolve, field, frozen

from ..config_items import FieldSpec, FieldType, Kind, kind_and_name
from ..expressions import ExpressionError
from ..model import Ref
from ..rules.checking import Checked, checked
from ..rules.evaluating import TO
from ..rules.fitting import NAMES, Misfit, fitted
from ..rules.graph import cycles, overlaps
from ..rules.numbers import Number, in_text
from ..rules.rule import Input, Rule, Target
from ..suggestions import first_of
from .connections import Connection
from .faults import Fault, Faults, nearest
from .jobs.configuration import ConfigJob
from .jobs.rules import Address, RuleSettings
from .kinds import Kinds
from .leaves import Path
from .overlaps import places as first_names
from .structure import structured

Resolved = dict[str, tuple[Rule, ...]]


def resolved(
    jobs: Mapping[str, ConfigJob | None],
    tables: Mapping[str, object],
    connections: Mapping[str, Connection],
    known: frozenset[str],
) -> tuple[Resolved, list[Fault]]:
    """Return the rules of each job, and what is wrong with them and between them.

    Rules with faults are left out.

    Args:
        jobs: None for one that has faults of its own: what can be said of its rules is said.
        tables: the same jobs, as the file writes them.
        known: the names of all connections of the file, those with faults of their own too.
    """
    kinds = Kinds(connections=connections, known=known)
    faults: list[Fault] = []
    places: list[tuple[Rule, Path]] = []
    for name, job in jobs.items():
        written = enumerate(job.rules) if job is not None else _salvaged(tables[name])
        for index, settings in written:
            place: Path = ("jobs", name, "rules", index)
            rule, wrong = _Reading(kinds=kinds, job=job, settings=settings).rule()
            faults += (fault.below(*place) for fault in wrong)
            if rule is not None:
                places.append((rule, place))
    good: dict[str, list[Rule]] = {name: [] for name in jobs}
    for rule, place in places:
        good[str(place[1])].append(rule)
    rules = {name: tuple(found) for name, found in good.items()}
    return rules, [*faults, *between(places, first_names(connections))]


def _salvaged(table: object) -> Iterator[tuple[int, RuleSettings]]:
    """Yield the rules of a table that can be read, without the keys that cannot."""
    rules = table.get("rules") if isinstance(table, dict) else None
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, dict):
            continue
        with suppress(Faults):
            yield index, _without_faults(rule)


def _without_faults(table: dict[str, object]) -> RuleSettings:
    try:
        settings: RuleSettings = structured(table, RuleSettings)
    except Faults as error:
        wrong = {fault.path[0] for fault in error.faults if fault.path}
        rest = {key: value for key, value in table.items() if key not in wrong}
        if len(rest) == len(table):
            raise
        if "expression" in wrong:
            rest["expression"] = "dyn(0)"  # fits every target: it is not missing, it is wrong
        settings = structured(rest, RuleSettings)
    return settings


def between(places: list[tuple[Rule, Path]], first: Mapping[str, str]) -> Iterator[Fault]:
    """Yield what is wrong between rules, of one job or of several.

    Args:
        first: for each connection, the first one that leads to the same place.
    """
    aliases = any(name != one for name, one in first.items())
    rules = [_at_first(rule, first) if aliases else rule for rule, _ in places]
    for index, earlier, written in overlaps(rules):
        place = places[index][1]
        end = "to" if written == rules[index].target.field else "inverse"
        message = f"{_called(places, earlier, place)} writes {written} too: one rule has to go"
        yield Fault(path=(*place, end), message=message)
    for circle in cycles(rules):
        _, place = places[circle[0]]
        yield Fault(path=(*place, "from"), message=_circle(places, circle))


def _at_first(rule: Rule, first: Mapping[str, str]) -> Rule:
    """Return a rule with objects named by the first connection that leads to them."""

    def there(ref: Ref) -> Ref:
        return Ref(first.get(ref.connection, ref.connection), ref.id)

    return evolve(
        rule,
        inputs=tuple(evolve(each, ref=there(each.ref)) for each in rule.inputs),
        target=evolve(rule.target, ref=there(rule.target.ref)),
    )


def _called(places: list[tuple[Rule, Path]], index: int, seen_from: Path) -> str:
    rule, place = places[index]
    job = f" of job {place[1]!r}" if place[1] != seen_from[1] else ""
    number = place[3] + 1 if isinstance(place[3], int) else place[3]
    named = f" ({rule.name})" if rule.name != str(rule.target.field) else ""
    return f"rule {number}{named}{job}"


def _circle(places: list[tuple[Rule, Path]], circle: tuple[int, ...]) -> str:
    fields = [str(places[index][0].target.field) for index in circle]
    path = " -> ".join([*fields, fields[0]])
    if len(circle) == 1:
        return f"the rule reads the field that it writes ({path}): it would never come to rest"
    names = ", ".join(_called(places, index, places[circle[0]][1]) for index in circle)
    return f"{names} feed each other in a circle: {path}; take one of them away"


@frozen
class _Wrong(Exception):
    """One fault that leaves nothing to go on with."""

    fault: Fault


def _wrong(message: str, *path: str) -> _Wrong:
    return _Wrong(Fault(path=path, message=message))


@frozen(kw_only=True)
class _Reading:
    """One rule of the file on its way to a `Rule`."""

    kinds: Kinds
    job: ConfigJob | None
    """None where the job's own settings have faults: then only the faults of the rule count."""
    settings: RuleSettings
    faults: list[Fault] = field(factory=list, init=False)

    def rule(self) -> tuple[Rule | None, list[Fault]]:
        """Return the rule, None if it has faults; and these."""
        self.faults.extend(self.settings.form_faults())
        sound = not self.faults
        self.faults.extend(self.settings.bounds_faults())
        inputs = {name: self._input(name, each) for name, each in self.settings.from_.items()}
        target = self._target()
        found = {name: each for name, each in inputs.items() if each is not None}
        if not sound or len(found) < len(inputs):
            # Types are not known all: what the expressions say cannot be told yet.
            return None, self.faults
        if target is None:
            self._checked("expression", self._expression, found, FieldType.ANY)
            return None, self.faults
        rule = self._typed(found, *target)
        return (None if self.faults else rule), self.faults

    @property
    def _expression(self) -> str:
        return self.settings.expression or next(iter(self.settings.from_))

    # -- the ends ---------------------------------------------------------------------------

    def _input(self, name: str, each: Address) -> _End | None:
        try:
            end = self._end(each, "from", name)
            if self.settings.inverse is not None and end is not None:
                self._must_be_writable(end, each, "from", name)
        except _Wrong as wrong:
            self.faults.append(wrong.fault)
            return None
        return end

    def _target(self) -> tuple[_End, Address] | None:
        try:
            end = self._end(self.settings.to, "to")
            if end is None:
                return None
            self._must_be_writable(end, self.settings.to, "to")
        except _Wrong as wrong:
            self.faults.append(wrong.fault)
            return None
        return end, self.settings.to

    def _end(self, each: Address, *path: str) -> _End | None:
        kind_name, _ = kind_and_name(each.item)
        try:
            kinds = self.kinds.of(each.item.connection)
        except ValueError as error:
            raise _wrong(str(error), *path) from None
        if kinds is None:
            return None
        kind = kinds.get(kind_name)
        if kind is None:
            raise _wrong(self._no_kind(each.item.connection, kind_name, kinds), *path)
        _must_be_named(kind, each, path)
        if each.field is None:
            return _End(kind=kind)
        if kind.spec(each.field) is None:
            self._must_not_be_refused(each, kind, *path)
        return _End(kind=kind, spec=_spec(kind, each.field, each.type, path))

    def _no_kind(self, connection: str, name: str, kinds: Mapping[str, Kind]) -> str:
        if why := self.kinds.refusal(connection, name):
            return f"a rule can neither drive nor read {name!r}: {why}"
        return f"{connection!r} holds no {name!r}; {nearest(name, kinds, 'kinds')}"

    def _must_not_be_refused(self, each: Address, kind: Kind, *path: str) -> None:
        if why := self.kinds.refusal(each.item.connection, kind.name, each.field):
            raise _wrong(f"a rule cannot drive {each.field} of {kind.one}: {why}", *path)

    def _must_be_writable(self, end: _End, each: Address, *path: str) -> None:
        if end.spec is not None and not end.spec.writable:
            self._must_not_be_refused(each, end.kind, *path)
            writable = sorted(name for name, spec in end.kind.fields.items() if spec.writable)
            can = f"writable are: {first_of(writable, _SHOWN)}" if writable else "nothing of it is"
            if len(writable) > _SHOWN:
                connector = self.kinds.connections[each.item.connection].connector.name
                can += f"; `syncline connectors describe {connector}` has all of them"
            raise _wrong(f"{each.field} of {end.kind.one} is read-only; {can}", *path)

    # -- what follows from the types ---------------------------------------------------------

    def _typed(self, inputs: Mapping[str, _End], target: _End, to: Address) -> Rule:
        settings, job = self.settings, self.job or _ANY_JOB
        spec = target.field
        reads = self._checked("expression", self._expression, inputs, spec.type)
        if settings.inverse is not None:
            source = next(iter(inputs.values()))
            self._checked("inverse", settings.inverse, {TO: target}, source.field.type)
        low, high = self._bounds(spec)
        if settings.hysteresis and spec.type not in _NUMERIC:
            message = f"the target holds {NAMES[spec.type]}, not a number"
            self.faults.append(Fault(path=("hysteresis",), message=message))
        return Rule(
            name=settings.title,
            inputs=tuple(
                _input_of(name, each, inputs[name], reads) for name, each in settings.from_.items()
            ),
            target=Target(ref=to.item, path=to.field or "", type=spec.type),
            expression=self._expression,
            inverse=settings.inverse,
            minimum=low,
            maximum=high,
            clamp=settings.clamp,
            step=self._number("step", settings.step, spec),
            hysteresis=settings.hysteresis,
            cooldown=job.cooldown if settings.cooldown is None else settings.cooldown,
            debounce=job.debounce if settings.debounce is None else settings.debounce,
            unit=settings.unit,
            drift=settings.drift or job.drift,
            on_conflict=job.on_conflict,
        )

    def _checked(
        self, key: str, text: str, names: Mapping[str, _End], wanted: FieldType
    ) -> Checked:
        try:
            return checked(text, {name: end.held for name, end in names.items()}, wanted)
        except ExpressionError as error:
            written = getattr(self.settings, key) is not None
            path = (key,) if written else ("from", next(iter(names)))
            at = error.position if written else None
            self.faults.append(Fault(path=path, message=error.sentence, character=at))
            return Checked()

    def _bounds(self, spec: FieldSpec) -> tuple[Number | None, Number | None]:
        low = self._number("minimum", self.settings.minimum, spec)
        high = self._number("maximum", self.settings.maximum, spec)
        for key, bound in (("minimum", low), ("maximum", high)):
            if bound is not None and (why := _beyond(bound, spec)):
                self.faults.append(Fault(path=(key,), message=why))
        return (
            _limit(spec.minimum, spec) if low is None else low,
            _limit(spec.maximum, spec) if high is None else high,
        )

    def _number(self, key: str, value: Number | None, spec: FieldSpec) -> Number | None:
        """Return a bound or step as the target's type has it."""
        if value is None or spec.type is FieldType.ANY:
            return value
        if spec.type not in _NUMERIC:
            message = f"the target holds {NAMES[spec.type]}, not a number"
            self.faults.append(Fault(path=(key,), message=message))
            return None
        try:
            number = fitted(value, spec.type)
        except Misfit:
            message = f"{in_text(value)}: the target holds {NAMES[spec.type]}"
            self.faults.append(Fault(path=(key,), message=message))
            return None
        return number if isinstance(number, int | float) else None


_SHOWN = 8
"""Fields that a message lists."""
_NUMERIC = (FieldType.INT, FieldType.DOUBLE)
_ANY_JOB = ConfigJob(rules=(RuleSettings(from_={}, to=Address(item=Ref("", ""))),))


@frozen(kw_only=True)
class _End:
    """What an input or a target is: an object of a kind, or a field of one."""

    kind: Kind
    spec: FieldSpec | None = None
    """None for an object."""

    @property
    def held(self) -> Kind | FieldType:
        """What a name of an expression stands for."""
        return self.kind if self.spec is None else self.spec.type

    @property
    def field(self) -> FieldSpec:
        """What the field is; of an object, nothing is known."""
        return self.spec or FieldSpec(type=FieldType.ANY)


def _must_be_named(kind: Kind, each: Address, at: tuple[str, ...]) -> None:
    _, name = kind_and_name(each.item)
    if kind.names and not re.fullmatch(kind.names, name):
        raise _wrong(f"no {kind.name} is called {name!r}; its name is {kind.naming}", *at)


def _spec(kind: Kind, path: str, declared: FieldType | None, at: tuple[str, ...]) -> FieldSpec:
    spec = kind.spec(path)
    if spec is None:
        hint = nearest(path, kind.fields, "fields")
        raise _wrong(f"{kind.one} has no field {path!r}; {hint}", *at)
    if spec.type is FieldType.ANY:
        if declared is None:
            raise _wrong(
                f"what {path!r} holds is known only to the object; say it, such as"
                f" {{ item = …, field = {path!r}, type = 'int' }}",
                *at,
            )
        return evolve(spec, type=declared)
    if declared not in (None, spec.type):
        raise _wrong(f"{path} of {kind.one} holds {NAMES[spec.type]}", *at, "type")
    return spec


def _input_of(name: str, each: Address, end: _End, reads: Checked) -> Input:
    if each.field is None:
        return Input(name=name, ref=each.item, fields=reads.fields.get(name, {}))
    type_ = end.field.type
    return Input(name=name, ref=each.item, path=each.field, type=type_, fields={each.field: type_})


def _beyond(bound: Number, spec: FieldSpec) -> str:
    if spec.minimum is not None and bound < spec.minimum:
        return f"{in_text(bound)} is below what the field takes: {in_text(spec.minimum)} at least"
    if spec.maximum is not None and bound > spec.maximum:
        return f"{in_text(bound)} is above what the field takes: {in_text(spec.maximum)} at most"
    return ""


def _limit(bound: float | None, spec: FieldSpec) -> Number | None:
    whole = bound is not None and spec.type is FieldType.INT and float(bound).is_integer()
    return int(bound) if whole and bound is not None else bound


__all__ = ["Kinds", "between", "resolved"]
