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


@frozen
class Under:
    """Holds for documents below these ancestors (titles that follow each other in the path)."""

    ancestor: tuple[str, ...]


@frozen
class InSpace:
    """Holds for documents of this container (a space key, a knowledge base, a folder)."""

    space: str


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

    Rules are numbered from 1 in the sentences, as people count them. Linear in the rules.
    """
    seen: dict[object, int] = {}
    for index, rule in enumerate(rules):
        for label in _labels(rule):
            if label in reserved:
                yield index, f"the label {label!r} is Syncline's own and is never mapped"
        for key, sentence in _claims(rule):
            if key in seen and seen[key] != index:
                yield index, sentence.format(number=seen[key] + 1)
                break
        for key in _holds_for(rule):
            seen.setdefault(key, index)


def _labels(rule: Rule) -> tuple[str, ...]:
    match rule:
        case ToLabel(label=label, to_label=to_label):
            return label, to_label
        case ToCategory(source=Labelled(label)):
            return (label,)
        case _:
            return ()


_NEVER = "it never applies: rule {number} comes first wherever this one could hold"
_BOTH = (
    "it and rule {number} both use this label: one of them must go, or the category rule must say "
    "one_way = true"
)
_AMBIGUOUS = (
    "it is not one-to-one: rule {number} leads to the same target, so the way back is not known; "
    "say one_way = true in one of them"
)


def _claims(rule: Rule) -> Iterator[tuple[object, str]]:
    """Yield what no earlier rule may hold, and the sentence for the one that does."""
    match rule:
        case ToCategory(source=source, category=category, one_way=one_way):
            yield from ((("source", wider), _NEVER) for wider in _wider(source))
            if not one_way:
                yield ("category", category), _AMBIGUOUS
                yield ("renamed", source), _BOTH
        case ToLabel(label=label, to_label=to_label, one_way=one_way):
            yield ("renamed", Labelled(label)), _NEVER
            yield ("meaning", Labelled(label)), _BOTH
            if not one_way:
                yield ("label", to_label), _AMBIGUOUS


def _holds_for(rule: Rule) -> Iterator[object]:
    match rule:
        case ToCategory(source=source, category=category, one_way=one_way):
            yield "source", source
            if not one_way:
                yield "category", category
                yield "meaning", source
        case ToLabel(label=label, to_label=to_label, one_way=one_way):
            yield "renamed", Labelled(label)
            if not one_way:
                yield "label", to_label


def _wider(source: Source) -> Iterator[Source]:
    """Yield every source that holds wherever `source` does."""
    match source:
        case Under(run):
            ends = ((a, b) for a in range(len(run)) for b in range(a + 1, len(run) + 1))
            yield from (Under(run[a:b]) for a, b in ends)
        case _:
            yield source


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
