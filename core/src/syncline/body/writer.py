"""The normal form: any loose tree of elements becomes the one text that says the same.

One pass, with a stack of its own: no input can exhaust Python's. The text is written directly,
without a second tree; the tree of a normal form is read back from its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from ..errors import Rejected
from .characters import collapsed, escape, line, quote, verbatim
from .profile import DEPTH, HEADINGS, MARKS, NEVER, NODES, PANELS
from .runs import BREAK, Atom, Mark, Marks, Run, spell, with_mark
from .table import Cell, Row, spell_table
from .tree import Element, Node
from .urls import href, source

_ALIASES: Final = {
    "b": "strong", "i": "em", "cite": "em", "dfn": "em", "var": "em", "del": "s", "strike": "s",
    "ins": "u", "tt": "code", "kbd": "code", "samp": "code",
}  # fmt: skip
_BREAKING: Final = frozenset(
    {"address", "article", "aside", "body", "center", "dd", "dir", "div", "dl", "dt", "fieldset"}
    | {"footer", "form", "header", "hgroup", "html", "legend", "li", "main", "menu", "nav"}
    | {"search", "section", "td", "th", "tr", "thead", "tbody", "tfoot"}
    | {"caption", "figcaption", "summary", "table", "ul", "ol", "details", "figure", "pre", "p"}
    | {"blockquote", *HEADINGS}
)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")
_LANGUAGE = re.compile(r"[a-z0-9+#][a-z0-9+#._/ -]{0,39}")
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

    def write(self, nodes: Iterable[Node]) -> str:
        stack = self.stack
        stack.extend(nodes)
        stack.reverse()
        budget = NODES
        while stack:
            task = stack.pop()
            if isinstance(task, str):
                self.runs.append((self.marks, task))
            elif isinstance(task, Element):
                budget -= 1
                if budget < 0 or len(stack) > 2 * NODES:
                    raise Rejected(f"the body has more than {NODES} elements: split the article")
                self.element(task)
            else:
                task()
        self.flush()
        self.unwind(0)
        return "".join(_trimmed(self.top.out))

    def element(self, node: Element) -> None:
        tag = _ALIASES.get(node.tag, node.tag)
        handler = _HANDLERS.get(tag)
        if handler is not None:
            handler(self, node)
        elif tag not in NEVER:
            self.descend(node)

    def descend(self, node: Element, then: Callable[[], None] | None = None) -> None:
        if then is not None:
            self.stack.append(then)
        if node.children:
            self.stack.extend(reversed(node.children))

    # -- inline content

    def mark(self, node: Element) -> None:
        self.marked(node, _MARKS[_ALIASES.get(node.tag, node.tag)])

    def marked(self, node: Element, mark: Mark) -> None:
        before = self.marks

        def close() -> None:
            self.marks = before

        self.marks = with_mark(before, mark)
        self.descend(node, close)

    def link(self, node: Element) -> None:
        target = href(node.get("href"))
        if target is None:
            self.descend(node)
            return
        title = _attribute("title", line(node.get("title")))
        self.marked(node, Mark(0, f'<a href="{quote(target)}"{title}>', "</a>"))

    def image(self, node: Element) -> None:
        alt, src = line(node.get("alt")), source(node.get("src"))
        if src is None:
            self.runs.append((self.marks, alt))
            return
        markup = f'<img{_attribute("alt", alt)} src="{quote(src)}">'
        # Other marks than a link mean nothing on an image.
        self.runs.append((tuple(mark for mark in self.marks if mark.rank == 0), Atom(markup)))

    def line_break(self, _: Element) -> None:
        self.runs.append((self.marks, BREAK))

    def span(self, node: Element) -> None:
        key = node.get("data-opaque")
        if not _KEY.fullmatch(key):
            self.descend(node)
            return
        text = escape(line(flat(node)))
        self.runs.append((self.marks, Atom(f'<span data-opaque="{key}">{text}</span>')))

    # -- leaves

    def flush(self, explicit: bool = False) -> None:
        """End the leaf that is open: its runs become an element of the open container."""
        runs = self.runs
        if not runs:
            return
        self.runs = []
        if self.top.tag in _ROWS and all(_blank(run) for run in runs):
            return
        text = spell(runs)
        blank = not text or (text[0] in "&<" and _BLANK.fullmatch(text) is not None)
        if blank:
            return
        out = self.flow()
        if self.leaf == "p" and text.startswith("<img ") and text.find(">") == len(text) - 1:
            out.append(f"<figure>{text}</figure>")
        else:
            out.append(f"<{self.leaf}>{text}</{self.leaf}>")

    def paragraph(self, node: Element) -> None:
        if self.plain:
            self.transparent(node)
            return
        self.flush()
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
        language = _language(node)
        self.block(f"<pre><code{_attribute('data-lang', language)}>{escape(text)}</code></pre>")

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
        if not _KEY.fullmatch(key):
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
            title = _attribute("title", line(node.get("title")))
            self.container(node, "section", f'<section data-panel="{panel}"{title}>')
        else:
            self.transparent(node)

    def bullets(self, node: Element) -> None:
        self.list(node, "<ul>")

    def numbers(self, node: Element) -> None:
        self.list(node, f"<ol{_attribute('start', _start(node.get('start')))}>")

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
        rowspan = _span(node.get("rowspan"))
        depth = len(self.above)
        self.open(tag, "").cell = Cell(tag, _cell_attributes(tag, node), "", rowspan)
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


def _blank(run: Run) -> bool:
    return isinstance(run[1], str) and not collapsed(run[1]).strip(" ")


def flat(node: Element, between: str = " ") -> str:
    """Return the words of `node`; breaks and blocks are separated by `between`."""
    parts: list[str] = []
    stack: list[Node] = [*reversed(node.children)]
    while stack:
        child = stack.pop()
        if isinstance(child, str):
            parts.append(child)
        elif child.tag == "br":
            parts.append(between)
        elif child.tag not in NEVER:
            if child.tag in _BREAKING and parts and not parts[-1].endswith(between):
                parts.append(between)
            stack.extend(reversed(child.children))
    return "".join(parts)


def _attribute(name: str, value: str) -> str:
    return f' {name}="{quote(value)}"' if value else ""


def _language(node: Element) -> str:
    inner = next((c for c in node.children if isinstance(c, Element) and c.tag == "code"), node)
    language = line(inner.get("data-lang") or node.get("data-lang")).lower()
    return language if _LANGUAGE.fullmatch(language) else ""


def _start(value: str) -> str:
    if not re.fullmatch(r"\s*-?[0-9]{1,6}\s*", value, re.ASCII):
        return ""
    return "" if int(value) == 1 else str(int(value))


def _span(value: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,4}\s*", value, re.ASCII):
        return 1
    return int(value) if 2 <= int(value) <= 1000 else 1


def _cell_attributes(tag: str, node: Element) -> str:
    if not node.attrs:
        return ""
    spans = ((name, _span(node.get(name))) for name in ("colspan", "rowspan"))
    text = "".join(f' {name}="{span}"' for name, span in spans if span > 1)
    scope = node.get("scope").strip().lower() if tag == "th" else ""
    return text + _attribute("scope", scope if scope in _SCOPES else "")


_SCOPES = frozenset({"row", "col", "rowgroup", "colgroup"})
_LISTS = frozenset({"ul", "ol"})
_ROWS = frozenset({"table", "tr"})
_CAPTIONED = {"summary": "details", "caption": "table", "figcaption": "figure"}
_MARKS = {tag: Mark(rank, f"<{tag}>", f"</{tag}>") for rank, tag in enumerate(MARKS)}

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
    **dict.fromkeys(_BREAKING, _Writer.transparent),
    **dict.fromkeys(MARKS, _Writer.mark),
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
