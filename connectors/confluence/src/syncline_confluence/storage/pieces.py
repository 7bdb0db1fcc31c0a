"""Pieces: the blocks that decoding found, each with the place in the page where it stands.

A piece knows the element of the profile that it became and the source nodes that it came from.
Reading needs the first, writing back the second.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from attrs import frozen

from syncline.body import Element, Node

from .source import SourceNode

Mark: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
"""Tag and attributes of one inline mark."""


class Context:
    """The inline elements that are open at one place, innermost last."""

    __slots__ = ("around", "marks", "node", "parent")

    def __init__(
        self,
        marks: tuple[Mark, ...],
        node: SourceNode | None,
        parent: Context | None,
        around: SourceNode | None = None,
    ) -> None:
        self.marks = marks
        self.node = node
        self.parent = parent
        self.around = around
        """The outermost inline element outside of the block that this context belongs to."""

    def inside(self, node: SourceNode, mark: Mark | None = None) -> Context:
        """Return the context within `node`, which adds `mark`."""
        return Context((*self.marks, mark) if mark else self.marks, node, self, self.around)

    def outermost(self) -> SourceNode | None:
        """Return the outermost inline element that is open, those outside of the block included."""
        if self.around is not None:
            return self.around
        context, node = self, self.node
        while context.parent is not None:
            context = context.parent
            node = context.node or node
        return node


@frozen(eq=False)
class Atom:
    """Inline content that stands for one source node as a whole."""

    node: SourceNode
    shown: Element | str


@frozen(eq=False)
class Hidden:
    """An inline source node without content for a reader; it keeps its place."""

    node: SourceNode


@frozen(eq=False)
class Box:
    """The check box before a task, which its list item shows as a character."""

    shown: str


Content: TypeAlias = str | Atom | Hidden | Box
Token: TypeAlias = tuple[Content, Context]


class Kind(Enum):
    """How a piece stands in the source, hence how it is edited."""

    ELEMENT = "element"
    """It is one element; its content is the content of `inner`."""
    RUN = "run"
    """Inline content between two neighbours, without an element of its own."""
    PARAMETER = "parameter"
    """The text of a macro's parameter (`name`), which may be absent."""
    ATOM = "atom"
    """Made from a construct that cannot be edited from outside."""
    VIRTUAL = "virtual"
    """A container that the source leaves out, such as the body of a table."""


class Piece:
    """One block."""

    __slots__ = (
        "after",
        "around",
        "before",
        "box",
        "children",
        "element",
        "holder",
        "inner",
        "kind",
        "name",
        "node",
        "spare",
        "tokens",
        "torn",
    )

    def __init__(
        self, kind: Kind, node: SourceNode | None, inner: SourceNode | None = None
    ) -> None:
        self.kind = kind
        self.node = node
        """The element that goes when the piece is removed."""
        self.inner = inner
        """The element whose content is the piece's content."""
        self.holder: SourceNode | None = None
        """For a run: the element in which it stands."""
        self.after: SourceNode | None = None
        """For a run: the neighbour before it; None at the start of the holder."""
        self.before: SourceNode | None = None
        """For a run: the neighbour behind it; None at the end of the holder."""
        self.around: SourceNode | None = None
        """For a line: the inline element that stands around its block and marks its text."""
        self.torn = False
        """True for a run whose bounds lie inside open inline elements."""
        self.children: list[Piece] = []
        self.tokens: list[Token] = []
        self.element: Element = _NOTHING
        self.name = ""
        """For a parameter: its name."""
        self.box: SourceNode | None = None
        """For a task: the element with its status."""
        self.spare: SourceNode | None = None
        """An empty paragraph inside, which new text may fill."""


_NOTHING = Element("p")


def nest(tokens: list[Token]) -> tuple[Node, ...]:
    """Return the inline nodes that `tokens` stand for, equal marks of neighbours shared."""
    root: list[Node] = []
    open_marks: list[tuple[Mark, list[Node]]] = []
    marks: tuple[Mark, ...] = ()
    level = root
    for content, context in tokens:
        shown = content if content.__class__ is str else _shown(content)
        if shown is None:
            continue
        if context.marks != marks:
            marks = context.marks
            level = _reopen(root, open_marks, marks)
        level.append(shown)
    _close(root, open_marks, 0)
    return tuple(root)


def _shown(content: Content) -> Node | None:
    return None if isinstance(content, Hidden) else getattr(content, "shown", None)


def _reopen(
    root: list[Node], open_marks: list[tuple[Mark, list[Node]]], marks: tuple[Mark, ...]
) -> list[Node]:
    keep = 0
    for (mark, _), wanted in zip(open_marks, marks, strict=False):
        if mark != wanted:
            break
        keep += 1
    _close(root, open_marks, keep)
    open_marks.extend((mark, []) for mark in marks[keep:])
    return open_marks[-1][1] if open_marks else root


def _close(root: list[Node], open_marks: list[tuple[Mark, list[Node]]], keep: int) -> None:
    while len(open_marks) > keep:
        (tag, attrs), children = open_marks.pop()
        parent = open_marks[-1][1] if open_marks else root
        parent.append(Element(tag, attrs, tuple(children)))


__all__ = [
    "Atom",
    "Box",
    "Content",
    "Context",
    "Hidden",
    "Kind",
    "Mark",
    "Piece",
    "Token",
    "nest",
]
