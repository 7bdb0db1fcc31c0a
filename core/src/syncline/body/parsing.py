"""Between text and tree: the parsed view of a body."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Rejected
from .markup import build, elements
from .tree import Blocks, Node
from .writer import write


def normal(nodes: Iterable[Node]) -> Blocks:
    """Return the normal form of a loose tree. Total and idempotent.

    Raises:
        Rejected: too deep, or too many elements.
    """
    return elements(build(write(nodes)))


def parse(text: str) -> Blocks:
    """Return the tree of a body's text: `render(parse(text)) == text`.

    Raises:
        Rejected: `text` is not a body in normal form; the message shows where.
    """
    blocks = elements(build(text))
    expected = write(blocks)
    if expected != text:
        at = next((i for i, (a, b) in enumerate(zip(text, expected, strict=False)) if a != b), -1)
        raise Rejected(
            f"not in normal form at character {at}: {text[at : at + 40]!r}, "
            f"expected {expected[at : at + 40]!r}"
        )
    return blocks
