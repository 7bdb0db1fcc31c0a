"""Inline content as a flat list of runs, and its one spelling.

A run is a text or an atom (`br`, `img`, an opaque span) with the marks around it. Flat runs make
nesting irrelevant: whatever order a system nests its marks in, the runs are the same.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from .characters import collapsed, composed, escape


class Mark(NamedTuple):
    """One inline mark; `rank` is its place in the nesting order, outermost first."""

    rank: int
    start: str
    end: str


Marks = tuple[Mark, ...]
"""Sorted by rank, one of each."""


class Atom(NamedTuple):
    """Inline content that is no text, as it is written."""

    markup: str


Run = tuple[Marks, "str | Atom"]

BREAK: Final = Atom("<br>")
_LINK: Final = 0


def with_mark(marks: Marks, mark: Mark) -> Marks:
    """Return `marks` and `mark`; a link inside a link replaces it, other marks count once."""
    for present in marks:
        if present.rank == mark.rank:
            if mark.rank != _LINK:
                return marks
            marks = marks[1:]
            break
    return tuple(sorted((*marks, mark)))


def spell(runs: list[Run]) -> str:
    """Return the markup of `runs`: whitespace collapsed and outside of marks, marks merged."""
    if len(runs) == 1:
        marks, content = runs[0]
        if not marks and not isinstance(content, Atom):
            return escape(composed(collapsed(content).strip(" ")))
    plain = _plainly(runs)
    if plain is not None:
        return plain
    return _nested(_joined(_respaced(_collapsed(_joined(runs)))))


def _plainly(runs: list[Run]) -> str | None:
    """Return the markup in one pass where it is nearly normal already, None where it is not."""
    parts: list[str] = []
    opened: Marks | None = None
    spaced = True
    for marks, content in runs:
        if isinstance(content, Atom):
            if content is BREAK:
                return None
            piece, spaced = content.markup, False
        else:
            # A space alone takes the marks that both of its neighbours have.
            if not content or marks == opened or content == " " or "  " in content:
                return None
            if content[0] == " " and (marks or spaced):
                return None
            spaced = content[-1] == " "
            if spaced and marks:
                return None
            if content.isascii():
                if not content.isprintable():
                    return None
                piece = escape(content) if _SPECIAL.search(content) else content
            elif content.isprintable() or content.replace("\xa0", "").isprintable():
                piece = escape(composed(content))
            else:
                return None
        if not marks:
            if opened:
                parts += [mark.end for mark in reversed(opened)]
        elif not opened:
            parts += [mark.start for mark in marks]
        elif marks != opened:
            _switch(parts, opened, marks)
        opened = marks
        parts.append(piece)
    if spaced:
        return None
    if opened:
        parts += [mark.end for mark in reversed(opened)]
    return "".join(parts)


_SPECIAL = re.compile("[&<>]")


def _switch(parts: list[str], opened: Marks, marks: Marks) -> None:
    """Close the marks that end and open those that start."""
    keep = 0
    for mine, theirs in zip(opened, marks, strict=False):
        if mine != theirs:
            break
        keep += 1
    parts += [mark.end for mark in reversed(opened[keep:])]
    parts += [mark.start for mark in marks[keep:]]


def _joined(runs: list[Run]) -> list[Run]:
    """Texts that follow each other with the same marks become one."""
    out: list[Run] = []
    last: Marks | None = None
    parts: list[str] = []
    for marks, content in runs:
        if isinstance(content, Atom):
            if last is not None:
                out.append((last, "".join(parts)))
                last = None
            out.append((marks, content))
        elif marks == last:
            parts.append(content)
        else:
            if last is not None:
                out.append((last, "".join(parts)))
            last, parts = marks, [content]
    if last is not None:
        out.append((last, "".join(parts)))
    return out


def _collapsed(runs: list[Run]) -> list[Run]:
    """Spaces become single and runs of their own; none at the ends or beside a break."""
    out: list[Run] = []
    spaced = True
    for marks, content in runs:
        if isinstance(content, Atom):
            if content == BREAK and out and out[-1][1] == " ":
                out.pop()
            out.append((marks, content))
            spaced = content == BREAK
            continue
        text = collapsed(content)
        core = text.strip(" ")
        if text[:1] == " " and not spaced:
            out.append((marks, " "))
            spaced = True
        if core:
            out.append((marks, core))
            spaced = text[-1:] == " "
            if spaced:
                out.append((marks, " "))
    while out and (out[-1][1] == " " or out[-1][1] == BREAK):
        out.pop()
    return out


def _respaced(runs: list[Run]) -> list[Run]:
    """Spaces and breaks between two runs take the marks that both have."""
    gaps = [content == " " or content == BREAK for _, content in runs]
    if True not in gaps:
        return runs
    after: Marks = ()
    following: list[Marks] = []
    for (marks, _), gap in zip(reversed(runs), reversed(gaps), strict=True):
        after = after if gap else marks
        following.append(after)
    following.reverse()
    out: list[Run] = []
    before: Marks = ()
    for (marks, content), gap, after in zip(runs, gaps, following, strict=True):
        before = before if gap else marks
        out.append((_shared(before, after) if gap else marks, content))
    return out


def _shared(one: Marks, other: Marks) -> Marks:
    if one == other:
        return one
    return tuple(mark for mark in one if mark in other)


def _nested(runs: list[Run]) -> str:
    parts: list[str] = []
    opened: Marks = ()
    for marks, content in runs:
        if marks != opened:
            _switch(parts, opened, marks)
            opened = marks
        if isinstance(content, Atom):
            parts.append(content.markup)
        else:
            parts.append(escape(composed(content)))
    _switch(parts, opened, ())
    return "".join(parts)
