"""Keeps the colours and sizes of words that stay, when a paragraph's words change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .align import matched
from .decode import Decoder, part
from .encode import Encoder
from .runs import Run
from .words import Json

_WORD = re.compile(r"\n|\w+[^\S\n]*|[^\w\s][^\S\n]*|[^\S\n]+")
"""A line break; a word or a sign with the spaces behind it; spaces at the start."""

Said = tuple[str, str, str]
"""A word; or the address of an image, or the key of something opaque."""


class Token(NamedTuple):
    """One word and how the vendor shows it."""

    said: Said
    style: Json | None = None
    """The vendor's `properties`, of a text or of an image."""


def restyled(
    old: Sequence[Json], runs: Sequence[Run], decoder: Decoder, encoder: Encoder
) -> list[Json]:
    """Return content blocks for `runs`, styled as the same words were in `old`.

    New words take the style around them where it is the same on both sides.
    """
    before = [token for block in old for token in _tokens(block, decoder)]
    pieces = [run._replace(text=word) for run in runs for word in _words(run)]
    fresh = encoder.content(pieces)
    if not fresh or not any(token.style for token in before):
        return encoder.content(runs)
    styles = _spaced(pieces, list(_styles(before, [_said(piece) for piece in pieces])))
    out: list[Json] = []
    for piece, block, style in zip(pieces, fresh, styles, strict=True):
        _append(out, block, style, glue=not piece.neutral)
    return out


def _words(run: Run) -> list[str]:
    return [run.text] if run.image or run.opaque else _WORD.findall(run.text)


def _said(run: Run) -> Said:
    if run.image or run.opaque:
        return ("", run.image, run.opaque)
    return (run.text if run.text == "\n" else run.text.strip() or " ", "", "")


def _tokens(block: Json, decoder: Decoder) -> Iterator[Token]:
    member = {"Text": "text", "Image": "image"}.get(str(block.get("type")), "")
    style = part(part(block, member), "properties") or None
    for run in decoder.inline([block]):
        for word in _words(run):
            yield Token(_said(run._replace(text=word)), style)


def _styles(before: Sequence[Token], after: Sequence[Said]) -> Iterator[Json | None]:
    for kind, old, new in matched([token.said for token in before], after):
        around = _around(before, old)
        for at, position in enumerate(new):
            if kind == "equal":
                yield before[old[at]].style
            else:
                yield None if after[position][1] else around


def _spaced(pieces: Sequence[Run], styles: list[Json | None]) -> list[Json | None]:
    """Give each space the style of a neighbour: the normal form moves spaces out of marks."""
    for at, piece in enumerate(pieces):
        if piece.text != "\n" and piece.text.isspace():
            near = [
                styles[beside]
                for beside in (at + 1, at - 1)
                if 0 <= beside < len(pieces) and pieces[beside][1:] == piece[1:]
            ]
            if near and styles[at] not in near:
                styles[at] = near[0]
    return styles


def _around(before: Sequence[Token], old: range) -> Json | None:
    """Return the one style of the words `old`, or on both sides of where there are none."""
    if old:
        styles = [before[at].style for at in old]
    else:
        styles = [before[at].style for at in (old.start - 1, old.start) if 0 <= at < len(before)]
    return styles[0] if styles and all(style == styles[0] for style in styles) else None


def _append(out: list[Json], block: Json, style: Json | None, *, glue: bool) -> None:
    """Add `block` in its style; words in one style become one text."""
    kind = block["type"]
    if kind == "Image" and style:
        alt = part(block["image"], "properties")
        kept = {name: value for name, value in style.items() if name != "altText"}
        block = {**block, "image": {**block["image"], "properties": {**kept, **alt}}}
    elif kind == "Text" and glue:
        if style:
            block = {**block, "text": {**block["text"], "properties": style}}
        before = out[-1] if out else {}
        if before.get("type") == "Text" and _styled_alike(before["text"], block["text"]):
            words = before["text"]["text"] + block["text"]["text"]
            out[-1] = {**before, "text": {**before["text"], "text": words}}
            return
    out.append(block)


def _styled_alike(one: Json, other: Json) -> bool:
    if one["text"] == "\n":
        return False
    return all(one.get(key) == other.get(key) for key in ("marks", "hyperlink", "properties"))
