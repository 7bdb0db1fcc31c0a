"""Readable differences of two bodies: blocks first, then words inside changed leaves."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Final

from attrs import frozen

from .alignment import Face, align_leaves
from .markup import attributes
from .outline import Piece, cut, name, shown, split, words
from .profile import PROSE
from .runs import Mark, Marks
from .sequence import edits
from .tokens import Token, lines, readable, tokens


class Change(Enum):
    """What happened to a stretch of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@frozen
class Span:
    """A stretch of one leaf's text."""

    change: Change
    text: str


@frozen(kw_only=True)
class Hunk:
    """One leaf that was added, removed or changed, or a number of unchanged ones."""

    kind: str = ""
    """Tag of the leaf; empty where `skipped` counts unchanged ones."""
    was: str = ""
    """Tag of the leaf before, where it had another."""
    context: tuple[str, ...] = ()
    """Tags of its ancestors, outermost first."""
    spans: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    """Changes that the words do not show: marks, link targets, attributes, the place."""
    skipped: int = 0

    @property
    def change(self) -> Change | None:
        """What happened to the whole leaf; None when it was changed inside."""
        changes = {span.change for span in self.spans}
        return changes.pop() if len(changes) == 1 and not self.notes and not self.was else None


Leaf = Face
"""A leaf's text and the start tags of its ancestors. An empty container counts as one, too."""


def diff(old: str, new: str, *, whole: bool = False) -> tuple[Hunk, ...]:
    """Return what changed between two bodies, in reading order; empty when nothing did.

    Args:
        whole: unchanged leaves are there with their text, instead of being counted.

    Raises:
        Rejected: one of them is no body.
    """
    if old == new and not whole:
        return ()
    same = _shown if whole else _counted
    before, after = split(old), split(new)
    hunks: list[Hunk] = []
    place = 0
    for edit in edits(before, after):
        hunks += same(_flat(before[place : edit.i]))
        hunks += _changed(_flat(before[edit.i : edit.j]), _flat(after[edit.k : edit.l]), same)
        place = edit.j
    hunks += same(_flat(before[place:]))
    return tuple(_joined(hunks))


def _counted(leaves: Sequence[Leaf]) -> list[Hunk]:
    return _skip(len(leaves))


def _skip(count: int) -> list[Hunk]:
    return [Hunk(skipped=count)] if count else []


def _shown(leaves: Sequence[Leaf]) -> list[Hunk]:
    return [_whole(leaf, Change.SAME) for leaf in leaves]


def _joined(hunks: list[Hunk]) -> Iterator[Hunk]:
    """Unchanged leaves that follow each other are counted together."""
    skipped = 0
    for hunk in hunks:
        if hunk.skipped:
            skipped += hunk.skipped
            continue
        yield from _skip(skipped)
        skipped = 0
        yield hunk
    yield from _skip(skipped)


