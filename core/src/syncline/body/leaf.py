"""The leaves of a body: the units that are compared, merged and carried."""

from __future__ import annotations

from attrs import frozen

from .profile import LEAVES
from .tree import Blocks, Element


@frozen
class Leaf:
    """One leaf and where it stands."""

    path: tuple[int, ...]
    """Child indices from the root: `(2, 0, 1)` is `blocks[2].children[0].children[1]`."""
    context: tuple[str, ...]
    """Tags of its ancestors, outermost first."""
    element: Element


def leaves(blocks: Blocks) -> tuple[Leaf, ...]:
    """Return the leaves in reading order.

    A leaf is a paragraph, heading, code block, summary, caption, rule, figure (with its caption),
    video or opaque block.
    """
    found: list[Leaf] = []
    stack = [Leaf((index,), (), block) for index, block in enumerate(blocks)]
    stack.reverse()
    while stack:
        leaf = stack.pop()
        element = leaf.element
        if element.tag in LEAVES:
            found.append(leaf)
            continue
        context = (*leaf.context, element.tag)
        stack.extend(
            Leaf((*leaf.path, index), context, child)
            for index, child in reversed([*enumerate(element.children)])
            if isinstance(child, Element)
        )
    return tuple(found)
