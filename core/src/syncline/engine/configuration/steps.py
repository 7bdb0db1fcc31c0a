"""What is to be done about one field, with everything that doing it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, field, frozen

from ...config_items import ConfigItem
from ...decision import Decision, Detach, Forget, Keep, Reason, Write
from ...model import JSON, Ref, Side
from ...rules.rule import brief
from ...state.records import Half, Link, LinkState
from .rulebook import ManagedField
from .values import ABSENT, Held, half_of, source_item, target_item


@frozen
class Hold:
    """A write that waits, or that will never be made as things are."""

    why: str
    until: datetime | None = None
    """None: a person has to act, or something has to change."""
    told: bool = True
    """False where nobody needs to read about it: hints are being gathered."""


@frozen(kw_only=True)
class FieldStep:
    """What is to be done about one field, with everything that doing it takes."""

    one: ManagedField
    link: Link
    """As it was; without a base when both ends have never agreed."""
    decision: Decision
    said: ConfigItem | None = None
    """What the rule says; None where that could not be learnt."""
    found: ConfigItem | None = None
    """What the field holds; None where that could not be read."""
    goal: JSON = None
    """What a write writes."""
    before: Held = ABSENT
    """What the written side holds."""
    hold: Hold | None = None
    """Why the write is not made now."""
    error: Exception | None = None
    """Why nothing could be decided."""
    values: Mapping[str, JSON] = field(factory=dict)
    """What the names of the rule's expression stood for."""
    gone: str = ""
    """Of a rule whose input is gone: which one."""
    drifted: bool = False
    """Somebody else changed the field of a one-way rule."""
    author: str = ""
    """Who that was, as far as the vendor tells."""

    @property
    def writes(self) -> bool:
        """True when something is to be written now."""
        return isinstance(self.decision, Write) and self.hold is None and self.error is None

    @property
    def because(self) -> str:
        """Return what the rule's inputs hold, for people."""
        return self.gone or ", ".join(_said_of(self.one, self.values))

    @property
    def quiet(self) -> bool:
        """True when there is nothing to do, to remember or to tell."""
        keeps = isinstance(self.decision, Keep)
        return keeps and self.hold is None and self.error is None and not self.settles

    @property
    def settles(self) -> bool:
        """True when a conflict ended by itself."""
        agreed = isinstance(self.decision, Keep) and self.decision.reason is Reason.NOTHING
        return agreed and self.link.state is LinkState.CONFLICT

    @property
    def written(self) -> Ref:
        """Return the object that a write is to."""
        rule = self.one.rule
        return rule.source.ref if self.side is Side.LEFT else rule.target.ref

    @property
    def path(self) -> str:
        """Return the path that a write is to."""
        rule = self.one.rule
        return (rule.source.path or "") if self.side is Side.LEFT else rule.target.path

    @property
    def side(self) -> Side:
        """Return the side that a write is to: the left is the input of a two-way rule."""
        return self.decision.side if isinstance(self.decision, Write) else Side.RIGHT


def fresh_link(one: ManagedField) -> Link:
    """Return the pair of a field that has never agreed with its rule."""
    return Link(
        pair=one.pair,
        job=one.job,
        left=Half(ref=one.left),
        right=Half(ref=one.right),
        title=one.title,
    )


def based(link: Link) -> bool:
    """Tell whether both ends have agreed once."""
    return bool(link.left.digest and link.right.digest)


def agreed(step: FieldStep) -> Link:
    """Return the pair as both ends are now: the base of what comes next."""
    link, undone = step.link, step.decision.reason is Reason.HELD
    if step.said is None or step.found is None:
        return link
    return evolve(
        link,
        left=half_of(step.said, step.one.left),
        right=half_of(step.found, step.one.right),
        state=LinkState.HELD if undone else LinkState.SYNCED,
        title=step.one.title,
    )


def planned_item(step: FieldStep) -> ConfigItem:
    """Return what the written field will hold."""
    if step.side is Side.LEFT:
        return source_item(step.one, step.goal)
    return target_item(step.one, step.goal)


def ends(step: FieldStep) -> bool:
    """Tell whether the pair is dissolved."""
    return isinstance(step.decision, Detach | Forget)


def _said_of(one: ManagedField, values: Mapping[str, JSON]) -> list[str]:
    told: list[str] = []
    for each in one.rule.inputs:
        if each.name not in values:
            continue
        value = values[each.name]
        if each.path is not None or not isinstance(value, dict):
            told.append(f"{each.name} = {brief(value)}")
            continue
        told += [f"{each.name}.{path} = {brief(part)}" for path, part in _flat(value)]
    return told


def _flat(value: dict[str, JSON], above: str = "") -> list[tuple[str, JSON]]:
    found: list[tuple[str, JSON]] = []
    for name, part in value.items():
        path = f"{above}{name}"
        found += _flat(part, f"{path}.") if isinstance(part, dict) else [(path, part)]
    return found


__all__ = ["FieldStep", "Hold", "agreed", "based", "ends", "fresh_link", "planned_item"]
