"""Flows: the running content of one container while it is being read.

A flow gathers inline content into a line and ends the line at every block, so that a macro inside a
paragraph splits it, as the profile wants it. What comes out is text in normal form already.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias

from syncline.body.characters import collapsed, composed, escape
from syncline.body.runs import BREAK, Atom, Mark, Marks, Run, spell, with_mark
from syncline.body.table import Cell, Row, spell_table

from .pieces import TOP, Context, Kind, Shown
from .source import SourceNode

Block: TypeAlias = "str | Cell | Row"
"""A finished block; in a table its cells and rows stay apart until the end."""


class Holds(Enum):
    """What a container is made of: only there do items, rows and cells mean something."""

    BLOCKS = "blocks"
    ITEMS = "items"
    TABLE = "table"
    ROWS = "rows"
    CELLS = "cells"


Outside: TypeAlias = "tuple[SourceNode | None, str]"
"""The line that goes on after a block inside of it."""


class Place(NamedTuple):
    """Where a block stands in the source; what only reads a page does not keep it."""

    node: SourceNode | None
    kind: Kind = Kind.ATOM
    inner: SourceNode | None = None
    name: str = ""
    inside: Flow | None = None
    box: SourceNode | None = None


class Flow:
    """The blocks found so far in one container, and the line that is open in it."""

    __slots__ = ("box", "depth", "holds", "leaf", "out", "runs", "tag")

    def __init__(self, depth: int, holds: Holds = Holds.BLOCKS) -> None:
        self.depth = depth
        """How many containers are around."""
        self.holds = holds
        self.out: list[Block] = []
        self.runs: list[Run] = []
        self.leaf: SourceNode | None = None
        """The paragraph or heading that is open."""
        self.tag = "p"
        """What its lines become."""
        self.box = ""
        """A check box that waits for its line."""

    @property
    def in_line(self) -> bool:
        """True where inline content would go on with a line."""
        return self.leaf is not None or bool(self.runs)

    def text(self, text: str, context: Context) -> None:
        """Add text; blank text opens no line."""
        runs = self.runs
        if runs or not blank(text):
            if self.box:
                self._unbox()
            runs.append((context.marks, text))

    def atom(
        self, node: SourceNode, shown: Shown, context: Context, mark: Mark | None = None
    ) -> None:
        """Add inline content that stands for a whole source node; `mark` is a link it adds."""
        self._unbox()
        self.runs.append((worn(shown, context.marks, mark), shown))

    def line_break(self, node: SourceNode, context: Context) -> None:
        """Add a line break; alone it is no line."""
        if self.runs or self.leaf is not None:
            self.runs.append((context.marks, BREAK))

    def hidden(self, node: SourceNode, context: Context) -> None:
        """Keep the place of something without content."""

    def end(self, before: SourceNode | None, context: Context) -> None:
        """End the line in front of the block `before` (None: at the end of its holder)."""
        if self.runs:
            line = spelled(self.tag, self.runs)
            if line:
                self.out.append(line)
            self.runs = []

    def open_leaf(self, node: SourceNode, tag: str, context: Context) -> None:
        """Enter a paragraph or heading."""
        self.end(node, context)
        self.leaf, self.tag = node, tag

    def close_leaf(self, node: SourceNode) -> None:
        """Leave it again."""
        self.end(None, TOP)
        self.leaf, self.tag = None, "p"

    def sole(self, node: SourceNode, tag: str, context: Context) -> None:
        """Add a paragraph or heading that holds nothing but text."""
        text = node.text
        if self.box or context.marks:
            outside = (self.leaf, self.tag)
            self.open_leaf(node, tag, context)
            if text:
                self.text(text, context)
            self.close_leaf(node)
            self.leaf, self.tag = outside
            return
        if self.runs:
            self.end(node, context)
        if text:
            line = one_line(tag, text)
            if line:
                self.out.append(line)

    def enter(self, node: SourceNode, inner: SourceNode, context: Context) -> Outside:
        """Go into a block of which only the content of `inner` counts; return how to leave."""
        self.end(node, context)
        outside = (self.leaf, self.tag)
        self.leaf, self.tag = None, "p"
        return outside

    def leave(self, node: SourceNode, outside: Outside) -> None:
        """Come out of it again."""
        self.end(None, TOP)
        self.leaf, self.tag = outside

    def block(self, block: Block, place: Place, context: Context, tag: str = "") -> None:
        """Add a whole block."""
        self._unbox()
        if self.runs:
            self.end(place.node, context)
        self.out.append(block)

    def adopt(self, inside: Flow, *, head: bool) -> None:
        """Take over the places of rows that were found in `inside` and added here."""

    def marked(self, text: str, context: Context, mark: Mark) -> None:
        """Add text that wears one more mark."""
        marks = context.marks
        if self.runs or not blank(text):
            self._unbox()
            self.runs.append((with_mark(marks, mark) if marks else (mark,), text))

    def add(self, block: Block) -> None:
        """Add a whole block whose place nobody asks for."""
        self._unbox()
        if self.runs:
            self.end(None, TOP)
        self.out.append(block)

    def finish(self) -> None:
        """End the line that is open."""
        self._unbox()
        self.end(None, TOP)

    def _unbox(self) -> None:
        """Give a waiting check box a line of its own, or the one that starts here."""
        if self.box:
            self.runs.append(((), self.box))
            self.box = ""

    def joined(self) -> str:
        """Return the blocks as one text; cells that stand outside of a table are their content."""
        return "".join([b if isinstance(b, str) else _unframed(b) for b in self.out])

    def items(self) -> str:
        """Return the items of a list; what stands beside them goes into the item before it."""
        items: list[str] = []
        for block in self.out:
            text = block if isinstance(block, str) else _unframed(block)
            if text.startswith("<li>"):
                items.append(text)
            elif items:
                items[-1] = f"{items[-1][:-5]}{text}</li>"
            else:
                items.append(f"<li>{text}</li>")
        return "".join(items)

    def cells(self) -> Row:
        """Return the cells of a row; what stands beside them is a cell of its own."""
        return [
            b if isinstance(b, Cell) else Cell("td", "", b if isinstance(b, str) else "", 1)
            for b in self.out
        ]

    def rows(self) -> list[Row]:
        """Return the rows of a table or a part of one."""
        found: list[Row] = []
        for block in self.out:
            if isinstance(block, Cell):
                found.append([block])
            elif isinstance(block, str):
                found.append([Cell("td", "", block, 1)])
            else:
                found.append(block)
        return found

    def table(self) -> str:
        """Return the table that the rows make, in its one spelling."""
        return spell_table(None, self.rows())


def blank(text: str) -> bool:
    """Return whether `text` opens no line; a no-break space and Unicode's other spaces do."""
    return text.isspace() and not text.strip(" \t\n\f\r")


