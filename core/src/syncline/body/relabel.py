"""Attributes of boxes that an edit changed."""

from __future__ import annotations

from .stream import Box, Chain
from .threeway import Three
from .tree import Element


class Relabel:
    """Which of the target's boxes get another tag or other attributes."""

    def __init__(self) -> None:
        self.boxes: dict[Box, Box] = {}

    def note(self, old: Box, new: Box, held: Box | None) -> None:
        """Remember what the edit did to `old`, for its counterpart."""
        if held is None or held in self.boxes or (old.tag, old.attrs) == (new.tag, new.attrs):
            return
        tag = Three(old.tag, new.tag, held.tag).settled or new.tag
        sides = Three(dict(old.attrs), dict(new.attrs), dict(held.attrs))
        attrs = [(name, _merged(name, sides)) for name in {n for side in sides for n in side}]
        pairs = tuple((name, value) for name, value in attrs if value)
        self.boxes[held] = Box(Element(tag, pairs), None)

    def chain(self, chain: Chain) -> Chain:
        """Return the chain with the changed boxes."""
        return tuple(self.boxes.get(box, box) for box in chain) if self.boxes else chain


def _merged(name: str, sides: Three[dict[str, str]]) -> str:
    values = Three(*(side.get(name, "") for side in sides))
    # Both changed it: the edit is what a person wanted.
    return values.left if values.settled is None else values.settled
