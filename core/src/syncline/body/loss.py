"""What a body loses on another system, in sentences for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

from .profile import MARKS
from .sequence import edits
from .stream import flatten
from .tree import Blocks, Element, Node


@frozen
class Loss:
    """One kind of thing that is lost, and how often."""

    kind: str
    """A stable name: a tag, `tag@attribute`, `tag in tag`, `tag>tag` (the left one became the right
    one, or went), `p+` (joined to another)."""
    count: int
    sentence: str


def losses(before: Blocks, after: Blocks) -> tuple[Loss, ...]:
    """Return what `before` has and its projection `after` has not; empty when nothing is lost."""
    found = [*_changed_leaves(before, after), *_missing(before, after)]
    return tuple(Loss(kind, count, _sentence(kind, count)) for kind, count in found if count > 0)


def _changed_leaves(before: Blocks, after: Blocks) -> Iterator[tuple[str, int]]:
    old, new = _faces(before), _faces(after)
    kinds: Counter[str] = Counter()
    for edit in edits(old, new):
        kinds.update(_between(old[edit.i : edit.j], new[edit.k : edit.l]))
    yield from sorted(kinds.items())


_Face = tuple[str, str]
"""Tag and words of a leaf."""


def _faces(blocks: Blocks) -> list[_Face]:
    return [(e.element.tag, e.words) for e in flatten(blocks) if e.element is not None]


def _between(old: list[_Face], new: list[_Face]) -> Iterator[str]:
    """Pair the leaves of one gap by their words; name each that changed its kind or went."""
    waiting: dict[str, list[str]] = {}
    for tag, text in new:
        waiting.setdefault(text, []).append(tag)
    texts = " ".join(waiting)
    for tag, text in old:
        if waiting.get(text):
            other = waiting[text].pop(0)
            if other != tag:
                yield f"{tag}>{other}"
        elif text and text in texts:
            yield "p+" if tag == "p" else f"{tag}>p"
        elif tag in _GONE:
            yield f"{tag}>"


_GONE: Final = frozenset({"hr", "figure", "video", "div", "caption"})


def _missing(before: Blocks, after: Blocks) -> Iterator[tuple[str, int]]:
    had, has = Counter(_features(before)), Counter(_features(after))
    yield from sorted((had - has).items())


def _features(blocks: Blocks) -> Iterator[str]:
    stack: list[tuple[Node, str]] = [(block, "") for block in blocks]
    while stack:
        node, container = stack.pop()
        if isinstance(node, str):
            continue
        yield from _own_features(node, container)
        inner = node.tag if node.tag in _NAMED else container
        stack.extend((child, inner) for child in node.children)


def _own_features(node: Element, container: str) -> Iterable[str]:
    if node.tag in _COUNTED and container != "pre":
        yield node.tag
        if container in ("li", "td", "th", "blockquote") and node.tag in _MOVING:
            yield f"{node.tag} in {container}"
    for name, _ in node.attrs:
        if f"{node.tag}@{name}" in _ATTRIBUTES:
            yield f"{node.tag}@{name}"


_NAMED: Final = frozenset({"pre", "li", "td", "th", "blockquote", "section", "details"})
_MOVING: Final = frozenset({"table", "ul", "ol", "blockquote", "section", "details"})

_NOUNS: Final = {
    "blockquote": ("quote", "quotes"), "section": ("panel", "panels"),
    "details": ("expander", "expanders"), "table": ("table", "tables"),
    "ul": ("bulleted list", "bulleted lists"), "ol": ("numbered list", "numbered lists"),
    "pre": ("code block", "code blocks"), "hr": ("rule", "rules"), "p": ("paragraph", "paragraphs"),
    "figure": ("image", "images"), "video": ("video", "videos"),
    "div": ("embedded element", "embedded elements"), "caption": ("caption", "captions"),
    "figcaption": ("image caption", "image captions"), "summary": ("title", "titles"),
    "th": ("header cell", "header cells"), "td": ("cell", "cells"),
    "li": ("list item", "list items"),
    **{f"h{n}": (f"heading of level {n}", f"headings of level {n}") for n in range(1, 7)},
}  # fmt: skip
_INLINE: Final = {
    "a": "link", "strong": "bold", "em": "italic", "u": "underlined", "s": "struck out",
    "code": "code", "sub": "subscript", "sup": "superscript",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "a@title": ("link title is", "link titles are"),
    "code@data-lang": ("code language is", "code languages are"),
    "ol@start": ("list number is", "list numbers are"),
    "td@colspan": ("merged cell is", "merged cells are"),
    "td@rowspan": ("merged cell is", "merged cells are"),
    "th@colspan": ("merged header cell is", "merged header cells are"),
    "th@rowspan": ("merged header cell is", "merged header cells are"),
    "th@scope": ("header scope is", "header scopes are"),
    "img@alt": ("alternative text is", "alternative texts are"),
}
_ENCLOSING: Final = frozenset({"blockquote", "section", "details", "table", "ul", "ol"})
_SIMPLE: Final = frozenset({"br", "img", "span", "th"})
_COUNTED: Final = _ENCLOSING | _SIMPLE | frozenset(MARKS)


def _sentence(kind: str, count: int) -> str:
    if kind == "p+":
        return f"{_counted('p', count)} {'is' if count == 1 else 'are'} joined to others"
    if ">" in kind:
        return _conversion(kind, count)
    if " in " in kind:
        return _move(kind, count)
    if kind in _ATTRIBUTES:
        one, many = _ATTRIBUTES[kind]
        return f"{count} {one if count == 1 else many} lost"
    if kind in _ENCLOSING:
        verb = "becomes" if count == 1 else "become"
        return f"{_counted(kind, count)} {verb} paragraphs"
    return _inline_sentence(kind, count)


def _counted(tag: str, count: int) -> str:
    one, many = _NOUNS[tag]
    return f"{count} {one if count == 1 else many}"


def _conversion(kind: str, count: int) -> str:
    old, _, new = kind.partition(">")
    if not new:
        return f"{_counted(old, count)} {'is' if count == 1 else 'are'} left out"
    verb = "becomes" if count == 1 else "become"
    one, many = _NOUNS[new]
    return f"{_counted(old, count)} {verb} {f'a {one}' if count == 1 else many}"


def _move(kind: str, count: int) -> str:
    inner, _, outer = kind.partition(" in ")
    one, many = _NOUNS[inner]
    place = {"li": "a list item", "td": "a cell", "th": "a header cell", "blockquote": "a quote"}
    if count == 1:
        return f"{one} in {place[outer]} moves out of it"
    return f"{count} {many} in {place[outer]} move out of it"


def _inline_sentence(kind: str, count: int) -> str:
    verb = "loses" if count == 1 else "lose"
    match kind:
        case "a":
            return f"{count} {'link keeps' if count == 1 else 'links keep'} only its text"
        case "br":
            return (
                "1 line break becomes a space"
                if count == 1
                else (f"{count} line breaks become spaces")
            )
        case "img":
            return f"{count} {'image is' if count == 1 else 'images are'} left out of the text"
        case "span":
            noun = "embedded element" if count == 1 else "embedded elements"
            return f"{count} {noun} in the text {'becomes' if count == 1 else 'become'} plain text"
        case "th":
            return (
                "1 header cell becomes a plain cell"
                if count == 1
                else (f"{count} header cells become plain cells")
            )
        case _:
            noun = "passage" if count == 1 else "passages"
            return f"{count} {_INLINE[kind]} {noun} {verb} {'its' if count == 1 else 'their'} mark"
