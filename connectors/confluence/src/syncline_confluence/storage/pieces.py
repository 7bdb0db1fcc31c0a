"""Pieces: the blocks that decoding found, each with the place in the page where it stands."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from attrs import frozen

from syncline.body.runs import Atom, Mark, Marks, with_mark

from .source import SourceNode

Shown: TypeAlias = "str | Atom"
"""Inline content as the profile has it: text, or the markup of an image or an opaque node."""


class Context:
    """The inline elements that are open at one place, innermost last."""

    __slots__ = ("around", "marks", "node", "parent")

    def __init__(
        self,
        marks: Marks,
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
        marks = self.marks
        if mark is not None:
            marks = with_mark(marks, mark) if marks else (mark,)
        return Context(marks, node, self, self.around)

    def outermost(self) -> SourceNode | None:
        """Return the outermost inline element that is open, those outside of the block included."""
        if self.around is not None:
            return self.around
        context, node = self, self.node
        while context.parent is not None:
            context = context.parent
            node = context.node or node
        return node


TOP = Context((), None, None)
"""No inline element is open."""


@frozen(eq=False)
class Token:
    """A part of a line: a text, or a source node as a whole.

    `shown` is None for a node without content for a reader, which only keeps its place.
    """

    shown: Shown | None
    context: Context
    node: SourceNode | None = None
    mark: Mark | None = None
    """A link that `node` adds to what it shows."""
    box: bool = False
    """True for the check box before a task, which stands for no text of the line."""


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
    """A container that the source leaves out, such as the item of a list in a list."""


class Piece:
    """One block."""

    __slots__ = (
        "after",
        "around",
        "before",
        "box",
        "children",
        "holder",
        "inner",
        "kind",
        "name",
        "node",
        "spare",
        "tag",
        "tokens",
        "torn",
    )

    def __init__(
        self, kind: Kind, tag: str, node: SourceNode | None, inner: SourceNode | None = None
    ) -> None:
        self.kind = kind
        self.tag = tag
        """Its tag in the profile."""
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
        self.name = ""
        """For a parameter: its name."""
        self.box: SourceNode | None = None
        """For a task and its line: the element with its status."""
        self.spare: SourceNode | None = None
        """An empty paragraph inside, which new text may fill."""


__all__ = ["TOP", "Context", "Kind", "Piece", "Shown", "Token"]
