"""Which blocks of two lists are the same block, edited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeVar

from .outline import name, said, words
from .profile import PROSE
from .sequence import Pairs, matches

T = TypeVar("T", bound=Hashable)

_CAP = 4_000
"""Products of lengths above this are not compared by similarity."""

_ALIKE = 0.35

Key = Callable[[str], str]
"""Returns what identifies an element among its siblings, "" if nothing does."""


def align(old: Sequence[str], new: Sequence[str], key: Key | None = None) -> Pairs:
    """Return the index pairs of elements that correspond, in order.

    Equal texts first, then equal keys, then the most similar of one kind.
    """
    pairs = matches(old, new)
    if key is not None:
        pairs = _between(old, new, pairs, lambda a, b: _by_key(a, b, key))
    return _between(old, new, pairs, _by_likeness)


def _between(
    old: Sequence[T],
    new: Sequence[T],
    pairs: Pairs,
    find: Callable[[Sequence[T], Sequence[T]], Pairs],
) -> Pairs:
    """Return `pairs` and what `find` finds in each gap between them."""
    every: Pairs = []
    i = j = 0
    for a, b in (*pairs, (len(old), len(new))):
        if a > i and b > j:
            every += [(i + x, j + y) for x, y in find(old[i:a], new[j:b])]
        every.append((a, b))
        i, j = a + 1, b + 1
    return every[:-1]


def _by_key(old: Sequence[str], new: Sequence[str], key: Key) -> Pairs:
    ours, theirs = _keys(old, key), _keys(new, key)
    return matches(ours, theirs)


def _keys(elements: Sequence[str], key: Key) -> list[str | int]:
    """Return the keys; an element without one of its own gets a number that nothing equals."""
    keys = [key(element) for element in elements]
    counts = Counter(keys)
    return [
        value if value and counts[value] == 1 else -1 - id(elements) - index
        for index, value in enumerate(keys)
    ]


def kind(element: str) -> str:
    """Return what an element must share to be the same one, edited."""
    tag = name(element)
    if tag in PROSE:
        return tag if tag in ("summary", "caption", "figcaption") else "prose"
    return {"ol": "ul", "th": "td"}.get(tag, tag)


def _by_likeness(old: Sequence[str], new: Sequence[str]) -> Pairs:
    if len(old) == len(new) == 1:
        return [(0, 0)] if kind(old[0]) == kind(new[0]) else []
    if len(old) * len(new) > _CAP:
        return []
    return _most_alike([_face(e) for e in old], [_face(e) for e in new])


def _by_likeness_of_words(old: Sequence[str], new: Sequence[str]) -> Pairs:
    if len(old) * len(new) > _CAP:
        return []
    ours, theirs = [_worded_face(e) for e in old], [_worded_face(e) for e in new]
    if len(old) == len(new) == 1:
        return [(0, 0)] if ours[0][0] == theirs[0][0] else []
    return _most_alike(ours, theirs)


def _most_alike(old: list[_Face], new: list[_Face]) -> Pairs:
    return _best([[_likeness(a, b) for b in new] for a in old])


def _worded_face(element: str) -> _Face:
    sort, text = kind(element), Counter(said(element).split())
    return ("prose" if text and sort not in ("figure", "video") else sort), text


_Face = tuple[str, Counter[str]]


def _face(element: str) -> _Face:
    return kind(element), Counter(words(element).split())


def _likeness(one: _Face, other: _Face) -> float:
    """Return 0 to 1: the share of words that both have; 0 below what counts as alike."""
    if one[0] != other[0]:
        return 0.0
    size = one[1].total() + other[1].total()
    share = 2 * (one[1] & other[1]).total() / size if size else 0.0
    return share if share >= _ALIKE else 0.0


def _best(scores: list[list[float]]) -> Pairs:
    """Return the pairs in order with the highest sum."""
    rows, columns = len(scores), len(scores[0])
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            paired = scores[i][j] and scores[i][j] + best[i + 1][j + 1]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    pairs: Pairs = []
    i = j = 0
    while i < rows and j < columns:
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def align_leaves(old: Sequence[Face], new: Sequence[Face], *, foreign: bool = False) -> Pairs:
    """Return pairs of leaves, in order.

    Equal ones first; then those of equal text elsewhere, then of equal words, then the most alike:
    of one kind, or of any kinds with words if one list is another system's form (`foreign`).
    """
    pairs = matches(old, new)
    ours, theirs = [face.text for face in old], [face.text for face in new]
    pairs = _between(ours, theirs, pairs, matches)
    pairs = _between(_worded(old, -1), _worded(new, 1), pairs, matches)
    alike = _by_likeness_of_words if foreign else _by_likeness
    return _between(ours, theirs, pairs, alike)


class Face(NamedTuple):
    """What leaves are compared by."""

    text: str
    """As it is written."""
    words: str
    """What a person reads there."""
    context: tuple[str, ...] = ()
    """What it stands in, outermost first."""


def _worded(faces: Sequence[Face], sign: int) -> list[str | int]:
    """Return the words of each; a leaf without words gets a number that nothing equals."""
    return [face.words or sign * (1 + place) for place, face in enumerate(faces)]
