"""What each element of a loose tree becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .attributes import attribute, cell, language, span, start
from .builder import LISTS, Builder, Handler, is_blank
from .characters import escape, line, quote, verbatim
from .frames import EMPTY
from .inline import BREAKING, KEY, SIMPLE_MARKS, flat, image_run, link_mark, opaque_run
from .profile import HEADINGS, PANELS
from .runs import BREAK, Mark, spell, with_mark
from .table import Cell
from .tree import Element
from .urls import source

_CAPTIONED: Final = {"summary": "details", "caption": "table", "figcaption": "figure"}


def mark(builder: Builder, node: Element) -> None:
    marked(builder, node, SIMPLE_MARKS[node.tag])


def marked(builder: Builder, node: Element, mark: Mark) -> None:
    before = builder.marks

    def close() -> None:
        builder.marks = before

    builder.marks = with_mark(before, mark)
    builder.descend(node, close)


def link(builder: Builder, node: Element) -> None:
    mark = link_mark(node)
    if mark is None:
        builder.descend(node)
    else:
        marked(builder, node, mark)


def image(builder: Builder, node: Element) -> None:
    builder.runs.append(image_run(node, builder.marks))


def line_break(builder: Builder, _: Element) -> None:
    builder.runs.append((builder.marks, BREAK))


def opaque_span(builder: Builder, node: Element) -> None:
    run = opaque_run(node, builder.marks)
    if run is None:
        builder.descend(node)
    else:
        builder.runs.append(run)


def paragraph(builder: Builder, node: Element) -> None:
    builder.flush()
    if builder.pure(node, builder.leaf):
        return
    frame, count = builder.top, len(builder.top.out)

    def close() -> None:
        builder.flush()
        if builder.top is frame and len(frame.out) == count and builder.leaf == "p":
            builder.flow().append(EMPTY)

    builder.descend(node, close)


def heading(builder: Builder, node: Element) -> None:
    builder.flush()
    if builder.pure(node, node.tag):
        return
    before, builder.leaf = builder.leaf, node.tag

    def close() -> None:
        builder.flush()
        builder.leaf = before

    builder.descend(node, close)


def rule(builder: Builder, _: Element) -> None:
    builder.block("<hr>")


def code_block(builder: Builder, node: Element) -> None:
    text = verbatim(flat(node, "\n"))
    code = attribute("data-lang", language(node))
    builder.block(f"<pre><code{code}>{escape(text)}</code></pre>")


def video(builder: Builder, node: Element) -> None:
    src = source(node.get("src"))
    if src is None:
        builder.transparent(node)
    else:
        builder.block(f'<video src="{quote(src)}"></video>')


def division(builder: Builder, node: Element) -> None:
    key = node.get("data-opaque")
    if not KEY.fullmatch(key):
        builder.transparent(node)
    else:
        builder.block(f'<div data-opaque="{key}">{escape(line(flat(node)))}</div>')


def quotation(builder: Builder, node: Element) -> None:
    builder.container(node, "blockquote", "<blockquote>")


def details(builder: Builder, node: Element) -> None:
    builder.container(node, "details", "<details>")


def figure(builder: Builder, node: Element) -> None:
    builder.container(node, "figure", "<figure>")


def section(builder: Builder, node: Element) -> None:
    panel = node.get("data-panel")
    if panel in PANELS:
        title = attribute("title", line(node.get("title")))
        builder.container(node, "section", f'<section data-panel="{panel}"{title}>')
    else:
        builder.transparent(node)


def bullets(builder: Builder, node: Element) -> None:
    list(builder, node, "<ul>")


def numbers(builder: Builder, node: Element) -> None:
    list(builder, node, f"<ol{attribute('start', start(node.get('start')))}>")


def list(builder: Builder, node: Element, start: str) -> None:
    builder.flush()
    if builder.top.tag in LISTS and builder.top.out:
        # A list directly in a list belongs to the item before it.
        item = builder.top.out.pop()
        builder.open("li", "<li>", implicit=True).out.append(item[4:-5])
    builder.container(node, "ol" if start.startswith("<ol") else "ul", start)


def item(builder: Builder, node: Element) -> None:
    builder.settle()
    if builder.top.tag not in LISTS:
        builder.transparent(node)
        return
    depth = len(builder.above)
    builder.open("li", "<li>")
    builder.descend(node, lambda: builder.unwind(depth))


def table(builder: Builder, node: Element) -> None:
    builder.container(node, "table", "")


def row_group(builder: Builder, node: Element) -> None:
    builder.settle()
    frame = builder.top
    if frame.tag != "table":
        builder.transparent(node)
        return
    frame.head = node.tag == "thead"
    depth = len(builder.above)

    def close() -> None:
        builder.unwind(depth)
        frame.head = False

    builder.descend(node, close)


def row(builder: Builder, node: Element) -> None:
    builder.settle()
    if builder.top.tag != "table":
        builder.transparent(node)
        return
    depth = len(builder.above)
    builder.open("tr", "")
    builder.descend(node, lambda: builder.unwind(depth))


def table_cell(builder: Builder, node: Element) -> None:
    builder.flush()
    while builder.top.implicit and builder.top.tag != "tr":
        builder.close()
    if builder.top.tag == "table":
        builder.open("tr", "", implicit=True)
    if builder.top.tag != "tr":
        builder.transparent(node)
        return
    tag = "th" if builder.above[-1].head else node.tag
    rowspan = span(node.get("rowspan"))
    depth = len(builder.above)
    builder.open(tag, "").cell = Cell(tag, cell(tag, node), "", rowspan)
    builder.descend(node, lambda: builder.unwind(depth))


def captioned(builder: Builder, node: Element) -> None:
    builder.settle()
    frame = builder.top
    if frame.tag != _CAPTIONED[node.tag] or frame.caption is not None:
        builder.transparent(node)
        return
    if frame.tag == "details" and frame.out:
        builder.transparent(node)
        return
    frame.caption = ""
    builder.handlers = IN_CAPTION

    def close() -> None:
        builder.handlers = HANDLERS
        runs, builder.runs = builder.runs, []
        text = spell(runs)
        frame.caption = "" if is_blank(text) else text

    builder.descend(node, close)


# -- in captions and summaries, where no block can be


def parted(builder: Builder, node: Element) -> None:
    """Keep the words of a block apart from those around it."""
    builder.runs.append((builder.marks, " "))
    builder.descend(node, lambda: builder.runs.append((builder.marks, " ")))


def code_words(builder: Builder, node: Element) -> None:
    builder.runs.append((builder.marks, f" {verbatim(flat(node, ' '))} "))


def video_link(builder: Builder, node: Element) -> None:
    src = source(node.get("src"))
    if src is None:
        parted(builder, node)
    else:
        around = with_mark(builder.marks, Mark(0, f'<a href="{quote(src)}">', "</a>"))
        builder.runs.append((around, src))


def opaque_words(builder: Builder, node: Element) -> None:
    run = opaque_run(node, builder.marks)
    if run is None:
        parted(builder, node)
    else:
        builder.runs.append(run)


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(BREAKING, Builder.transparent),
    **dict.fromkeys(SIMPLE_MARKS, mark),
    **dict.fromkeys(HEADINGS, heading),
    **dict.fromkeys(_CAPTIONED, captioned),
    **dict.fromkeys(("thead", "tbody", "tfoot"), row_group),
    **dict.fromkeys(("td", "th"), table_cell),
    "a": link,
    "img": image,
    "br": line_break,
    "span": opaque_span,
    "p": paragraph,
    "hr": rule,
    "pre": code_block,
    "video": video,
    "div": division,
    "blockquote": quotation,
    "details": details,
    "figure": figure,
    "section": section,
    "ul": bullets,
    "ol": numbers,
    "menu": bullets,
    "li": item,
    "table": table,
    "tr": row,
}

IN_CAPTION: Mapping[str, Handler] = {
    **HANDLERS,
    **dict.fromkeys((*BREAKING, "hr"), parted),
    "pre": code_words,
    "video": video_link,
    "div": opaque_words,
}
