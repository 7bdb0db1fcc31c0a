"""One sequence of vendor blocks from an old one and what it should say now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from syncline.body.tree import Element

from .align import matched, versions, word_likeness
from .runs import flat
from .words import FONT_TYPES, Json

Fresh = Callable[[Element], Iterable[Json]]
"""Writes an element anew."""

Changed = Callable[[Json, Element, Element], Json | None]
"""`changed(block, said, now)` returns the block with what changed; None: write it anew."""


@frozen
class Old:
    """Vendor blocks that belong together, and the elements that they said."""

    blocks: tuple[Json, ...]
    said: tuple[Element, ...]


def grouped(pairs: Iterable[tuple[Json, tuple[Element, ...]]]) -> tuple[list[Json], list[Old]]:
    """Return the blocks before anything is said, and the others with the silent ones they lead."""
    silent: list[Json] = []
    groups: list[Old] = []
    for block, said in pairs:
        if said:
            groups.append(Old((block,), said))
        elif groups:
            groups[-1] = Old((*groups[-1].blocks, block), groups[-1].said)
        else:
            silent.append(block)
    return silent, groups


def woven(
    old: Sequence[Old], new: Sequence[Element], fresh: Fresh, changed: Changed
) -> Iterator[Json]:
    """Yield blocks that say `new`: old ones where they say it already, else changed or fresh."""
    owners = [(owner, at) for owner in old for at in range(len(owner.said))]
    flatly = [owner.said[at] for owner, at in owners]
    for kind, here, now in matched(flatly, new):
        if kind == "equal":
            yield from _kept([owners[at] for at in here], [new[at] for at in now], fresh)
        else:
            pairs = dict(_versions(owners, here, new, now))
            for at in now:
                yield from _written(pairs.get(at), new[at], fresh, changed)


def _kept(
    owners: Sequence[tuple[Old, int]], new: Sequence[Element], fresh: Fresh
) -> Iterator[Json]:
    at = 0
    while at < len(owners):
        owner, position = owners[at]
        whole = len(owner.said)
        if position == 0 and at + whole <= len(owners):
            yield from owner.blocks
            at += whole
        else:
            yield from fresh(new[at])
            at += 1


def _versions(
    owners: Sequence[tuple[Old, int]], here: range, new: Sequence[Element], now: range
) -> Iterator[tuple[int, Old]]:
    """Yield the position in `new` and the old block that it is a version of."""
    alone = len(here) == len(now) == 1
    before = {at: _words(owners[at][0].said[0]) for at in here if len(owners[at][0].said) == 1}
    after = {at: _words(new[at]) for at in now}

    def likeness(i: int, j: int) -> float:
        if i not in before or family(owners[i][0].said[0]) != family(new[j]):
            return 0.0
        return 1.0 if alone else word_likeness(before[i], after[j])

    for i, j in versions(here, now, likeness):
        yield j, owners[i][0]


def _written(old: Old | None, now: Element, fresh: Fresh, changed: Changed) -> Iterator[Json]:
    block = changed(old.blocks[0], old.said[0], now) if old else None
    if old is None or block is None:
        yield from fresh(now)
    else:
        yield block
        yield from old.blocks[1:]


def family(element: Element) -> str:
    """Return what kind of thing an element is: only things of one kind are versions of one."""
    return "leaf" if element.tag in FONT_TYPES else element.tag


def _words(element: Element) -> str:
    return " ".join(run.text or run.image for run in flat((element,), upgrade=False))
