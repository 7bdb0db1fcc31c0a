"""Inline elements of a loose tree as runs."""

from __future__ import annotations

import re
from typing import Final

from .attributes import attribute
from .characters import collapsed, escape, line, quote
from .profile import MARKS, NEVER
from .runs import BREAK, Atom, Mark, Marks, Run, with_mark
from .tree import Element, Node
from .urls import href, source

ALIASES: Final = {
    "b": "strong", "i": "em", "cite": "em", "dfn": "em", "var": "em", "del": "s", "strike": "s",
    "ins": "u", "tt": "code", "kbd": "code", "samp": "code",
}  # fmt: skip
"""Other spellings of marks."""

_KNOWN: Final = {tag: Mark(rank, f"<{tag}>", f"</{tag}>") for rank, tag in enumerate(MARKS) if rank}
SIMPLE_MARKS: Final = {**_KNOWN, **{alias: _KNOWN[tag] for alias, tag in ALIASES.items()}}
"""Marks without attributes, by every tag that means them."""
_ALONE: Final = {tag: (mark,) for tag, mark in SIMPLE_MARKS.items()}

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")
"""What an opaque node may be keyed by."""

_NESTED = 12


def link_mark(node: Element) -> Mark | None:
    """Return the mark for a link; None when a body may not hold its target."""
    target = href(node.get("href"))
    if target is None:
        return None
    title = attribute("title", line(node.get("title")))
    return Mark(0, f'<a href="{quote(target)}"{title}>', "</a>")


def image_run(node: Element, marks: Marks) -> Run:
    """Return an image; its alternative text when a body may not hold its source."""
    alt, src = line(node.get("alt")), source(node.get("src"))
    if src is None:
        return marks, alt
    # Other marks than a link mean nothing on an image.
    around = marks[:1] if marks and marks[0].rank == 0 else ()
    return around, Atom(f'<img{attribute("alt", alt)} src="{quote(src)}">')


def opaque_run(node: Element, marks: Marks) -> Run | None:
    """Return an opaque span, None when it has no key."""
    key = node.get("data-opaque")
    if not KEY.fullmatch(key):
        return None
    return marks, Atom(f'<span data-opaque="{key}">{escape(line(flat(node)))}</span>')


def collect(children: tuple[Node, ...], marks: Marks, runs: list[Run], depth: int = 0) -> int:
    """Add the runs of purely inline content; return the number of elements, -1 if it is not pure.

    The fast way for what most paragraphs hold; the caller has another for everything.
    """
    count = 0
    for child in children:
        if isinstance(child, str):
            runs.append((marks, child))
            continue
        count += 1
        tag = child.tag
        mark = SIMPLE_MARKS.get(tag)
        if mark is None:
            if tag == "a":
                mark = link_mark(child)
                inner = marks if mark is None else with_mark(marks, mark)
            else:
                run = _atom(child, tag, marks)
                if run is None:
                    return -1
                runs.append(run)
                continue
        else:
            inner = with_mark(marks, mark) if marks else _ALONE[tag]
        more = collect(child.children, inner, runs, depth + 1) if depth < _NESTED else -1
        if more < 0:
            return -1
        count += more
    return count


def _atom(node: Element, tag: str, marks: Marks) -> Run | None:
    match tag:
        case "br":
            return marks, BREAK
        case "img":
            return image_run(node, marks)
        case "span":
            return opaque_run(node, marks)
        case _:
            return None


BREAKING: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"}
    | {"dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2"}
    | {"h3", "h4", "h5", "h6", "header", "hgroup", "html", "legend", "li", "main", "menu", "nav"}
    | {"ol", "p", "pre", "search", "section", "summary", "table", "tbody", "td", "tfoot", "th"}
    | {"thead", "tr", "ul"}
)
"""Elements that part the words before and after them."""


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
            if child.tag in BREAKING and parts and not parts[-1].endswith(between):
                parts.append(between)
            stack.extend(reversed(child.children))
    return "".join(parts)


def blank(run: Run) -> bool:
    """Tell whether a run is whitespace."""
    return isinstance(run[1], str) and not collapsed(run[1]).strip(" ")
