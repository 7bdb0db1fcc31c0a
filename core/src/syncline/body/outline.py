"""Bodies cut into the texts of their blocks, without parsing what is inside.

Normal form has one spelling, so two blocks are equal exactly when their texts are, and only
blocks that differ have to be looked into.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ..errors import Rejected
from .characters import composed, unescape
from .profile import VOID

_NAME = re.compile(r"<([a-z][a-z0-9]*)[ >]")
_TAGS = re.compile(r"<[^>]*>")
_ENDS = re.compile(r"</(?:p|h[1-6]|pre|summary|caption|figcaption|div|li|td|th|tr)>|<br>|<hr>")


class Piece(NamedTuple):
    """One element cut open: `start + inner + end` is its text; no `end` in a void element."""

    tag: str
    start: str
    inner: str

    @property
    def end(self) -> str:
        return "" if self.tag in VOID else f"</{self.tag}>"

    def filled(self, inner: str) -> str:
        """Return the text of this element with other content."""
        return f"{self.start}{inner}{self.end}"


def split(text: str) -> list[str]:
    """Return the texts of the sibling elements that `text` consists of.

    Raises:
        Rejected: it is not the text of elements in normal form.
    """
    parts: list[str] = []
    place, length = 0, len(text)
    while place < length:
        found = _NAME.match(text, place)
        if found is None:
            raise Rejected(f"not a body: text at character {place}: {text[place : place + 40]!r}")
        end = _end(text, place, found[1])
        parts.append(text[place:end])
        place = end
    return parts


def _end(text: str, place: int, tag: str) -> int:
    if tag in VOID:
        end = text.find(">", place) + 1
    elif tag in _NESTING:
        return _balanced(text, place, tag)
    else:
        close = f"</{tag}>"
        end = text.find(close, place)
        end = end + len(close) if end >= 0 else 0
    if end <= 0:
        raise Rejected(f"not a body: <{tag}> at character {place} is never closed")
    return end


_NESTING = frozenset(
    {"ul", "ol", "li", "table", "thead", "tbody", "tr", "td", "th", "blockquote", "section"}
    | {"details"}
)


@cache
def _either(tag: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){tag}[ >]")


def _balanced(text: str, place: int, tag: str) -> int:
    depth = 0
    for found in _either(tag).finditer(text, place):
        depth += -1 if found[1] else 1
        if depth == 0:
            return found.end()
    raise Rejected(f"not a body: <{tag}> at character {place} is never closed")


def name(element: str) -> str:
    """Return the tag of an element's text."""
    found = _NAME.match(element)
    return found[1] if found else ""


def cut(element: str) -> Piece:
    """Return an element's text cut open."""
    tag, start = name(element), element.find(">") + 1
    return Piece(tag, element[:start], element[start : -len(tag) - 3] if tag not in VOID else "")


_OPAQUE = re.compile(r'<(div|span) data-opaque="([^"]*)">([^<]*)</\1>')
_MEDIA = re.compile(r'<(img|video)(?: alt="([^"]*)")?[^>]*>')


def shown(element: str) -> str:
    """Return an element as a person reads it: its words, and words for what has none."""
    text = _OPAQUE.sub(lambda found: found[3] or f"[{found[2].rpartition('.')[0]}]", element)
    return words(_MEDIA.sub(_media, text).replace("<hr>", "———"))


def _media(found: re.Match[str]) -> str:
    noun = "image" if found[1] == "img" else "video"
    return f"[{noun}: {found[2]}]" if found[2] else f"[{noun}]"


_SHOWN = re.compile(r'<img(?: alt="([^"]*)")?[^>]*>|<video src="([^"]*)">')


def said(element: str) -> str:
    """Return the words of an element as a system says them that has no images and no videos."""
    return words(_SHOWN.sub(lambda found: f" {found[1] or found[2] or ''} ", element))


def words(element: str) -> str:
    """Return the plain text of an element's text, on one line."""
    return composed(" ".join(unescape(_TAGS.sub("", _ENDS.sub(" ", element))).split()))
