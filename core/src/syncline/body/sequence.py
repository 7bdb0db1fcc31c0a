"""Which items two sequences share, in order: an edit script with a bounded cost.

Common head and tail first; then items that only one side has are set aside, and Myers' algorithm
runs on what is left, up to `EDITS`. Beyond that, items that are unique on both sides anchor the
rest (patience). No input makes it quadratic.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Final, NamedTuple

EDITS: Final = 400
"""Insertions and deletions that are searched for exactly."""

_BETWEEN: Final = 64


class Edit(NamedTuple):
    """`old[i:j]` was replaced by `new[k:l]`; either may be empty, both are not."""

    i: int
    j: int
    k: int
    l: int  # noqa: E741 - the fourth of four bounds


Pairs = list[tuple[int, int]]


def edits(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Edit]:
    """Return what turns `old` into `new`, in order, with unchanged items between any two."""
    found: list[Edit] = []
    i = k = 0
    for a, b in (*matches(old, new), (len(old), len(new))):
        if a > i or b > k:
            found.append(Edit(i, a, k, b))
        i, k = a + 1, b + 1
    return found


def matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Return the index pairs of items that are kept, in order."""
    head = _common_head(old, new)
    tail = _common_tail(old, new, head)
    pairs = [(i, i) for i in range(head)]
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    pairs += [(i + head, j + head) for i, j in _inner(a, b)]
    pairs += [(len(old) - n, len(new) - n) for n in range(tail, 0, -1)]
    return pairs


def _common_head(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n


def _common_tail(a: Sequence[Hashable], b: Sequence[Hashable], head: int) -> int:
    n, most = 0, min(len(a), len(b)) - head
    while n < most and a[-1 - n] == b[-1 - n]:
        n += 1
    return n


def _inner(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs:
    if not a or not b:
        return []
    shared = set(a) & set(b)
    if not shared:
        return []
    left = [i for i, item in enumerate(a) if item in shared]
    right = [j for j, item in enumerate(b) if item in shared]
    x, y = [a[i] for i in left], [b[j] for j in right]
    found = _myers(x, y)
    if found is None:
        found = _patience(x, y)
    return [(left[i], right[j]) for i, j in found]


def _myers(a: Sequence[Hashable], b: Sequence[Hashable], most: int = EDITS) -> Pairs | None:
    """Return the shortest edit script's matches, None when it takes more than `most` edits."""
    n, m = len(a), len(b)
    if abs(n - m) > most:
        return None
    most = min(n + m, most)
    # reach[k] is how far the diagonal x - y == k is known to lead; k counts from the middle.
    reach = [0] * (2 * most + 3)
    trace: list[list[int]] = []
    for d in range(most + 1):
        trace.append(reach[most - d : most + d + 3])
        for k in range(-d, d + 1, 2):
            below, above = reach[most + k], reach[most + k + 2]
            x = above if k == -d or (k != d and below < above) else below + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x, y = x + 1, y + 1
            reach[most + k + 1] = x
            if x >= n and y >= m:
                return _backtrack(trace, n, m)
    return None


def _backtrack(trace: list[list[int]], x: int, y: int) -> Pairs:
    pairs: Pairs = []
    for d in range(len(trace) - 1, -1, -1):
        k = x - y
        below, above = trace[d][d + k], trace[d][d + k + 2]
        downward = k == -d or (k != d and below < above)
        start = above if downward else below
        end = start - (k + 1 if downward else k - 1)
        while x > start and y > end:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = start, end
    pairs.reverse()
    return pairs


def _patience(a: list[Hashable], b: list[Hashable]) -> Pairs:
    """Anchor on items unique on both sides, grow the anchors, and search between them."""
    anchors = _increasing(_unique(a, b))
    pairs: Pairs = []
    i = j = 0
    for x, y in (*anchors, (len(a), len(b))):
        if x < i or y < j:
            continue
        between = _myers(a[i:x], b[j:y], _BETWEEN) if anchors else None
        pairs += [(i + p, j + q) for p, q in between or ()]
        while x < len(a) and y < len(b) and a[x] == b[y]:
            pairs.append((x, y))
            x, y = x + 1, y + 1
        i, j = x, y
    return pairs


def _unique(a: list[Hashable], b: list[Hashable]) -> Pairs:
    once_a, once_b = Counter(a), Counter(b)
    places = {item: j for j, item in enumerate(b) if once_b[item] == 1}
    return [(i, places[x]) for i, x in enumerate(a) if once_a[x] == 1 and x in places]


def _increasing(pairs: Pairs) -> Pairs:
    """Return the longest part of `pairs` that increases on both sides."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        place = bisect_left(tails, j)
        tails[place : place + 1] = [j]
        ends[place : place + 1] = [index]
        before.append(ends[place - 1] if place else -1)
    chain: Pairs = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    chain.reverse()
    return chain
