"""The parsed view of a body: elements and text, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from attrs import field, frozen

Node: TypeAlias = "Element | str"


def _sorted(attrs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    if isinstance(attrs, tuple) and len(attrs) < 2:
        return attrs
    return tuple(sorted(attrs))


@frozen
class Element:
    """One element of the body profile; `attrs` are sorted by name."""

    tag: str
    attrs: tuple[tuple[str, str], ...] = field(default=(), converter=_sorted)
    children: tuple[Node, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """Return the attribute `name`."""
        for key, value in self.attrs:
            if key == name:
                return value
        return default


Blocks: TypeAlias = "tuple[Element, ...]"


def element(tag: str, *children: Node, **attrs: str | None) -> Element:
    """Return an element; `data_lang="x"` becomes the attribute `data-lang`, None is left out."""
    pairs = ((k.replace("_", "-"), v) for k, v in attrs.items() if v is not None)
    return Element(tag, pairs, children)
