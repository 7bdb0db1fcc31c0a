"""Field by field: what an edit changed, and three-way merges of everything but the body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from attrs import evolve, field, frozen

from ...decision import OnConflict
from ...model import Document, Side

T = TypeVar("T")
Labels = frozenset[str] | None
Phrases = tuple[str, ...] | None


@frozen(kw_only=True)
class Winners:
    """Who wins in a field that both sides edited."""

    fields: Mapping[str, OnConflict] = field(factory=dict)
    job: OnConflict = OnConflict.MERGE
    """What holds for a field that has no word of its own."""
    newest: Side | None = None
    """The side that was edited later, beyond what clocks may differ."""

    def of(self, name: str) -> Side | OnConflict:
        """Return the side that wins, or whether the edits are merged or wait for a person."""
        match self.fields.get(name, self.job):
            case OnConflict.LEFT_WINS:
                return Side.LEFT
            case OnConflict.RIGHT_WINS:
                return Side.RIGHT
            case OnConflict.MERGE:
                return OnConflict.MERGE
            case OnConflict.NEWEST_WINS if self.newest is not None:
                return self.newest
        return OnConflict.MANUAL


@frozen
class Merged:
    """The merged document, and a sentence for each field that could not be merged."""

    value: Document
    clashes: tuple[str, ...] = ()
    lost: frozenset[Side] = frozenset()
    """Sides whose edit of some field gave way to the other side's."""


@frozen
class _Field(Generic[T]):
    value: T
    clashes: tuple[str, ...] = ()
    lost: frozenset[Side] = frozenset()


def transfer(source_base: Document, source_now: Document, target: Document) -> Document:
    """Apply what changed between two versions of the source to `target`; bodies are left alone.

    A set takes the additions and the removals, so that what only the target has stays.
    """
    return evolve(
        target,
        title=target.title if source_now.title == source_base.title else source_now.title,
        category=(
            target.category if source_now.category == source_base.category else source_now.category
        ),
        labels=_set(source_base.labels, source_now.labels, target.labels),
        alternatives=_phrases(
            source_base.alternatives, source_now.alternatives, target.alternatives
        ),
    )


def align(source: Document, target: Document) -> Document:
    """Give `target` the mapped fields of `source` outright: the mapping itself has changed.

    A category that no rule gives may be somebody's choice, and stays.
    """
    category = source.category or target.category
    return evolve(target, title=source.title, category=category, labels=source.labels)


def _set(base: Labels, now: Labels, target: Labels) -> Labels:
    if now is None or target is None or now == base:
        return target
    before = base or frozenset()
    return (target | (now - before)) - (before - now)


def _phrases(base: Phrases, now: Phrases, target: Phrases) -> Phrases:
    if now is None or target is None or now == base:
        return target
    if target == base:
        return now
    merged = _set(frozenset(base or ()), frozenset(now), frozenset(target)) or frozenset()
    order = dict.fromkeys((*target, *now))
    return tuple(phrase for phrase in order if phrase in merged)


def merge(base: Document, left: Document, right: Document, winners: Winners) -> Merged:
    """Merge titles, categories, labels and phrases three ways; the body stays the left's."""
    title = _scalar("title", (base.title, left.title, right.title), winners)
    category = _scalar("category", (base.category, left.category, right.category), winners)
    labels = _collection("labels", (base.labels, left.labels, right.labels), winners, _set)
    phrases = (base.alternatives, left.alternatives, right.alternatives)
    alternatives = _collection("alternatives", phrases, winners, _phrases)
    value = evolve(
        left,
        title=title.value,
        category=category.value,
        labels=labels.value,
        alternatives=alternatives.value,
    )
    done = (title, category, labels, alternatives)
    clashes = tuple(clash for one in done for clash in one.clashes)
    return Merged(value, clashes, frozenset().union(*(one.lost for one in done)))


def _scalar(name: str, edits: tuple[T, T, T], winners: Winners) -> _Field[T]:
    base, left, right = edits
    if right in (base, left):
        return _Field(left)
    if left == base:
        return _Field(right)
    return _settled(name, left, right, winners.of(name))


def _settled(name: str, left: T, right: T, wins: Side | OnConflict) -> _Field[T]:
    if isinstance(wins, Side):
        return _Field(left if wins is Side.LEFT else right, lost=frozenset({wins.other}))
    return _Field(left, (f"{name}: {show(left)} on the left, {show(right)} on the right",))


def _collection(
    name: str, edits: tuple[T, T, T], winners: Winners, both: Callable[[T, T, T], T]
) -> _Field[T]:
    """Merge what is made of parts: both sides' additions and removals, unless one side wins."""
    base, left, right = edits
    merged = both(base, right, left)
    wins = winners.of(name)
    if wins is OnConflict.MERGE or merged in (left, right):
        return _Field(merged)
    return _settled(name, left, right, wins)


def body(base: str, left: str, right: str, winners: Winners) -> _Field[str] | None:
    """Return the body of a field that is not merged; None where its edits are merged."""
    wins = winners.of("body")
    if wins is OnConflict.MERGE or right in (base, left) or left == base:
        return None
    if isinstance(wins, Side):
        return _Field(left if wins is Side.LEFT else right, lost=frozenset({wins.other}))
    return _Field(left, ("body: both sides edited it",))


def show(value: object) -> str:
    """Return a field's value for a sentence."""
    if isinstance(value, tuple):
        return " / ".join(str(part) for part in value) or "none"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    return repr(value) if isinstance(value, str) else str(value)
