"""Editing inside one line: what is kept goes back as it was written, what is new is encoded.

A line is cut into units: words, spaces, and atoms such as images, emoticons and opaque nodes. An
edit script between the units before and after says what is kept. Kept units keep the elements
around them (colours, comment markers, links); an element that is kept whole is copied byte for
byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from attrs import frozen

from syncline.body import Element, Node
from syncline.body.runs import Mark, Marks

from .encode import Encoder, escape
from .media import target_of
from .names import VOLATILE
from .pieces import Context, Kind, Piece
from .slots import run_span
from .source import Source, SourceNode
from .spelling import respelled
from .units import RANKS, Fresh, Key, Unit, kept_units, new_units, old_units


@frozen(eq=False)
class _Added:
    """A mark that is new here."""

    mark: Mark
    element: Element


_Open: TypeAlias = "Context | _Added"
_Op: TypeAlias = "int | Fresh"
"""The index of an old unit that is kept, or a new unit."""


class LineEditor:
    """Writes one edited line."""

    def __init__(
        self,
        source: Source,
        encoder: Encoder,
        moved: dict[Key, SourceNode],
        *,
        faithful: bool = True,
    ) -> None:
        """`faithful`: what replaces words stands in the elements that held all of those, and what
        stays is spelled as it was."""
        self._source = source
        self._faithful = faithful
        self._encoder = encoder
        self._moved = moved
        """Atoms of the whole page by key: one that was moved here keeps its markup."""
        self._units: list[Unit] = []
        self._parts: list[str] = []
        self._open: list[_Open] = []
        self._opened: set[int] = set()

    def edit(self, piece: Piece, nodes: Sequence[Node]) -> str:
        """Return the content of the line of `piece` so that it reads as `nodes`."""
        self._units, self._parts = old_units(piece), []
        self._open, self._opened = [], set()
        ops = _script(self._units, new_units(nodes))
        places = {op: place for place, op in enumerate(ops) if isinstance(op, int)}
        extents = _extents(self._units)
        following = _following(self._units, ops)
        standing = _standing(self._units, ops) if self._faithful else {}
        place = 0
        while place < len(ops):
            op = ops[place]
            if isinstance(op, int):
                place = self._keep(op, place, places, extents)
            else:
                self._add(op, following[place], standing.get(place, []))
                place += 1
        self._close(0)
        text = "".join(self._parts)
        return respelled(self._stored(piece), text) if self._faithful else text

    def _stored(self, piece: Piece) -> str:
        """Return the content of a line as the page has it."""
        if piece.kind is Kind.RUN or piece.node is None:
            start, end = run_span(self._source, piece)
        else:
            start, end = self._source.inner(piece.node)
        return self._source.data[start:end].decode()

    def _keep(
        self,
        index: int,
        place: int,
        places: dict[int, int],
        extents: dict[int, tuple[int, int]],
    ) -> int:
        """Write an old unit, or the whole element around it; return the next place."""
        unit = self._units[index]
        assert unit.context is not None, "an old unit has a context"  # noqa: S101
        chain = _chain(unit.context)
        shared = self._shared(chain)
        self._close(shared)
        for context in chain[shared:]:
            first, last = extents[id(context)]
            if first == index and _whole(places, first, last):
                self._parts.append(self._source.text(_node(context)))
                return place + last - first + 1
            if unit.text == " ":
                # A space alone is worth no element: the normal form takes it out of marks.
                break
            self._push(context)
        return place + self._write(index, place, places)

    def _write(self, index: int, place: int, places: dict[int, int]) -> int:
        unit = self._units[index]
        if unit.node is None:
            self._parts.append(escape(unit.text))
            return 1
        size = max(unit.size, 1)
        if unit.hidden or (unit.size > 0 and _whole(places, index, index + size - 1)):
            self._parts.append(self._source.text(unit.node))
            return size
        self._parts.append(escape(unit.text))
        return 1

    def _add(self, fresh: Fresh, following: Context | None, stands: list[Context]) -> None:
        unit = fresh.unit
        wanted = unit.key[1]
        if unit.text == " ":
            wanted = self._marks() if following is None else _common(self._marks(), following)
        self._fit(wanted, [*_chain(following), *stands])
        if unit.text != " ":
            self._enter(stands, wanted)
        present = self._marks()
        for mark in wanted:
            if mark not in present:
                element = next(e for e in fresh.wraps if RANKS[e.tag] == mark.rank)
                self._push(_Added(mark, element))
        if fresh.shown is None:
            self._parts.append(escape(unit.text))
        elif unit.key in self._moved:
            self._parts.append(self._source.text(self._moved[unit.key]))
        else:
            self._parts.append(self._encoder.encode((fresh.shown,)))

    def _enter(self, stands: list[Context], wanted: Marks) -> None:
        """Open the elements that held what the next new unit replaces."""
        shared = self._shared(stands)
        if shared < len(self._open):
            return
        for context in stands[shared:]:
            mark = _mark_of(context)
            if mark is not None and mark not in wanted:
                return
            self._push(context)

    def _fit(self, wanted: Marks, after: list[Context]) -> None:
        """Close what the next new unit must not stand in."""
        keep = 0
        for opened in self._open:
            mark = _mark_of(opened)
            if not (mark in wanted if mark is not None else opened in after):
                break
            keep += 1
        self._close(keep)

    def _marks(self) -> Marks:
        return tuple(mark for m in self._open if (mark := _mark_of(m)) is not None)

    def _shared(self, chain: list[Context]) -> int:
        count = 0
        for opened, context in zip(self._open, chain, strict=False):
            if opened is not context:
                break
            count += 1
        return count

    def _push(self, entry: _Open) -> None:
        self._open.append(entry)
        if isinstance(entry, _Added):
            self._parts.append(_mark_opening(entry.element, self._encoder))
            return
        opening = self._opening(_node(entry))
        if id(entry) in self._opened:
            opening = _without_ids(opening)
        self._opened.add(id(entry))
        self._parts.append(opening)

    def _close(self, keep: int) -> None:
        while len(self._open) > keep:
            entry = self._open.pop()
            if isinstance(entry, _Added):
                self._parts.append(_mark_closing(entry.element, self._encoder))
            elif _node(entry).tag == "ac:link":
                self._parts.append("</ac:link-body></ac:link>")
            else:
                self._parts.append(f"</{_node(entry).tag}>")

    def _opening(self, node: SourceNode) -> str:
        """Return how an element starts; a link up to its text, which becomes rich."""
        opening = self._source.start_tag(node)
        if node.tag != "ac:link":
            return opening
        target = target_of(node)
        middle = self._source.text(target) if target is not None else ""
        return f"{opening}{middle}<ac:link-body>"


def _script(old: Sequence[Unit], new: Sequence[Fresh]) -> list[_Op]:
    """Return what to write, in order: indices of kept units, and new units.

    Hidden units are kept behind the unit that they follow; those at the end of the line stay at
    its end, and blanks that show nothing stay only where both of their neighbours do.
    """
    kept = kept_units(old, new)
    ops: list[_Op] = []
    waiting: list[int] = []
    added, whole = 0, True
    for index, unit in enumerate(old):
        if unit.hidden:
            waiting.append(index)
            continue
        upto = kept.get(index)
        fresh = [] if upto is None else [*range(added, upto)]
        ops += _hidden(old, waiting, whole and upto is not None and not fresh)
        ops += [new[n] for n in fresh]
        if upto is not None:
            ops.append(index)
            added = upto + 1
        waiting, whole = [], upto is not None
    rest = range(added, len(new))
    ops += [new[n] for n in rest]
    return ops + _hidden(old, waiting, whole and not rest)


def _hidden(old: Sequence[Unit], waiting: Sequence[int], blanks: bool) -> list[_Op]:
    return [n for n in waiting if blanks or old[n].node is not None]


def _extents(units: Sequence[Unit]) -> dict[int, tuple[int, int]]:
    """Return the first and last unit inside each context."""
    found: dict[int, tuple[int, int]] = {}
    for index, unit in enumerate(units):
        for context in _chain(unit.context):
            first, _ = found.get(id(context), (index, index))
            found[id(context)] = (first, index)
    return found


def _whole(places: dict[int, int], first: int, last: int) -> bool:
    """Return whether the units `first` to `last` are all kept, with nothing added between."""
    start = places.get(first)
    return (
        start is not None
        and places.get(last) == start + last - first
        and all(index in places for index in range(first, last + 1))
    )


def _chain(context: Context | None) -> list[Context]:
    """Return the contexts that stand for elements inside the line, outermost first."""
    chain: list[Context] = []
    while context is not None and context.node is not None:
        chain.append(context)
        context = context.parent
    chain.reverse()
    return chain


def _following(units: Sequence[Unit], ops: Sequence[_Op]) -> list[Context | None]:
    """Return for each place the context of the next unit that is kept."""
    found: list[Context | None] = []
    context: Context | None = None
    for op in reversed(ops):
        if isinstance(op, int):
            context = units[op].context
        found.append(context)
    found.reverse()
    return found


def _standing(units: Sequence[Unit], ops: Sequence[_Op]) -> dict[int, list[Context]]:
    """Return for each new unit the contexts that all the words had which it replaces.

    Those are the words between the kept ones around it, as many as there are.
    """
    found: dict[int, list[Context]] = {}
    places: list[int] = []
    last = -1
    for place, op in enumerate([*ops, len(units)]):
        if not isinstance(op, int):
            places.append(place)
        elif op == len(units) or not units[op].hidden:
            if places:
                found.update(dict.fromkeys(places, _held(units[last + 1 : op])))
            places, last = [], op
    return found


def _held(replaced: Sequence[Unit]) -> list[Context]:
    chains = [_chain(u.context) for u in replaced if not u.hidden and u.text != " "]
    if not chains:
        return []
    shared = []
    for level in zip(*chains, strict=False):
        if any(context is not level[0] for context in level):
            break
        shared.append(level[0])
    return shared


def _common(marks: Marks, following: Context) -> Marks:
    return tuple(mark for mark in marks if mark in following.marks)


def _mark_of(entry: _Open) -> Mark | None:
    """Return the mark that an open element adds."""
    if isinstance(entry, _Added):
        return entry.mark
    before = entry.parent.marks if entry.parent is not None else ()
    return next((mark for mark in entry.marks if mark not in before), None)


def _node(context: Context) -> SourceNode:
    assert context.node is not None, "chains hold elements only"  # noqa: S101
    return context.node


def _mark_opening(mark: Element, encoder: Encoder) -> str:
    return encoder.encode((mark,)).removesuffix(_mark_closing(mark, encoder))


def _mark_closing(mark: Element, encoder: Encoder) -> str:
    if mark.tag == "a" and encoder.link_opening(mark) is not None:
        return "</ac:link-body></ac:link>"
    return f"</{mark.tag}>"


_IDS = re.compile("|".join(rf' {re.escape(name)}="[^"]*"' for name in sorted(VOLATILE)))


def _without_ids(start_tag: str) -> str:
    return _IDS.sub("", start_tag)


__all__ = ["LineEditor"]
