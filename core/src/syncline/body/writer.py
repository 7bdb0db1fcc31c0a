"""The normal form: any loose tree of elements becomes the one text that says the same.

One pass, with a stack of its own: no input can exhaust Python's. The text is written directly,
without a second tree; the tree of a normal form is read back from its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from ..errors import Rejected
from .attributes import attribute, cell, language, span, start
from .characters import escape, line, quote, verbatim
from .inline import (
    BREAKING,
    KEY,
    SIMPLE_MARKS,
    blank,
    collect,
    flat,
    image_run,
    link_mark,
    opaque_run,
)
from .profile import DEPTH, HEADINGS, NEVER, NODES, PANELS
from .runs import BREAK, Mark, Marks, Run, spell, with_mark
from .table import Cell, Row, spell_table
from .tree import Element, Node
from .urls import source

_BLANK = re.compile(r"(?:[ ]|&nbsp;|<br>)*")
_EMPTY: Final = "<p></p>"

_Task: TypeAlias = "Node | Callable[[], None]"


def write(nodes: Iterable[Node]) -> str:
    """Return the normal form of a loose tree, as text. Total and idempotent.

    Raises:
        Rejected: more than `DEPTH` levels or `NODES` nodes.
    """
    return _Writer().write(nodes)


class _Frame:
    """A container that is open; `out` holds the texts of its finished children."""

    __slots__ = ("caption", "cell", "head", "implicit", "leaf", "out", "rows", "start", "tag")

    def __init__(self, tag: str, start: str = "", leaf: str = "p", implicit: bool = False) -> None:
        self.tag = tag
        self.start = start
        self.leaf = leaf
        """What inline content that stood open outside returns to when this one closes."""
        self.implicit = implicit
        self.out: list[str] = []
        self.rows: list[Row] = []
        self.cell: Cell | None = None
        self.caption: str | None = None
        self.head = False


class _Writer:
    def __init__(self) -> None:
        self.top = _Frame("body")
        self.above: list[_Frame] = []
        self.marks: Marks = ()
        self.runs: list[Run] = []
        self.leaf = "p"
        self.plain = 0
        """How many elements are open in which every block is transparent (captions)."""
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
                handler = _HANDLERS.get(task.tag)
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
        return "".join(_trimmed(self.top.out))

    def descend(self, node: Element, then: Callable[[], None] | None = None) -> None:
        if then is not None:
            self.stack.append(then)
        if node.children:
            self.stack.extend(reversed(node.children))

    # -- inline content

    def mark(self, node: Element) -> None:
        self.marked(node, SIMPLE_MARKS[node.tag])

    def marked(self, node: Element, mark: Mark) -> None:
        before = self.marks

        def close() -> None:
            self.marks = before

        self.marks = with_mark(before, mark)
        self.descend(node, close)

    def link(self, node: Element) -> None:
        mark = link_mark(node)
        if mark is None:
            self.descend(node)
        else:
            self.marked(node, mark)

    def image(self, node: Element) -> None:
        self.runs.append(image_run(node, self.marks))

    def line_break(self, _: Element) -> None:
        self.runs.append((self.marks, BREAK))

    def span(self, node: Element) -> None:
        run = opaque_run(node, self.marks)
        if run is None:
            self.descend(node)
        else:
            self.runs.append(run)

    # -- leaves

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
        if not text or (text[0] in "&<" and _BLANK.fullmatch(text)):
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
            self.flow().append(_EMPTY)
        return True

    def paragraph(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.flush()
        if self.pure(node, self.leaf):
            return
        frame, count = self.top, len(self.top.out)

        def close() -> None:
            self.flush()
            if self.top is frame and len(frame.out) == count and self.leaf == "p":
                self.flow().append(_EMPTY)

        self.descend(node, close)

    def heading(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.flush()
        if self.pure(node, node.tag):
            return
        before, self.leaf = self.leaf, node.tag

        def close() -> None:
            self.flush()
            self.leaf = before

        self.descend(node, close)

    def transparent(self, node: Element) -> None:
        """A block that is none here: only the words inside it count."""
        if self.plain:
            self.runs.append((self.marks, " "))
            self.descend(node, lambda: self.runs.append((self.marks, " ")))
        else:
            self.flush()
            self.descend(node, self.flush)

    def block(self, markup: str) -> None:
        self.flush()
        self.flow().append(markup)

    def rule(self, _: Element) -> None:
        if self.plain:
            self.runs.append((self.marks, " "))
        else:
            self.block("<hr>")

    def code_block(self, node: Element) -> None:
        text = verbatim(flat(node, "\n"))
        if self.plain:
            self.runs.append((self.marks, f" {text} "))
            return
        code = attribute("data-lang", language(node))
        self.block(f"<pre><code{code}>{escape(text)}</code></pre>")

    def video(self, node: Element) -> None:
        src = source(node.get("src"))
        if src is None:
            self.transparent(node)
        elif self.plain:
            mark = Mark(0, f'<a href="{quote(src)}">', "</a>")
            self.runs.append((with_mark(self.marks, mark), src))
        else:
            self.block(f'<video src="{quote(src)}"></video>')

    def division(self, node: Element) -> None:
        key = node.get("data-opaque")
        if not KEY.fullmatch(key):
            self.transparent(node)
        elif self.plain:
            self.span(node)
        else:
            self.block(f'<div data-opaque="{key}">{escape(line(flat(node)))}</div>')

    # -- containers

    def open(self, tag: str, start: str, implicit: bool = False) -> _Frame:
        if len(self.above) >= DEPTH:
            raise Rejected(f"blocks are nested deeper than {DEPTH} levels: flatten the article")
        self.flush()
        frame = _Frame(tag, start, self.leaf, implicit)
        self.above.append(self.top)
        self.top, self.leaf = frame, "p"
        return frame

    def flow(self) -> list[str]:
        """Return where a block goes, inside an item or a cell if the open element needs one."""
        if self.top.tag in _LISTS:
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
        _CLOSERS.get(frame.tag, _close_container)(self, frame)

    def container(self, node: Element, tag: str, start: str) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.flush()
        self.flow()
        depth = len(self.above)
        self.open(tag, start)
        self.descend(node, lambda: self.unwind(depth))

    def quotation(self, node: Element) -> None:
        self.container(node, "blockquote", "<blockquote>")

    def details(self, node: Element) -> None:
        self.container(node, "details", "<details>")

    def figure(self, node: Element) -> None:
        self.container(node, "figure", "<figure>")

    def section(self, node: Element) -> None:
        panel = node.get("data-panel")
        if panel in PANELS:
            title = attribute("title", line(node.get("title")))
            self.container(node, "section", f'<section data-panel="{panel}"{title}>')
        else:
            self.transparent(node)

    def bullets(self, node: Element) -> None:
        self.list(node, "<ul>")

    def numbers(self, node: Element) -> None:
        self.list(node, f"<ol{attribute('start', start(node.get('start')))}>")

    def list(self, node: Element, start: str) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.flush()
        if self.top.tag in _LISTS and self.top.out:
            # A list directly in a list belongs to the item before it.
            item = self.top.out.pop()
            self.open("li", "<li>", implicit=True).out.append(item[4:-5])
        self.container(node, "ol" if start.startswith("<ol") else "ul", start)

    def item(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.settle()
        if self.top.tag not in _LISTS:
            self.transparent(node)
            return
        depth = len(self.above)
        self.open("li", "<li>")
        self.descend(node, lambda: self.unwind(depth))

    # -- tables

    def table(self, node: Element) -> None:
        self.container(node, "table", "")

    def row_group(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.settle()
        frame = self.top
        if frame.tag != "table":
            self.transparent(node)
            return
        frame.head = node.tag == "thead"
        depth = len(self.above)

        def close() -> None:
            self.unwind(depth)
            frame.head = False

        self.descend(node, close)

    def row(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.settle()
        if self.top.tag != "table":
            self.transparent(node)
            return
        depth = len(self.above)
        self.open("tr", "")
        self.descend(node, lambda: self.unwind(depth))

    def table_cell(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.flush()
        while self.top.implicit and self.top.tag != "tr":
            self.close()
        if self.top.tag == "table":
            self.open("tr", "", implicit=True)
        if self.top.tag != "tr":
            self.transparent(node)
            return
        tag = "th" if self.above[-1].head else node.tag
        rowspan = span(node.get("rowspan"))
        depth = len(self.above)
        self.open(tag, "").cell = Cell(tag, cell(tag, node), "", rowspan)
        self.descend(node, lambda: self.unwind(depth))

    # -- captions

    def captioned(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.settle()
        frame = self.top
        if frame.tag != _CAPTIONED[node.tag] or frame.caption is not None:
            self.transparent(node)
            return
        if frame.tag == "details" and frame.out:
            self.transparent(node)
            return
        frame.caption = ""
        self.plain += 1

        def close() -> None:
            self.plain -= 1
            runs, self.runs = self.runs, []
            text = spell(runs)
            frame.caption = "" if _BLANK.fullmatch(text) else text

        self.descend(node, close)


def _close_container(writer: _Writer, frame: _Frame) -> None:
    content = "".join(_trimmed(frame.out))
    if content:
        writer.top.out.append(f"{frame.start}{content}</{frame.tag}>")


def _close_panel(writer: _Writer, frame: _Frame) -> None:
    content = "".join(_trimmed(frame.out))
    if content or " title=" in frame.start:
        writer.top.out.append(f"{frame.start}{content}</section>")


def _close_details(writer: _Writer, frame: _Frame) -> None:
    content = "".join(_trimmed(frame.out))
    if content or frame.caption:
        summary = f"<summary>{frame.caption or ''}</summary>"
        writer.top.out.append(f"<details>{summary}{content}</details>")


def _close_item(writer: _Writer, frame: _Frame) -> None:
    writer.top.out.append(f"<li>{''.join(_trimmed(frame.out))}</li>")


def _close_figure(writer: _Writer, frame: _Frame) -> None:
    out = _trimmed(frame.out)
    if frame.caption and len(out) == 1 and _SOLE.fullmatch(out[0]):
        caption = f"<figcaption>{frame.caption}</figcaption></figure>"
        out = [out[0].removesuffix("</figure>") + caption]
    elif frame.caption:
        out.append(f"<p>{frame.caption}</p>")
    writer.top.out.extend(out)


_SOLE = re.compile(r"<figure><img [^>]*></figure>")


def _close_table(writer: _Writer, frame: _Frame) -> None:
    text = spell_table(frame.caption, frame.rows)
    if text:
        writer.top.out.append(text)


def _close_row(writer: _Writer, frame: _Frame) -> None:
    if frame.rows:
        writer.top.rows.extend(frame.rows)


def _close_cell(writer: _Writer, frame: _Frame) -> None:
    assert frame.cell is not None  # noqa: S101 - set where cells are opened
    cell = frame.cell._replace(content="".join(_trimmed(frame.out)))
    row = writer.top
    if not row.rows:
        row.rows.append([])
    row.rows[0].append(cell)


def _trimmed(out: list[str]) -> list[str]:
    while out and out[-1] == _EMPTY:
        out.pop()
    return out


_LISTS = frozenset({"ul", "ol"})
_ROWS = frozenset({"table", "tr"})
_CAPTIONED = {"summary": "details", "caption": "table", "figcaption": "figure"}

_CLOSERS: dict[str, Callable[[_Writer, _Frame], None]] = {
    "section": _close_panel,
    "details": _close_details,
    "li": _close_item,
    "figure": _close_figure,
    "table": _close_table,
    "tr": _close_row,
    "td": _close_cell,
    "th": _close_cell,
}

_HANDLERS: dict[str, Callable[[_Writer, Element], None]] = {
    **dict.fromkeys(BREAKING, _Writer.transparent),
    **dict.fromkeys(SIMPLE_MARKS, _Writer.mark),
    **dict.fromkeys(HEADINGS, _Writer.heading),
    **dict.fromkeys(_CAPTIONED, _Writer.captioned),
    **dict.fromkeys(("thead", "tbody", "tfoot"), _Writer.row_group),
    **dict.fromkeys(("td", "th"), _Writer.table_cell),
    "a": _Writer.link,
    "img": _Writer.image,
    "br": _Writer.line_break,
    "span": _Writer.span,
    "p": _Writer.paragraph,
    "hr": _Writer.rule,
    "pre": _Writer.code_block,
    "video": _Writer.video,
    "div": _Writer.division,
    "blockquote": _Writer.quotation,
    "details": _Writer.details,
    "figure": _Writer.figure,
    "section": _Writer.section,
    "ul": _Writer.bullets,
    "ol": _Writer.numbers,
    "menu": _Writer.bullets,
    "li": _Writer.item,
    "table": _Writer.table,
    "tr": _Writer.row,
}
