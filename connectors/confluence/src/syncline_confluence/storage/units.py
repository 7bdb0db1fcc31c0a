"""A line cut into units: words, spaces, and atoms such as images, emoticons and opaque nodes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

from attrs import evolve, frozen

from syncline.body import Element, Node, render
from syncline.body.markup import opening
from syncline.body.profile import MARKS
from syncline.body.runs import Atom, Mark, Marks, with_mark
from syncline.body.sequence import matches

from .flow import worn
from .pieces import Context, Piece, Token
from .source import SourceNode

_UNIT = re.compile(r"[ \t\n\f\r]+|\w+|[^\w]")
RANKS = {tag: rank for rank, tag in enumerate(MARKS)}

Key: TypeAlias = "tuple[str, Marks]"


@frozen(eq=False)
class Unit:
    """One unit of a line: a word, a space, or a node as a whole."""

    key: Key
    text: str
    context: Context | None = None
    node: SourceNode | None = None
    size: int = 1
    """How many units stand for the same node; 0 for all but the first."""
    hidden: bool = False


@frozen(eq=False)
class Fresh:
    """One unit of the body, with the elements that write it where it is new."""

    unit: Unit
    shown: Element | None = None
    """The element, where it is no text."""
    wraps: tuple[Element, ...] = ()
    """The marks around it, outermost first, without their content."""


def old_units(piece: Piece) -> list[Unit]:
    """Return the units of a line of the page."""
    units: list[Unit] = []
    for token in piece.tokens:
        if not token.box:
            units += _units(token)
    return _ends_hidden(units)


def _units(token: Token) -> list[Unit]:
    shown, context, node = token.shown, token.context, token.node
    if shown is None:
        return [Unit(("", ()), "", context, node, hidden=True)]
    marks = worn(shown, context.marks, token.mark)
    if isinstance(shown, Atom):
        key = (shown.markup, () if shown.markup == "<br>" else marks)
        return [Unit(key, "", context, node)]
    words = _words(shown)
    if node is None:
        return [Unit(_key(word, marks), word, context) for word in words]
    return [
        Unit(_key(word, marks), word, context, node, len(words) if n == 0 else 0)
        for n, word in enumerate(words)
    ]


def _ends_hidden(units: list[Unit]) -> list[Unit]:
    """Hide the spaces and breaks that the normal form drops.

    Those are double spaces, spaces beside a break, and both at the end of the line.
    """
    spaced = True
    for index, unit in enumerate(units):
        if not unit.hidden:
            space = unit.text == " " and unit.node is None
            if space and spaced:
                units[index] = evolve(unit, hidden=True)
            spaced = space or unit.key[0] == "<br>"
    spaced = ended = True
    for index in range(len(units) - 1, -1, -1):
        unit = units[index]
        if unit.hidden:
            continue
        space, broken = unit.text == " " and unit.node is None, unit.key[0] == "<br>"
        if (space and spaced) or (broken and ended):
            units[index] = evolve(unit, hidden=True)
        ended = ended and (space or broken)
        spaced = broken or (spaced and space)
    return units


def new_units(nodes: Sequence[Node]) -> list[Fresh]:
    """Return the units of a line of the body."""
    units: list[Fresh] = []
    stack: list[tuple[Node, Marks, tuple[Element, ...]]] = [(n, (), ()) for n in reversed(nodes)]
    while stack:
        node, marks, wraps = stack.pop()
        if isinstance(node, str):
            units += [Fresh(Unit(_key(w, marks), w), None, wraps) for w in _words(node)]
        elif node.tag in RANKS:
            mark = Mark(RANKS[node.tag], opening(node.tag, node.attrs), f"</{node.tag}>")
            inner = (with_mark(marks, mark), (*wraps, Element(node.tag, node.attrs)))
            stack += [(child, *inner) for child in reversed(node.children)]
        else:
            markup = render((node,))
            key = (markup, () if markup == "<br>" else worn(Atom(markup), marks))
            units.append(Fresh(Unit(key, ""), node, wraps))
    return units


def _words(text: str) -> list[str]:
    return [
        " " if word[0] in " \t\n\f\r" else word
        for word in _UNIT.findall(unicodedata.normalize("NFC", text))
    ]


def _key(word: str, marks: Marks) -> Key:
    # The normal form gives a space between two marks to neither.
    return (word, () if word == " " else marks)


def kept_units(old: Sequence[Unit], new: Sequence[Fresh]) -> dict[int, int]:
    """Return which old unit is kept as which new one; an atom is kept whole or not at all."""
    words = _joined(old)
    keys = [("".join(old[n].key[0] for n in word), old[word[0]].key[1]) for word in words]
    kept: dict[int, int] = {}
    for i, j in matches(keys, [fresh.unit.key for fresh in new]):
        kept.update(dict.fromkeys(words[i], j))
    for index, unit in enumerate(old):
        if unit.size > 1:
            start = kept.get(index)
            run = range(index, index + unit.size)
            if start is None or any(kept.get(n) != start + n - index for n in run):
                for n in run:
                    kept.pop(n, None)
    return kept


def _joined(old: Sequence[Unit]) -> list[list[int]]:
    """Return the visible units by word: elements inside a word do not divide it."""
    words: list[list[int]] = []
    before: Unit | None = None
    for index, unit in enumerate(old):
        if unit.hidden:
            continue
        if before is not None and _one_word(before, unit):
            words[-1].append(index)
        else:
            words.append([index])
        before = unit
    return words


def _one_word(one: Unit, other: Unit) -> bool:
    if one.node is not None or other.node is not None or one.key[1] != other.key[1]:
        return False
    return _UNIT.fullmatch(one.text + other.text) is not None and other.text != " "


__all__ = ["RANKS", "Fresh", "Key", "Unit", "kept_units", "new_units", "old_units"]
