"""Inline content as words, for comparing and merging inside a leaf."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from .characters import unescape
from .profile import MARKS, VOID
from .runs import Atom, Mark, Marks, Run, spell

_PART = re.compile(r"([^<]+)|<span [^>]*>[^<]*</span>|<(/?)([a-z]+)[^>]*>")
_WORD = re.compile(r"\w+|\s|[^\w\s]")
_LINE = re.compile(r"\w+|[ \t]+|\n|[^\w\s]|\s")
_RANKS: Final = {tag: rank for rank, tag in enumerate(MARKS)}


class Token(NamedTuple):
    """A word, a space, a sign or an atom, and the marks around it."""

    content: str | Atom
    marks: Marks = ()

    @property
    def blank(self) -> bool:
        return isinstance(self.content, str) and self.content.isspace()

    @property
    def opaque(self) -> bool:
        return isinstance(self.content, Atom) and self.content.markup.startswith("<span")


def tokens(inner: str) -> list[Token]:
    """Return the tokens of a prose leaf's inner markup."""
    found: list[Token] = []
    marks: Marks = ()
    for part in _PART.finditer(inner):
        text, closing, tag = part.groups()
        if text is not None:
            found += [Token(word, marks) for word in _WORD.findall(unescape(text))]
        elif closing:
            marks = tuple(mark for mark in marks if mark.rank != _RANKS[tag])
        elif tag is None or tag in VOID:
            found.append(Token(Atom(part[0]), marks))
        else:
            marks = tuple(sorted((*marks, Mark(_RANKS[tag], part[0], f"</{tag}>"))))
    return found


def lines(code: str) -> list[Token]:
    """Return the tokens of a code block's escaped text."""
    return [Token(word) for word in _LINE.findall(unescape(code))]


def markup(content: Iterable[Token]) -> str:
    """Return the inner markup of a prose leaf with these tokens, in its one spelling."""
    runs: list[Run] = [(token.marks, token.content) for token in content]
    return spell(runs)


def readable(content: Iterable[Token]) -> str:
    """Return the tokens as a person reads them."""
    return "".join(_readable(token.content) for token in content)


def _readable(content: str | Atom) -> str:
    if isinstance(content, str):
        return content
    if content.markup == "<br>":
        return " ⏎ "
    return described(content.markup)


_ALT = re.compile(r' alt="([^"]*)"')
_KEY = re.compile(r'data-opaque="([^"]*)"[^>]*>([^<]*)')


def described(markup: str) -> str:
    """Return words for an image, a video or an opaque node."""
    if opaque := _KEY.search(markup):
        return unescape(opaque[2]) or f"[{opaque[1].rpartition('.')[0]}]"
    alt = _ALT.search(markup)
    kind = "video" if markup.startswith("<video") else "image"
    return f"[{kind}: {unescape(alt[1])}]" if alt else f"[{kind}]"
