"""Mapping rules: where a left document's category and labels come from, and their inverses.

A list of rules is ordered: the first category rule that holds decides. A two-way rule must be the
only one that leads to its target, or its inverse would have to guess; `faults` finds those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attrs import evolve, frozen

from ..model import Document


@frozen
class Labelled:
    """Holds for documents that carry the label."""

    label: str

    def __str__(self) -> str:
        return f"label {self.label!r}"


@frozen
class Under:
    """Holds for documents below these ancestors (titles that follow each other in the path)."""

    ancestor: tuple[str, ...]

    def __str__(self) -> str:
        return f"ancestor {'/'.join(self.ancestor)!r}"


@frozen
class InSpace:
    """Holds for documents of this container (a space key, a knowledge base, a folder)."""

    space: str

    def __str__(self) -> str:
        return f"space {self.space!r}"


Source: TypeAlias = Labelled | Under | InSpace


@frozen(kw_only=True)
class ToCategory:
    """Documents for which `source` holds are in `category` on the right."""

    source: Source
    category: tuple[str, ...]
    one_way: bool = False


@frozen(kw_only=True)
class ToLabel:
    """The left's `label` is the right's `to_label`."""

    label: str
    to_label: str
    one_way: bool = False


Rule: TypeAlias = ToCategory | ToLabel


def holds(source: Source, document: Document) -> bool:
    """Tell whether `source` holds for a left document."""
    match source:
        case Labelled(label):
            return label in (document.labels or ())
        case Under(ancestor):
            return _contains(document.path, ancestor)
        case InSpace(space):
            return document.container == space


def _contains(path: tuple[str, ...], run: tuple[str, ...]) -> bool:
    return any(path[start : start + len(run)] == run for start in range(len(path)))


def without(source: Source, document: Document) -> Document:
    """Return the nearest document for which `source` does not hold."""
    match source:
        case Labelled(label) if document.labels is not None:
            return evolve(document, labels=document.labels - {label})
        case Under(ancestor) if _contains(document.path, ancestor):
            starts = range(len(document.path))
            first = next(s for s in starts if document.path[s : s + len(ancestor)] == ancestor)
            return evolve(document, path=document.path[:first])
        case InSpace(space) if document.container == space:
            return evolve(document, container="")
        case _:
            return document


def established(source: Source, document: Document) -> Document:
    """Return the nearest document for which `source` holds.

    A store without labels (None) stays without: then the source cannot hold.
    """
    if holds(source, document):
        return document
    match source:
        case Labelled(label) if document.labels is not None:
            return evolve(document, labels=document.labels | {label})
        case Under(ancestor):
            return evolve(document, path=ancestor)
        case InSpace(space):
            return evolve(document, container=space)
        case _:
            return document


def faults(rules: Sequence[Rule], reserved: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield (index, sentence) for each rule that cannot be used beside those before it.

    Rules are numbered from 1 in the sentences, as people count them.
    """
    for later, rule in enumerate(rules):
        if label := _own_label(rule, reserved):
            yield later, f"the label {label!r} is Syncline's own and is never mapped"
        for earlier in range(later):
            if sentence := _clash(rules[earlier], rule, earlier + 1):
                yield later, sentence


def _own_label(rule: Rule, reserved: frozenset[str]) -> str | None:
    return next((name for name in _labels(rule) if name in reserved), None)


def _labels(rule: Rule) -> tuple[str, ...]:
    match rule:
        case ToLabel(label=label, to_label=to_label):
            return label, to_label
        case ToCategory(source=Labelled(label)):
            return (label,)
        case _:
            return ()


def _clash(earlier: Rule, rule: Rule, number: int) -> str | None:
    two_way = not (earlier.one_way or rule.one_way)
    match earlier, rule:
        case ToCategory(), ToCategory():
            if _hides(earlier.source, rule.source):
                return f"it never applies: rule {number} ({earlier.source}) comes first"
            if two_way and earlier.category == rule.category:
                target = "/".join(rule.category)
                return _ambiguous(number, f"the category {target!r}")
        case ToLabel(), ToLabel():
            if earlier.label == rule.label:
                return f"it never applies: rule {number} renames the label {rule.label!r} already"
            if two_way and earlier.to_label == rule.to_label:
                return _ambiguous(number, f"the label {rule.to_label!r}")
        case (ToCategory(source=Labelled(label)) as consumer, ToLabel(label=renamed)) | (
            ToLabel(label=renamed),
            ToCategory(source=Labelled(label)) as consumer,
        ) if label == renamed and not consumer.one_way:
            return (
                f"it and rule {number} both use the label {label!r}: one of them must go, "
                "or the category rule must say one_way = true"
            )
    return None


def _ambiguous(number: int, target: str) -> str:
    return (
        f"it is not one-to-one: rule {number} leads to {target} too, so the way back is not known; "
        "say one_way = true in one of them"
    )


def _hides(earlier: Source, later: Source) -> bool:
    """Tell whether `earlier` holds wherever `later` does."""
    match earlier, later:
        case Under(run), Under(longer):
            return _contains(longer, run)
        case _:
            return earlier == later


__all__ = [
    "InSpace",
    "Labelled",
    "Rule",
    "Source",
    "ToCategory",
    "ToLabel",
    "Under",
    "established",
    "faults",
    "holds",
    "without",
]
