"""The state of one writing of the normal form: what is open, and where things go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from ..errors import Rejected
from .frames import EMPTY, Frame, close, trimmed
from .inline import blank, collect
from .profile import DEPTH, NEVER, NODES
from .runs import Marks, Run, spell
from .table import Cell
from .tree import Element, Node

LISTS: Final = frozenset({"ul", "ol"})
_ROWS: Final = frozenset({"table", "tr"})
_BLANK = re.compile(r"(?:[ ]|&nbsp;|<br>)*")

_Task: TypeAlias = "Node | Callable[[], None]"
Handler: TypeAlias = "Callable[[Builder, Element], None]"
"""Writes an element, or puts its children on the stack with what follows them."""


def is_blank(text: str) -> bool:
    """Tell whether inline markup shows nothing but space."""
    return not text or (text[0] in "&<" and _BLANK.fullmatch(text) is not None)


class Builder:
    """Writes loose trees with a stack of its own: no input can exhaust Python's."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self.handlers = handlers
        self.top = Frame("body")
        self.above: list[Frame] = []
        self.marks: Marks = ()
        self.runs: list[Run] = []
        self.leaf = "p"
        self.stack: list[_Task] = []
        self.budget = NODES

    def write(self, nodes: Iterable[Node]) -> str:
        stack = self.stack
        stack.extend(nodes)
        stack.reverse()
        while stack:
            task = stack.pop()
            if isinstance(task, Element):
                self.budget -= 1
                if self.budget < 0 or len(stack) > 3 * NODES:
                    raise Rejected(f"the body has more than {NODES} elements: split the article")
                handler = self.handlers.get(task.tag)
                if handler is not None:
                    handler(self, task)
                elif task.tag not in NEVER:
                    self.descend(task)
            elif isinstance(task, str):
                self.runs.append((self.marks, task))
            else:
                task()
        self.flush()
        self.unwind(0)
        return "".join(trimmed(self.top.out))

    def descend(self, node: Element, then: Callable[[], None] | None = None) -> None:
        if then is not None:
            self.stack.append(then)
        if node.children:
            self.stack.extend(reversed(node.children))

    def flush(self) -> None:
        """End the leaf that is open: its runs become an element of the open container."""
        runs = self.runs
        if not runs:
            return
        self.runs = []
        if self.top.tag not in _ROWS or not all(map(blank, runs)):
            self.put(spell(runs), self.leaf)

    def put(self, text: str, leaf: str) -> bool:
        """Add a leaf to the open container; tell whether there was anything to add."""
        if is_blank(text):
            return False
        out = self.flow()
        if leaf == "p" and text.startswith("<img ") and text.find(">") == len(text) - 1:
            out.append(f"<figure>{text}</figure>")
        else:
            out.append(f"<{leaf}>{text}</{leaf}>")
        return True

    def pure(self, node: Element, leaf: str) -> bool:
        """Add a leaf of purely inline content at once; tell whether it was that."""
        runs: list[Run] = []
        count = collect(node.children, self.marks, runs)
        if count < 0:
            return False
        self.budget -= count
        if not self.put(spell(runs), leaf) and leaf == "p":
            self.flow().append(EMPTY)
        return True

    def transparent(self, node: Element) -> None:
        """A block that is none here: it parts paragraphs, no more."""
        self.flush()
        self.descend(node, self.flush)

    def block(self, markup: str) -> None:
        self.flush()
        self.flow().append(markup)

    def open(self, tag: str, start: str, implicit: bool = False) -> Frame:
        if len(self.above) >= DEPTH:
            raise Rejected(f"blocks are nested deeper than {DEPTH} levels: flatten the article")
        self.flush()
        frame = Frame(tag, start, self.leaf, implicit)
        self.above.append(self.top)
        self.top, self.leaf = frame, "p"
        return frame

    def flow(self) -> list[str]:
        """Return where a block goes, inside an item or a cell if the open element needs one."""
        if self.top.tag in LISTS:
            runs, self.runs = self.runs, []
            self.open("li", "<li>", implicit=True)
            self.runs = runs
        elif self.top.tag in _ROWS:
            runs, self.runs = self.runs, []
            if self.top.tag == "table":
                self.open("tr", "", implicit=True)
            self.open("td", "<td>", implicit=True).cell = Cell("td", "", "", 1)
            self.runs = runs
        return self.top.out

    def unwind(self, depth: int) -> None:
        while len(self.above) > depth:
            self.close()

    def settle(self) -> None:
        """Close what was opened without being said."""
        self.flush()
        while self.top.implicit:
            self.close()

    def close(self) -> None:
        self.flush()
        frame, self.top = self.top, self.above.pop()
        self.leaf = frame.leaf
        close(frame, self.top)

    def container(self, node: Element, tag: str, start: str) -> None:
        self.flush()
        self.flow()
        depth = len(self.above)
        self.open(tag, start)
        self.descend(node, lambda: self.unwind(depth))
