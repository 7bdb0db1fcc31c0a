"""A text beside the one it comes from: fields that differ, and every word that was changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from attrs import evolve, frozen

from syncline import body as _body
from syncline.body import Change, Hunk, Span
from syncline.errors import Rejected
from syncline.model import FIELDS, Document

MOST_LEAVES: Final = 1500
"""Paragraphs that one panel shows; the frame with the whole text shows the rest."""
MOST_CHARACTERS: Final = 300_000
_NEAR: Final = 2
"""Unchanged paragraphs that are shown on each side of a change."""
_NAMES: Final = {
    "title": "Title",
    "category": "Category",
    "labels": "Labels",
    "alternatives": "Other phrases",
}
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@frozen(kw_only=True)
class FieldDiff:
    """A field of two documents, in words."""

    name: str
    was: str
    now: str

    @property
    def changed(self) -> bool:
        return self.was != self.now


@frozen(kw_only=True)
class Line:
    """One paragraph, cell, heading or list item of a text."""

    place: str
    """What it is, where it is no plain paragraph: `heading`, `list item`, `table cell`."""
    spans: tuple[Span, ...]
    notes: tuple[str, ...]
    change: str
    """`same`, `added`, `removed` or `changed`."""
    heading: bool = False
    code: bool = False

    @property
    def size(self) -> int:
        """Characters."""
        return sum(len(span.text) for span in self.spans)


@frozen(kw_only=True)
class Stretch:
    """Lines that follow each other; folded away where nothing in them is new."""

    lines: tuple[Line, ...]
    folded: bool
    more: int = 0
    """Lines that would follow, and for which the page has no room."""


@frozen(kw_only=True)
class Panel:
    """One document against another one."""

    fields: tuple[FieldDiff, ...]
    stretches: tuple[Stretch, ...]
    changes: int
    """Paragraphs that were added, removed or changed."""

    @property
    def cut(self) -> int:
        """How many paragraphs are not shown, because there are too many."""
        return sum(stretch.more for stretch in self.stretches)

    @property
    def unchanged(self) -> bool:
        return not self.changes and not any(f.changed for f in self.fields)


def panel(old: Document | None, new: Document) -> Panel:
    """Return what `new` says, with what it changed of `old`; without `old`, all of it is plain."""
    base = old if old is not None else new
    hunks = _hunks(base.body, new.body)
    lines = [_line(hunk) for hunk in hunks]
    return Panel(
        fields=tuple(_fields(base, new)),
        stretches=tuple(_within(list(_stretches(lines, fold=old is not None)))),
        changes=sum(line.change != "same" for line in lines),
    )


def _within(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return the stretches as far as a page has room; what changed comes first."""
    leaves, characters = MOST_LEAVES, MOST_CHARACTERS
    kept = list(stretches)
    for i in sorted(range(len(stretches)), key=lambda i: stretches[i].folded):
        lines = stretches[i].lines
        count = _fitting(lines[:leaves], characters)
        kept[i] = evolve(stretches[i], lines=lines[:count], more=len(lines) - count)
        leaves -= count
        characters -= sum(line.size for line in lines[:count])
    return kept


def _fitting(lines: Sequence[Line], characters: int) -> int:
    for count, line in enumerate(lines):
        characters -= line.size
        if characters < 0:
            return count
    return len(lines)


def _hunks(old: str, new: str) -> Sequence[Hunk]:
    try:
        return _body.diff(old, new, whole=True)
    except Rejected:
        return _body.diff(_body.from_html(old), _body.from_html(new), whole=True)


def _fields(old: Document, new: Document) -> Iterator[FieldDiff]:
    for name in FIELDS:
        if name != "body" and (getattr(old, name) is not None or getattr(new, name) is not None):
            was, now = said(getattr(old, name)), said(getattr(new, name))
            yield FieldDiff(name=_NAMES[name], was=was, now=now)


def said(value: Any) -> str:
    """Return a field's value in words."""
    match value:
        case None:
            return "(cannot be held)"
        case frozenset():
            return ", ".join(sorted(value)) or "(none)"
        case tuple():
            return " / ".join(str(part) for part in value) or "(none)"
        case _:
            return str(value) or "(empty)"


def _line(hunk: Hunk) -> Line:
    whole = {Change.SAME: "same", Change.ADDED: "added", Change.REMOVED: "removed"}
    return Line(
        place=_place(hunk),
        spans=hunk.spans,
        notes=hunk.notes,
        change=whole[hunk.change] if hunk.change is not None else "changed",
        heading=hunk.kind in _HEADINGS,
        code=hunk.kind == "pre",
    )


def _place(hunk: Hunk) -> str:
    kinds = {
        "pre": "code",
        "figure": "picture",
        "div": "other content",
        "caption": "caption",
        "summary": "title of a fold-out",
        "video": "video",
    }
    parts = [f"{hunk.was} → {hunk.kind}" if hunk.was else kinds.get(hunk.kind, "")]
    if hunk.kind in _HEADINGS:
        parts = [f"heading {hunk.kind[1]}"]
    holders = {"li": "list item", "td": "table cell", "th": "header cell"}
    holders |= {"blockquote": "quote", "section": "panel", "details": "fold-out"}
    inner = next((holders[tag] for tag in reversed(hunk.context) if tag in holders), "")
    return ", ".join(part for part in (inner, *parts) if part)


def _stretches(lines: Sequence[Line], *, fold: bool) -> Iterator[Stretch]:
    """Fold away unchanged lines that are far from any change."""
    changed = [i for i, line in enumerate(lines) if line.change != "same"]
    near = {i + d for i in changed for d in range(-_NEAR, _NEAR + 1)}
    for far, group in groupby(range(len(lines)), key=lambda i: i not in near):
        part = tuple(lines[i] for i in group)
        yield Stretch(lines=part, folded=fold and far and len(part) > _NEAR)


__all__ = ["MOST_LEAVES", "FieldDiff", "Line", "Panel", "Stretch", "panel", "said"]