_INNER: Final = frozenset(
    {"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "section"}
    | {"details"}
)


def _flat(blocks: Sequence[str]) -> list[Leaf]:
    """Return the leaves of some blocks."""
    leaves: list[Leaf] = []
    stack = [_face(block, ()) for block in reversed(blocks)]
    while stack:
        leaf = stack.pop()
        piece = cut(leaf.text)
        if piece.tag not in _INNER or not piece.inner:
            leaves.append(leaf)
            continue
        inner = (*leaf.context, piece.start)
        stack.extend(_face(child, inner) for child in reversed(split(piece.inner)))
    return leaves


def _face(element: str, context: tuple[str, ...]) -> Face:
    return Face(element, words(element), context)


def _changed(
    old: list[Leaf], new: list[Leaf], same: Callable[[Sequence[Leaf]], list[Hunk]]
) -> Iterator[Hunk]:
    pairs = align_leaves(old, new)
    i = j = 0
    for a, b in (*pairs, (len(old), len(new))):
        yield from (_whole(leaf, Change.REMOVED) for leaf in old[i:a])
        yield from (_whole(leaf, Change.ADDED) for leaf in new[j:b])
        if a < len(old):
            yield from same([new[b]]) if old[a] == new[b] else [_edited(old[a], new[b])]
        i, j = a + 1, b + 1


def _whole(leaf: Leaf, change: Change) -> Hunk:
    text, _, context = leaf
    span = Span(change, _code(text) if text.startswith("<pre") else shown(text))
    return Hunk(kind=name(text), context=_tags(context), spans=(span,))


def _code(text: str) -> str:
    return "".join(str(token.content) for token in _tokens(cut(text)))


def _tags(context: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name(start) for start in context)


def _edited(old: Leaf, new: Leaf) -> Hunk:
    before, after = cut(old.text), cut(new.text)
    was, now = _tokens(before), _tokens(after)
    spans: list[Span] = []
    notes: list[str] = []
    i = j = 0
    script = edits([token.content for token in was], [token.content for token in now])
    for edit in (*script, None):
        a, b = (edit.i, edit.k) if edit else (len(was), len(now))
        spans += _span(Change.SAME, was[i:a])
        notes += _mark_notes(was[i:a], now[j:b])
        if edit:
            spans += _span(Change.REMOVED, was[edit.i : edit.j])
            spans += _span(Change.ADDED, now[edit.k : edit.l])
            i, j = edit.j, edit.l
    notes += _attribute_notes(before, after) + _place_notes(old.context, new.context)
    return Hunk(
        kind=after.tag,
        was=before.tag if before.tag != after.tag else "",
        context=_tags(new.context),
        spans=tuple(spans),
        notes=tuple(dict.fromkeys(notes)),
    )


def _tokens(piece: Piece) -> list[Token]:
    match piece.tag:
        case "pre":
            return lines(cut(piece.inner).inner)
        case "figure":
            image, *caption = split(piece.inner)
            return [*tokens(image), *tokens(cut(caption[0]).inner if caption else "")]
        case _ if piece.tag in PROSE:
            return tokens(piece.inner)
        case _:
            return [Token(shown(piece.filled(piece.inner)))]


def _span(change: Change, part: Sequence[Token]) -> list[Span]:
    text = readable(part)
    return [Span(change, text)] if text else []


_NAMES: Final = (
    "link",
    "bold",
    "italic",
    "underline",
    "strike",
    "code",
    "subscript",
    "superscript",
)


def _mark_notes(old: Sequence[Token], new: Sequence[Token]) -> list[str]:
    """Return a note for each stretch of unchanged words whose marks changed."""
    notes: list[str] = []
    stretch: list[Token] = []
    last: tuple[Marks, Marks] | None = None
    for was, now in (*zip(old, new, strict=True), (None, None)):
        marks = (was.marks, now.marks) if was is not None and now is not None else None
        if marks != last and last is not None and last[0] != last[1] and stretch:
            notes += _mark_note(readable(stretch), *last)
        if marks != last:
            stretch, last = [], marks
        if was is not None:
            stretch.append(was)
    return notes


def _mark_note(text: str, old: Marks, new: Marks) -> list[str]:
    if not text.strip():
        return []
    lost = {mark.rank: mark for mark in old if mark not in new}
    gained = {mark.rank: mark for mark in new if mark not in old}
    quoted = f'"{text.strip()}"'
    notes: list[str] = []
    for rank in sorted({*lost, *gained}):
        if rank == 0:
            notes.append(f"{quoted}: link {_target(lost)} → {_target(gained)}")
        else:
            notes.append(f"{quoted}: {'not ' if rank in lost else ''}{_NAMES[rank]}")
    return notes


def _target(marks: dict[int, Mark]) -> str:
    return attributes(marks[0].start)["href"] if 0 in marks else "none"


def _attribute_notes(old: Piece, new: Piece) -> list[str]:
    if old.tag == "pre" and new.tag == "pre":
        old, new = cut(old.inner), cut(new.inner)
    if old.tag == "figure" and new.tag == "figure":
        old, new = cut(split(old.inner)[0]), cut(split(new.inner)[0])
    was, now = attributes(old.start), attributes(new.start)
    return [
        f"{key}: {was.get(key, 'none')} → {now.get(key, 'none')}"
        for key in sorted(was | now)
        if was.get(key) != now.get(key)
    ]


def _place_notes(old: tuple[str, ...], new: tuple[str, ...]) -> list[str]:
    if _tags(old) != _tags(new):
        return [f"place: {_where(old)} → {_where(new)}"]
    return [f"{a} → {b}" for a, b in zip(old, new, strict=True) if a != b]


def _where(context: tuple[str, ...]) -> str:
    return " › ".join(_tags(context)) or "top level"


def diff_text(hunks: Sequence[Hunk]) -> str:
    """Return the difference for a terminal, a line for each leaf.

    Removed words are `[-…-]`, added ones `{+…+}`. Characters that could steer a terminal are
    escaped.
    """
    return "".join(f"{_line(hunk)}\n" for hunk in hunks)


def _line(hunk: Hunk) -> str:
    if hunk.skipped:
        return f"  … {hunk.skipped} unchanged"
    sign = {Change.REMOVED: "-", Change.ADDED: "+"}.get(hunk.change or Change.SAME, "~")
    place = " › ".join((*hunk.context, f"{hunk.was} → {hunk.kind}" if hunk.was else hunk.kind))
    plain = sign != "~"
    text = "".join(span.text if plain else _bracketed(span) for span in hunk.spans)
    note = f"  ({'; '.join(hunk.notes)})" if hunk.notes else ""
    return _visible(f"{sign} {place}: {text}{note}")


def _bracketed(span: Span) -> str:
    before, after = _BRACKETS[span.change]
    return f"{before}{span.text}{after}"


_BRACKETS: Final = {
    Change.SAME: ("", ""),
    Change.REMOVED: ("[-", "-]"),
    Change.ADDED: ("{+", "+}"),
}


def _visible(text: str) -> str:
    """Return `text` on one line per line, with nothing that a terminal would obey."""
    text = text.replace("\n", "\n    ")
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if character == "\xa0":
        return " "
    return "    " if character == "\t" else character.encode("unicode_escape").decode("ascii")


def diff_html(hunks: Sequence[Hunk]) -> str:
    """Return the difference as HTML: a paragraph for each leaf, with `ins` and `del`."""
    return "".join(_paragraph(hunk) for hunk in hunks)


def _paragraph(hunk: Hunk) -> str:
    if hunk.skipped:
        return f'<p data-skipped="{hunk.skipped}">… {hunk.skipped} unchanged</p>'
    place = " › ".join((*hunk.context, hunk.kind))
    spans = "".join(_tagged(span) for span in hunk.spans)
    notes = "".join(f"<small>{html.escape(note)}</small>" for note in hunk.notes)
    return f'<p data-place="{html.escape(place)}">{spans}{notes}</p>'


def _tagged(span: Span) -> str:
    text = html.escape(span.text)
    tag = {Change.REMOVED: "del", Change.ADDED: "ins"}.get(span.change)
    return f"<{tag}>{text}</{tag}>" if tag else text
