"""Which things of an old sequence are which of a new one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher

Pair = tuple[int | None, int | None]
"""Positions in the old and the new sequence; None where there is no counterpart."""

WIDEST = 400
"""Comparisons that are spent on one changed stretch; a longer one is written anew."""

MOST_PAIRS = 40_000
"""Equal pairs in one stretch; with more of them (the same few words again and again) looking for
the best match takes seconds, and the stretch counts as changed."""

LIKE = 0.34
"""From which share of common words on two changed blocks are versions of one."""


def matched(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[str, range, range]]:
    """Yield stretches `("equal" | "changed", positions in old, positions in new)`, in order."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if start:
        yield "equal", range(start), range(start)
    yield from _middle(old, new, start, len(old) - end, len(new) - end)
    if end:
        yield "equal", range(len(old) - end, len(old)), range(len(new) - end, len(new))


def _middle(
    old: Sequence[Hashable], new: Sequence[Hashable], start: int, a: int, b: int
) -> Iterator[tuple[str, range, range]]:
    before, after = Counter(old[start:a]), Counter(new[start:b])
    if sum(count * after[thing] for thing, count in before.items()) > MOST_PAIRS:
        yield "changed", range(start, a), range(start, b)
        return
    matcher = SequenceMatcher(None, old[start:a], new[start:b], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        kind = "equal" if tag == "equal" else "changed"
        yield kind, range(start + i1, start + i2), range(start + j1, start + j2)


def versions(
    old: range, new: range, likeness: Callable[[int, int], float]
) -> list[tuple[int, int]]:
    """Return which of `old` became which of `new` inside one changed stretch, in order.

    `likeness(i, j)` is 0 for things that cannot be versions of one, else at most 1.
    """
    if len(old) * len(new) > WIDEST:
        return []
    best: dict[tuple[int, int], float] = {}
    for i in reversed(old):
        for j in reversed(new):
            together = likeness(i, j)
            below = best.get((i + 1, j + 1), 0.0)
            best[i, j] = max(
                best.get((i + 1, j), 0.0),
                best.get((i, j + 1), 0.0),
                below + together if together >= LIKE else 0.0,
            )
    return _path(old, new, best)


def _path(old: range, new: range, best: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    i, j, pairs = old.start, new.start, []
    while i < old.stop and j < new.stop:
        here = best[i, j]
        if here == 0.0:
            break
        if here == best.get((i + 1, j), 0.0):
            i += 1
        elif here == best.get((i, j + 1), 0.0):
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def word_likeness(old: str, new: str) -> float:
    """Return the share of words that two texts have in common, from 0 to 1."""
    if old == new:
        return 1.0
    a, b = set(old.split()), set(new.split())
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0
