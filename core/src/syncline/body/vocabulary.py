"""What a system can hold, as data, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from attrs import field, frozen

from .profile import BLOCKS, CONTAINERS, INLINE, MARKS, PANELS, TAGS
from .tree import Element, Node


@frozen
class Unwrap:
    """Its content takes its place."""


@frozen
class Drop:
    """It goes, with its content."""


@frozen
class Lift:
    """It moves out of the container, which is continued after it."""


@frozen
class Rename:
    """Its content stays in an element of another kind."""

    tag: str
    attrs: tuple[tuple[str, str], ...] = ()


Rewrite: TypeAlias = Callable[[Element], Iterable[Node]]
Replacement: TypeAlias = "Unwrap | Drop | Lift | Rename | Rewrite"

UNWRAP: Final = Unwrap()
DROP: Final = Drop()
LIFT: Final = Lift()

PARTS: Final = frozenset({"caption", "figcaption", "th"})


def _blocks(tags: Iterable[str]) -> frozenset[str]:
    return frozenset(tags) | {"p"}


def _set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


def _replace(table: Mapping[str, Replacement]) -> Mapping[str, Replacement]:
    _known("elements of bodies that can be replaced", table, BLOCKS | INLINE)
    _renamed(table)
    return table


def _misfit(table: Mapping[str, Replacement]) -> Mapping[str, Replacement]:
    _known("containers of blocks", table, CONTAINERS)
    _renamed(table)
    return table


def _known(what: str, names: Iterable[str], known: frozenset[str]) -> None:
    if unknown := set(names) - known:
        raise ValueError(f"not {what}: {', '.join(sorted(unknown))}")


def _renamed(table: Mapping[str, Replacement]) -> None:
    _known("elements of bodies", [to.tag for to in table.values() if isinstance(to, Rename)], TAGS)


def _inside(table: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    _known("containers of blocks", table, CONTAINERS)
    return {container: _blocks(tags) for container, tags in table.items()}


@frozen(kw_only=True)
class Vocabulary:
    """What a system can hold, as data. Whatever is not named is replaced.

    Paragraphs and texts are always held.

    Raises:
        ValueError: a name is none of the profile, or what is replaced is renamed in a circle.
    """

    blocks: frozenset[str] = field(default=BLOCKS, converter=_blocks)
    """Blocks it holds; `div` stands for opaque blocks."""
    inside: Mapping[str, frozenset[str]] = field(factory=dict, converter=_inside)
    """By container (li, td, th, blockquote, section, details): the blocks that it may hold.
    Containers that are not named hold all of `blocks`."""
    marks: frozenset[str] = field(default=frozenset(MARKS), converter=_set)
    """Inline marks it holds."""
    inline: frozenset[str] = field(default=INLINE - frozenset(MARKS), converter=_set)
    """Other inline elements: `br`, `img`, and `span` for opaque ones. A paragraph of one image is
    a figure, so that a system with `img` has figures without a caption."""
    parts: frozenset[str] = field(default=PARTS, converter=_set)
    """Which of caption, figcaption and th it holds."""
    attrs: Mapping[str, frozenset[str]] = field(factory=dict)
    """By tag: the attributes it keeps. Tags that are not named keep all."""
    panels: frozenset[str] = field(default=frozenset(PANELS), converter=_set)
    """Kinds of panels it holds; others become the first of info, note, … that it does hold."""
    single: frozenset[str] = field(default=frozenset(), converter=_set)
    """Of li, td and th: those that hold one paragraph at most. More are joined by breaks, or
    become items of their own where something stands between."""
    replace: Mapping[str, Replacement] = field(factory=dict, converter=_replace)
    """By tag: what becomes of a block, mark, `br`, `img` or `span` that is not held. A callable
    gets the element and returns nodes; its result is projected again, but what it makes anew of
    the kind that it replaces, no smaller than before, gets the default replacement."""
    misfit: Mapping[str, Replacement] = field(factory=dict, converter=_misfit)
    """By container: what becomes of a block that is held, but not in there."""

    def __attrs_post_init__(self) -> None:
        for tag in self.replace:
            if circle := self._renaming(tag):
                raise ValueError(f"a circle of names, none of which is held: {' to '.join(circle)}")

    def _renaming(self, tag: str) -> list[str]:
        """Return the names that an element goes through on the way back to its own; or none."""
        held, names = self.blocks | self.marks | self.inline, [tag]
        while names[-1] not in held and isinstance(to := self.replace.get(names[-1]), Rename):
            if to.tag in names:
                return [*names, to.tag]
            names.append(to.tag)
        return []

    def holds(self, tag: str, container: str) -> bool:
        """Tell whether block `tag` may stand in `container` ("" at the top level)."""
        if tag == "p":
            return True
        allowed = self.inside.get(container, self.blocks)
        return (tag in self.blocks and tag in allowed) or (tag == "figure" and "img" in self.inline)
