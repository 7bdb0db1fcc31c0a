"""Flows that remember: the same reading, with the place of every block."""

from __future__ import annotations

from syncline.body.runs import BREAK, Mark, Run
from syncline.body.table import Cell

from .flow import Block, Flow, Holds, Outside, Place, blank, spelled, worn
from .pieces import TOP, Context, Kind, Piece, Shown, Token
from .source import SourceNode


class TracedFlow(Flow):
    """A flow that keeps a piece for each of its blocks."""

    __slots__ = ("_holders", "edge", "holder", "line", "owner", "pieces")

    def __init__(
        self, depth: int, holder: SourceNode, owner: Piece, holds: Holds = Holds.BLOCKS
    ) -> None:
        super().__init__(depth, holds)
        self.pieces: list[Piece] = []
        self.holder = holder
        """The element that holds loose text of this flow."""
        self.owner = owner
        """The piece whose children these are."""
        self._holders: list[SourceNode] = []
        self.edge: SourceNode | None = None
        """The last neighbour before the line, within the leaf or the holder."""
        self.line: Piece | None = None

    @property
    def in_line(self) -> bool:
        return self.leaf is not None or self.line is not None

    def text(self, text: str, context: Context) -> None:
        if self.line is not None or not blank(text):
            self._begin(context).tokens.append(Token(text, context))

    def atom(
        self, node: SourceNode, shown: Shown, context: Context, mark: Mark | None = None
    ) -> None:
        self._begin(context).tokens.append(Token(shown, context, node, mark))

    def line_break(self, node: SourceNode, context: Context) -> None:
        if self.line is None and self.leaf is None:
            self.edge = node
        else:
            self._begin(context).tokens.append(Token(BREAK, context, node))

    def hidden(self, node: SourceNode, context: Context) -> None:
        if self.line is None and self.leaf is None:
            self.edge = node
        else:
            self._begin(context, opening=False).tokens.append(Token(None, context, node))

    def _begin(self, context: Context, *, opening: bool = True) -> Piece:
        """Return the line that is open, or a new one."""
        line = self.line
        if line is None:
            line = self.line = Piece(Kind.RUN, self.tag, self.leaf, self.leaf)
            line.holder = self.leaf if self.leaf is not None else self.holder
            line.after, line.around = self.edge, context.around
            line.torn = (
                context.parent is not None and self.edge is not None and self.leaf is not None
            )
        if self.box and opening:
            line.tokens.insert(0, Token(self.box, TOP, box=True))
            line.box, self.box = self.owner.box, ""
        return line

    def end(self, before: SourceNode | None, context: Context) -> None:
        line = self.line
        if line is not None:
            line.before = before
            line.torn = line.torn or (before is not None and context.parent is not None)
            self._keep(line)
        self.line, self.edge = None, before

    def _keep(self, line: Piece) -> None:
        runs: list[Run] = [
            (worn(t.shown, t.context.marks, t.mark), t.shown)
            for t in line.tokens
            if t.shown is not None
        ]
        text = spelled(self.tag, runs) if runs else ""
        if not text:
            return
        line.tag = "figure" if text.startswith("<figure>") else self.tag
        if self.leaf is not None and line.after is None and line.before is None:
            line.kind = Kind.ELEMENT
        self.out.append(text)
        self.pieces.append(line)

    def open_leaf(self, node: SourceNode, tag: str, context: Context) -> None:
        super().open_leaf(node, tag, context)
        self.edge = None

    def close_leaf(self, node: SourceNode) -> None:
        count, whole = len(self.pieces), self.edge is None
        super().close_leaf(node)
        empty = whole and count == len(self.pieces) == 0
        if empty and self.owner.spare is None:
            self.owner.spare = node
        self.edge = node

    def sole(self, node: SourceNode, tag: str, context: Context) -> None:
        outside = (self.leaf, self.tag)
        self.open_leaf(node, tag, context)
        if node.text:
            self.text(node.text, Context(context.marks, None, None, context.outermost()))
        self.close_leaf(node)
        self.leaf, self.tag = outside

    def enter(self, node: SourceNode, inner: SourceNode, context: Context) -> Outside:
        outside = super().enter(node, inner, context)
        self._holders.append(self.holder)
        self.holder, self.edge = inner, None
        return outside

    def leave(self, node: SourceNode, outside: Outside) -> None:
        super().leave(node, outside)
        self.holder, self.edge = self._holders.pop(), node

    def block(self, block: Block, place: Place, context: Context, tag: str = "") -> None:
        edge = self.edge
        if self.box:
            self._begin(TOP)
        self.end(place.node, context)
        if place.kind is Kind.PARAMETER:
            # A title stands in its macro's own parameters, not between the blocks.
            self.edge = edge
        self.out.append(block)
        piece = Piece(place.kind, tag or _tag(block), place.node, place.inner)
        piece.name = place.name
        if isinstance(place.inside, TracedFlow):
            owner = place.inside.owner
            piece.children, piece.spare, piece.box = place.inside.pieces, owner.spare, owner.box
        self.pieces.append(piece)

    def adopt(self, inside: Flow, *, head: bool) -> None:
        if not isinstance(inside, TracedFlow):
            return
        self.pieces += inside.pieces
        for cell in (cell for row in inside.pieces for cell in row.children if head):
            cell.tag = "th"

    def finish(self) -> None:
        if self.box:
            self._begin(TOP)
        self.end(None, TOP)

    def items(self) -> str:
        items: list[Piece] = []
        for piece in self.pieces:
            if piece.tag == "li":
                items.append(piece)
                continue
            if not items:
                items.append(Piece(Kind.VIRTUAL, "li", None))
            items[-1].children.append(piece)
        self.pieces = items
        return super().items()

    def cells(self) -> list[Cell]:
        self.pieces = [_framed(piece, "td") for piece in self.pieces]
        return super().cells()

    def rows(self) -> list[list[Cell]]:
        """Return the rows; the pieces are the rows, whatever groups them."""
        self.pieces = [
            piece if piece.tag == "tr" else _framed(_framed(piece, "td"), "tr")
            for piece in self.pieces
        ]
        return super().rows()


def _tag(block: Block) -> str:
    """Return the tag of a finished block."""
    if isinstance(block, str):
        return block[1:].split(">", 1)[0].split(" ", 1)[0]
    return block.tag if isinstance(block, Cell) else "tr"


def _framed(piece: Piece, tag: str) -> Piece:
    """Return `piece` in a container that the source leaves out, unless it is one itself."""
    if piece.tag in ("td", "th") and tag == "td":
        return piece
    frame = Piece(Kind.VIRTUAL, tag, None)
    frame.children.append(piece)
    return frame


__all__ = ["TracedFlow"]
