"""Field by field: what an edit changed, and three-way merges of everything but the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import evolve, frozen

from ..decision import OnConflict
from ..model import Document

T = TypeVar("T")
Labels = frozenset[str] | None
Phrases = tuple[str, ...] | None


@frozen
class Merged:
    """The merged document, and a sentence for each field that could not be merged."""

    value: Document
    clashes: tuple[str, ...] = ()


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
    """Give `target` the mapped fields of `source` outright: the mapping itself has changed."""
    return evolve(target, title=source.title, category=source.category, labels=source.labels)


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


def merge(
    base: Document,
    left: Document,
    right: Document,
    winners: Mapping[str, OnConflict],
) -> Merged:
    """Merge titles, categories, labels and phrases three ways; the body stays the left's."""
    title, lost_title = _scalar("title", base.title, left.title, right.title, winners)
    category, lost_category = _scalar(
        "category", base.category, left.category, right.category, winners
    )
    value = evolve(
        left,
        title=title,
        category=category,
        labels=_set(base.labels, right.labels, left.labels),
        alternatives=_phrases(base.alternatives, right.alternatives, left.alternatives),
    )
    return Merged(value, (*lost_title, *lost_category))


def _scalar(
    name: str, base: T, left: T, right: T, winners: Mapping[str, OnConflict]
) -> tuple[T, tuple[str, ...]]:
    if right in (base, left):
        return left, ()
    if left == base:
        return right, ()
    match winners.get(name):
        case OnConflict.LEFT_WINS:
            return left, ()
        case OnConflict.RIGHT_WINS:
            return right, ()
        case _:
            return left, (f"{name}: {show(left)} on the left, {show(right)} on the right",)


def show(value: object) -> str:
    """Return a field's value for a sentence."""
    if isinstance(value, tuple):
        return " / ".join(str(part) for part in value) or "none"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    return repr(value) if isinstance(value, str) else str(value)
