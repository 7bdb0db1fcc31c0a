"""Poor systems join paragraphs by breaks; here the lines are told apart again.

A leaf of the source whose lines are several leaves of the target is cut into these lines, before
and after the edit, so that each line finds its counterpart.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from .correspondence import Correspondence
from .markup import build
from .outline import cut, said
from .runs import BREAK
from .sequence import edits
from .stream import Entry
from .tokens import Token, markup, tokens
from .tree import Element

Lines = list[list[Token]]


def split_lines(
    old: list[Entry], new: list[Entry], held: list[Entry], edit: Correspondence
) -> tuple[list[Entry], list[Entry]] | None:
    """Return `old` and `new` with joined paragraphs cut; None when there are none."""
    runs = _Runs(held)
    before: dict[int, Lines] = {}
    for place, entry in enumerate(old):
        if entry.text.startswith("<p>") and "<br>" in entry.text:
            lines = runs.matched(tokens(cut(entry.text).inner))
            if lines is not None:
                before[place] = lines
    if not before:
        return None
    after = {n: _after(before[o], new[n]) for n, o in edit.to.items() if o in before}
    return _expanded(old, before), _expanded(new, after)


class _Runs:
    """Finds consecutive leaves of the target by their words."""

    def __init__(self, held: list[Entry]) -> None:
        self.words = [entry.words for entry in held if entry.words]
        self.starts: dict[str, list[int]] = {}
        for place, text in enumerate(self.words):
            self.starts.setdefault(text, []).append(place)

    def matched(self, leaf: list[Token]) -> Lines | None:
        """Return the leaf's lines, grouped as consecutive leaves have them; None if none do."""
        if self.starts.get(_text(leaf)):
            return None
        lines = _lines(leaf)
        for count in range(1, len(lines)):
            for start in self.starts.get(_text(_joined(lines[:count])), ())[:_TRIES]:
                groups = self.grouped(lines, start)
                if groups is not None:
                    return groups
        return None

    def grouped(self, lines: Lines, start: int) -> Lines | None:
        groups: Lines = []
        group: Lines = []
        for line in lines:
            group.append(line)
            if start < len(self.words) and _text(_joined(group)) == self.words[start]:
                groups.append(_joined(group))
                group, start = [], start + 1
        return None if group else groups


_TRIES = 8


def _text(leaf: list[Token]) -> str:
    return said(f"<p>{markup(leaf)}</p>")


def _lines(leaf: list[Token]) -> Lines:
    lines: Lines = [[]]
    for token in leaf:
        if token.content == BREAK:
            lines.append([])
        else:
            lines[-1].append(token)
    return lines


def _joined(lines: Lines) -> list[Token]:
    joined = [token for line in lines for token in (Token(BREAK), *line)]
    return joined[1:]


def _after(before: Lines, entry: Entry) -> Lines:
    """Return the edited leaf, cut at the breaks that were boundaries and still are there."""
    old = _joined(before)
    new = tokens(cut(entry.text).inner)
    borders: set[int] = set()
    place = 0
    for line in before[:-1]:
        place += len(line)
        borders.add(place)
        place += 1
    kept: list[int] = []
    i = k = 0
    script = edits([token.content for token in old], [token.content for token in new])
    for edit in (*script, None):
        a = edit.i if edit else len(old)
        kept += [n - i + k for n in range(i, a) if n in borders]
        if edit:
            i, k = edit.j, edit.l
    cuts = [-1, *kept, len(new)]
    return [new[x + 1 : y] for x, y in pairwise(cuts)]


def _expanded(entries: list[Entry], lines: dict[int, Lines]) -> list[Entry]:
    expanded: list[Entry] = []
    for place, entry in enumerate(entries):
        if place in lines:
            expanded += [Entry(_paragraph(line), entry.chain) for line in lines[place]]
        else:
            expanded.append(entry)
    return expanded


def _paragraph(line: list[Token]) -> Element:
    return cast(Element, build(f"<p>{markup(line)}</p>")[0])
