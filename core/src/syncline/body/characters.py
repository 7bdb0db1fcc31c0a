"""Characters of texts and attributes: whitespace, control characters, NFC, escaping."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"[ \t\n\f\r]+")
# Not allowed in XML, or without meaning in HTML; C1 controls reach terminals.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """Return `text` without control characters; lone surrogates become U+FFFD."""
    if text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def collapsed(text: str) -> str:
    """Return `text` with each run of spaces, tabs and line ends as one space; not stripped."""
    if text.isprintable() and "  " not in text:
        return text
    return _SPACES.sub(" ", printable(text))


def composed(text: str) -> str:
    """Return `text` in NFC.

    Accents that pile up without end are parted (U+034F, as Unicode's stream-safe format does it):
    ordering a pile takes time with the square of its height.
    """
    if text.isascii():
        return text
    if len(text) > _PILE and _piled(text):
        text = _parted(text)
    return unicodedata.normalize("NFC", text)


_PILE = 64


def _piled(text: str) -> bool:
    """Tell whether accents pile up; always true for piles of two `_PILE`."""
    combining = unicodedata.combining
    return any(
        combining(text[place]) and all(map(combining, text[place : place + _PILE]))
        for place in range(0, len(text), _PILE)
    )


def _parted(text: str) -> str:
    parts: list[str] = []
    start = height = 0
    for place, character in enumerate(text):
        height = height + 1 if unicodedata.combining(character) else 0
        if height > 30:
            parts.append(text[start:place])
            start, height = place, 1
    parts.append(text[start:])
    return "\u034f".join(parts)


def line(text: str) -> str:
    """Return `text` as one normal line, for attributes and plain texts."""
    return composed(collapsed(text)).strip(" ")


def verbatim(text: str) -> str:
    """Return the text of a code block: as it is, but for line ends and control characters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return printable(text)


def escape(text: str) -> str:
    """Return `text` as HTML writes it between tags (the spelling of html5ever)."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text if text.isascii() else text.replace("\xa0", "&nbsp;")


def quote(value: str) -> str:
    """Return `value` as HTML writes it between double quotes."""
    return escape(value).replace('"', "&quot;")


def unescape(text: str) -> str:
    """Undo `escape` and `quote`."""
    if "&" not in text:
        return text
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    return text.replace("&nbsp;", "\xa0").replace("&amp;", "&")
