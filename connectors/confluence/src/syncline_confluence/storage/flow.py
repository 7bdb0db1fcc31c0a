"""Flows: the running text of one container while it is being read.

A flow gathers inline tokens into a line and ends the line at every block, so that a macro inside a
paragraph splits it, as the profile wants it.
"""

from __future__ import annotations

from syncline.body import Element

from .pieces import Atom, Box, Content, Context, Hidden, Kind, Piece, nest
from .source import SourceNode

TOP = Context((), None, None)
"""No inline element is open."""


class Flow:
    """The blocks found so far in one container, and the line that is open in it."""

    __slots__ = (
        "blocks",
        "box",
        "edge",
        "holder",
        "leaf",
        "line",
        "owner",
        "tag",
        "visible",
    )

    def __init__(self, holder: SourceNode, owner: Piece | None) -> None:
        self.blocks: list[Piece] = []
        self.holder = holder
        """The element that holds loose text of this flow."""
        self.owner = owner
        """The piece whose children these are; None at the top."""
        self.leaf: SourceNode | None = None
        """The paragraph or heading that is open."""
        self.tag = "p"
        """What its lines become."""
        self.line: Piece | None = None
        self.edge: SourceNode | None = None
        """The last neighbour before the line, within the leaf or the holder."""
        self.visible = False
        self.box: Box | None = None
        """A check box that waits for its line."""

    def text(self, text: str, context: Context) -> None:
        """Add text; blank text opens no line."""
        line = self.line
        if line is None:
            if text.isspace():
                return
            line = self._begin(context)
        if not self.visible and not text.isspace():
            self.visible = True
        line.tokens.append((text, context))

    def atom(self, content: Content, context: Context) -> None:
        """Add inline content that stands for a whole source node."""
        line = self.line or self._begin(context)
        line.tokens.append((content, context))
        self.visible = self.visible or content.__class__ is Atom

    def line_break(self, node: SourceNode, context: Context) -> None:
        """Add a line break; alone it is no line."""
        line = self.line or (self._begin(context) if self.leaf is not None else None)
        if line is None:
            self.edge = node
        else:
            line.tokens.append((Atom(node, _BREAK), context))

    def hidden(self, node: SourceNode, context: Context) -> None:
        """Keep the place of something without content."""
        if self.line is None and self.leaf is None:
            self.edge = node
        else:
            line = self.line or self._begin(context)
            line.tokens.append((Hidden(node), context))

    def _begin(self, context: Context) -> Piece:
        line = Piece(Kind.RUN, self.leaf, self.leaf)
        line.holder = self.leaf or self.holder
        line.after = self.edge
        line.around = context.around
        line.torn = context.parent is not None and self.edge is not None and self.leaf is not None
        if self.box is not None:
            line.tokens.append((self.box, TOP))
            line.box = self.owner.box if self.owner else None
            self.box, self.visible = None, True
        self.line = line
        return line

    def end(self, before: SourceNode | None, context: Context) -> None:
        """End the line in front of the block `before` (None: at the end of its holder)."""
        line = self.line
        if line is not None:
            line.before = before
            line.torn = line.torn or (before is not None and context.parent is not None)
            self._keep(line)
        self.line, self.visible, self.edge = None, False, before

    def _keep(self, line: Piece) -> None:
        if not self.visible:
            return
        _hide_breaks(line)
        line.element = Element(self.tag, (), nest(line.tokens))
        if self.leaf is not None and line.after is None and line.before is None:
            line.kind = Kind.ELEMENT
        self.blocks.append(line)

    def open_leaf(self, node: SourceNode, tag: str, context: Context) -> None:
        """Enter a paragraph or heading."""
        self.end(node, context)
        self.leaf, self.tag, self.edge = node, tag, None

    def close_leaf(self) -> None:
        """Leave it again."""
        node, count = self.leaf, len(self.blocks)
        empty = self.edge is None and not self.visible
        self.end(None, TOP)
        if empty and self.owner is not None and self.owner.spare is None and count == 0:
            self.owner.spare = node
        self.leaf, self.tag, self.edge = None, "p", node

    def block(self, piece: Piece) -> None:
        """Add a whole block."""
        self.blocks.append(piece)

    def finish(self) -> list[Piece]:
        """Return the blocks; the flow is at its end."""
        if self.box is not None:
            self._begin(TOP)
        self.end(None, TOP)
        return self.blocks


_BREAK = Element("br")


def _hide_breaks(line: Piece) -> None:
    """Turn the breaks at the end of a line, which show nothing, into hidden nodes."""
    tokens = line.tokens
    for index in range(len(tokens) - 1, -1, -1):
        content, context = tokens[index]
        if isinstance(content, Atom) and content.shown is _BREAK:
            tokens[index] = (Hidden(content.node), context)
        elif not isinstance(content, Hidden) and not (
            isinstance(content, str) and content.isspace()
        ):
            return


__all__ = ["TOP", "Flow"]
