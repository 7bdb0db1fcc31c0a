"""Which block of a page became which block of the body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from syncline.body import Element, render
from syncline.body.sequence import edits

from .pieces import Kind
from .slots import Slot, texts

_PROSE = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_KINDS = {**dict.fromkeys(_PROSE, "p"), "ul": "list", "ol": "list", "td": "cell", "th": "cell"}
_NEVER = frozenset({"hr", "div", "video"})
_SEARCHED = 2_500
"""Pairs of blocks compared in one gap; a larger gap is paired in order."""


@frozen
class Step:
    """One block that stays (`old` and `new`), goes (`old`), or comes (`new`)."""

    old: Slot | None
    new: Element | None
    same: bool = False


def pair(slots: Sequence[Slot], elements: Sequence[Element]) -> list[Step]:
    """Return what became of each of `slots`, and where the new blocks stand, in order."""
    keys = [render((element,)) for element in elements]
    steps: list[Step] = []
    i = k = 0
    for edit in edits([slot.key for slot in slots], keys):
        steps += _same(slots[i : edit.i], elements[k : edit.k])
        steps += _gap(slots[edit.i : edit.j], elements[edit.k : edit.l])
        i, k = edit.j, edit.l
    return steps + _same(slots[i:], elements[k:])


def _same(slots: Sequence[Slot], elements: Sequence[Element]) -> list[Step]:
    return [Step(s, e, same=True) for s, e in zip(slots, elements, strict=True)]


def _gap(old: Sequence[Slot], new: Sequence[Element]) -> list[Step]:
    """Return the steps for blocks of which none is unchanged."""
    if len(old) == 1 and len(new) == 1 and _compatible(old[0], new[0]):
        chosen = [(0, 0)] if _likely(old[0], new[0]) else []
    elif len(old) * len(new) <= _SEARCHED:
        chosen = _heaviest(old, new)
    else:
        both = zip(range(len(old)), range(len(new)), strict=False)
        chosen = [(i, k) for i, k in both if _compatible(old[i], new[k])]
    return _steps(old, new, chosen)


def _steps(
    old: Sequence[Slot], new: Sequence[Element], chosen: Sequence[tuple[int, int]]
) -> list[Step]:
    steps: list[Step] = []
    i = k = 0
    for a, b in (*chosen, (len(old), len(new))):
        steps += [Step(slot, None) for slot in old[i:a]]
        steps += [Step(None, element) for element in new[k:b]]
        if a < len(old):
            steps.append(Step(old[a], new[b]))
        i, k = a + 1, b + 1
    return steps


def _compatible(slot: Slot, element: Element) -> bool:
    tag = slot.element.tag
    if tag in _NEVER:
        return False
    return _KINDS.get(tag, tag) == _KINDS.get(element.tag, element.tag)


def _likely(slot: Slot, element: Element) -> bool:
    """Return whether the one is an edit of the other; what stands for a macro must resemble it."""
    return slot.piece.kind is not Kind.ATOM or _resemblance(slot.element, element) >= 0.5


def _resemblance(one: Element, other: Element) -> float:
    a, b = Counter(texts((one,))), Counter(texts((other,)))
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 1.0


def _heaviest(old: Sequence[Slot], new: Sequence[Element]) -> list[tuple[int, int]]:
    """Return the pairs in order whose resemblance adds up to most."""
    weights = [[_weight(slot, element) for element in new] for slot in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for k in range(len(new) - 1, -1, -1):
            skip = max(best[i + 1][k], best[i][k + 1])
            take = weights[i][k] + best[i + 1][k + 1] if weights[i][k] else 0.0
            best[i][k] = max(skip, take)
    return _trace(weights, best)


def _trace(weights: list[list[float]], best: list[list[float]]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    i = k = 0
    while i < len(weights) and k < len(weights[i]):
        if weights[i][k] and best[i][k] == weights[i][k] + best[i + 1][k + 1]:
            pairs.append((i, k))
            i, k = i + 1, k + 1
        elif best[i][k] == best[i + 1][k]:
            i += 1
        else:
            k += 1
    return pairs


def _weight(slot: Slot, element: Element) -> float:
    if not _compatible(slot, element) or not _likely(slot, element):
        return 0.0
    return 0.05 + _resemblance(slot.element, element)


__all__ = ["Step", "pair"]