def spelled(tag: str, runs: list[Run]) -> str:
    """Return a line in normal form, "" when it shows nothing; an image alone is a figure."""
    text = spell(runs)
    if text[:1] in "&<" and not text.replace("&nbsp;", "").replace("<br>", "").strip(" "):
        return ""
    if tag == "p" and text.startswith("<img ") and text.find(">") == len(text) - 1:
        return f"<figure>{text}</figure>"
    return f"<{tag}>{text}</{tag}>"


def one_line(tag: str, text: str) -> str:
    """Return a line that is nothing but text in normal form, "" when it shows nothing."""
    text = words(text).strip(" ")
    if not text or (text[0] == "&" and not text.replace("&nbsp;", "").strip(" ")):
        return ""
    return f"<{tag}>{text}</{tag}>"


def words(text: str) -> str:
    """Return `text` as the normal form writes it, spaces at its edges kept."""
    # Each of these leaves nearly every text as it is: calls would cost more than the tests.
    if "  " in text or not text.isprintable():
        text = collapsed(text)
    if not text.isascii():
        return escape(composed(text))
    if "&" in text or "<" in text or ">" in text:
        return escape(text)
    return text


def _unframed(block: Block) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Cell):
        return block.content
    return "".join(cell.content for cell in block)


def worn(shown: Shown, marks: Marks, mark: Mark | None = None) -> Marks:
    """Return the marks that `shown` wears: an image wears none but a link."""
    if mark is not None:
        marks = with_mark(marks, mark)
    if marks and isinstance(shown, Atom) and shown.markup.startswith("<img"):
        return tuple(mark for mark in marks if mark.rank == 0)
    return marks


def attribute(name: str, value: str) -> str:
    """Return one attribute as the normal form writes it; nothing for an empty value."""
    return f' {name}="{escape(value).replace(chr(34), "&quot;")}"' if value else ""


__all__ = [
    "Block",
    "Flow",
    "Holds",
    "Outside",
    "Place",
    "attribute",
    "blank",
    "one_line",
    "spelled",
    "words",
    "worn",
]
