"""The normal form: any loose tree of elements becomes the one text that says the same.

One pass. The text is written directly, without a second tree; the tree of a normal form is read
back from its text.
"""

from __future__ import annotations

from collections.abc import Iterable

from .builder import Builder
from .elements import HANDLERS
from .tree import Node


def write(nodes: Iterable[Node]) -> str:
    """Return the normal form of a loose tree, as text. Total and idempotent.

    Raises:
        Rejected: more than `DEPTH` levels or `NODES` nodes.
    """
    return Builder(HANDLERS).write(nodes)
