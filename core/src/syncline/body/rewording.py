"""An edit of one leaf, applied to the form in which another system holds it."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias, cast

from .characters import escape
from .markup import build
from .merging import Merger
from .outline import Piece, cut, shown
from .profile import PROSE
from .runs import BREAK, Atom
from .threeway import Three
from .tokens import Token, lines, markup, readable, tokens
from .tree import Element
from .words import Dispute, merge_words

CROSSES: Final = "the edit goes across an element that the other system cannot show"
CHANGED: Final = "the edit and this side's form change the same words"
OTHER_KIND: Final = "the block is of a kind that the other system cannot edit"

Refusal: TypeAlias = "tuple[Three[str], str]"


class Reworded(NamedTuple):
    """The leaf with the edit, and what stood in its way."""

    element: Element
    disputes: list[Refusal]


def reworded(leaf: Three[str]) -> Reworded:
    """Return the target's leaf (`right`) with the source's edit of its own leaf, left of base."""
    pieces = leaf.map(cut)
    base, left, right = pieces
    if base.tag in PROSE and left.tag in PROSE and right.tag in PROSE:
        return _prose(pieces)
    if right.tag == "pre" and left.tag in (base.tag, "pre") and base.tag in (*PROSE, "pre"):
        return _code(pieces)
    if base.tag == left.tag == right.tag and base.tag in ("figure", "video"):
        return _media(leaf)
    return Reworded(_element(leaf.right), [(leaf.map(shown), OTHER_KIND)])


def _element(text: str) -> Element:
    return cast(Element, build(text)[0])


def _prose(pieces: Three[Piece]) -> Reworded:
    base, left, right = pieces
    words = pieces.map(lambda piece: tokens(piece.inner))
    merged = merge_words(words.base, words.left, words.right, touching=True)
    tag = right.tag if left.tag == base.tag else left.tag
    # Nothing opaque is lost, not even in a proposal: what the edit crossed follows at the end.
    rest = [token for dispute in merged.disputes for token in dispute.right if token.opaque]
    element = _element(f"<{tag}>{markup([*merged.tokens, *rest])}</{tag}>")
    return Reworded(element, [_refusal(dispute) for dispute in merged.disputes])


def _refusal(dispute: Dispute) -> Refusal:
    texts = Three(dispute.base, dispute.left, dispute.right).map(readable)
    opaque = any(token.opaque for token in dispute.right)
    return texts, CROSSES if opaque else CHANGED


def _code(pieces: Three[Piece]) -> Reworded:
    code = cut(pieces.right.inner)
    coded = pieces.map(_lines)
    merged = merge_words(coded.base, coded.left, coded.right, touching=True)
    text = escape("".join(str(token.content) for token in merged.tokens))
    element = _element(f"<pre>{code.start}{text}</code></pre>")
    return Reworded(element, [_refusal(dispute) for dispute in merged.disputes])


def _lines(piece: Piece) -> list[Token]:
    if piece.tag == "pre":
        return lines(cut(piece.inner).inner)
    return [_plain(token) for token in tokens(piece.inner)]


def _plain(token: Token) -> Token:
    if token.content == BREAK:
        return Token("\n")
    return Token("") if isinstance(token.content, Atom) else Token(token.content)


def _media(leaf: Three[str]) -> Reworded:
    merger = Merger(separation=0)
    element = _element(merger.element(leaf, ()))
    return Reworded(element, [(Three(c.base, c.left, c.right), c.reason) for c in merger.clashes])
