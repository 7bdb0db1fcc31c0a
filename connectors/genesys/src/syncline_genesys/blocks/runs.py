"""Inline content as a flat list of runs: the view that the profile and Genesys share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from syncline.body.tree import Element, Node

from .hrefs import held_href, held_src
from .words import ALT_LIMIT, MARKS, NBSP, TAGS, blank

Marks = tuple[str, ...]
"""Genesys names, in the order of `MARKS`."""

_ORDER = {mark: position for position, mark in enumerate(TAGS)}


class Run(NamedTuple):
    """A stretch of text in one style; or a line break, an image, something opaque."""

    text: str
    """Of a line break a newline, of an image its alternative text."""
    marks: Marks = ()
    link: str = ""
    image: str = ""
    """The address of an image; the run is an image when it is not empty."""
    opaque: str = ""
    """The key of something kept as it was read; `text` is shown in its place."""

    @property
    def neutral(self) -> bool:
        """True for what carries no marks in Genesys."""
        return bool(self.image or self.opaque) or self.text == "\n"


BREAK = Run("\n")


@lru_cache(maxsize=256)
def with_mark(marks: Marks, mark: str) -> Marks:
    """Return `marks` with one more."""
    return marks if mark in marks else tuple(sorted((*marks, mark), key=_ORDER.__getitem__))


def read(children: Sequence[Node], *, upgrade: bool) -> list[Run]:
    """Return what Genesys can hold of a leaf's children; equal neighbours are one.

    Inline code becomes text, link titles and anchors go, links and images with an address that
    Genesys refuses leave their text behind.
    """
    runs: list[Run] = []
    _read(children, (), "", upgrade, runs)
    return runs


def _read(
    children: Sequence[Node], marks: Marks, link: str, upgrade: bool, runs: list[Run]
) -> None:
    for node in children:
        if isinstance(node, str):
            _add(runs, node, marks, link)
            continue
        tag = node.tag
        if tag in MARKS:
            _read(node.children, with_mark(marks, MARKS[tag]), link, upgrade, runs)
        elif tag == "a":
            target = held_href(node.get("href"), upgrade=upgrade)
            _read(node.children, marks, target, upgrade, runs)
        elif tag == "br":
            runs.append(BREAK)
        elif tag == "img":
            _add_image(runs, node, marks, link, upgrade)
        elif key := _own(node):
            runs.append(Run(plain(node.children), opaque=key))
        else:
            _read(node.children, marks, link, upgrade, runs)


def _add(runs: list[Run], text: str, marks: Marks, link: str) -> None:
    if not text:
        return
    if runs:
        last = runs[-1]
        if last.marks == marks and last.link == link and not last.neutral:
            runs[-1] = Run(last.text + text, marks, link)
            return
    runs.append(Run(text, marks, link))


def _add_image(runs: list[Run], node: Element, marks: Marks, link: str, upgrade: bool) -> None:
    alt = node.get("alt")
    if src := held_src(node.get("src"), upgrade=upgrade):
        runs.append(Run(cut(alt), (), link, src))
    else:
        _add(runs, alt, marks, link)


def cut(alt: str) -> str:
    """Return an alternative text that is short enough for Genesys."""
    return alt if len(alt) <= ALT_LIMIT else alt[: ALT_LIMIT - 1].rstrip() + "…"


def _own(node: Element) -> str:
    key = node.get("data-opaque")
    return key if key.startswith("genesys.") else ""


def flat(blocks: Sequence[Node], *, upgrade: bool) -> list[Run]:
    """Return what `blocks` say as inline content, with a line break between leaves."""
    runs: list[Run] = []
    for block in blocks:
        more = _flat(block, upgrade)
        if not empty(more):
            runs.extend([BREAK, *more] if runs else more)
    return runs


def _flat(node: Node, upgrade: bool) -> list[Run]:
    if isinstance(node, str):
        return [Run(node)]
    match node.tag:
        case "video":
            src = node.get("src")
            return [Run(src, (), held_href(src, upgrade=upgrade))]
        case "pre":
            return code(plain(node.children))
        case "div" if key := _own(node):
            return [Run(plain(node.children), opaque=key)]
        case "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary" | "caption" | "figcaption":
            return read(node.children, upgrade=upgrade)
        case "img":
            return read((node,), upgrade=upgrade)
        case _:
            return flat(node.children, upgrade=upgrade)


def code(text: str) -> list[Run]:
    """Return the lines of a code block as inline content; indentation stays visible."""
    runs: list[Run] = []
    for line in text.strip("\n").split("\n"):
        body = line.lstrip(" \t")
        indent = NBSP * len(line[: len(line) - len(body)].expandtabs(4))
        runs.extend([BREAK, Run(indent + body)] if runs else [Run(indent + body)])
    return runs


def plain(children: Sequence[Node]) -> str:
    """Return the text of `children` alone; a line break is a newline, an image its text."""
    match children:
        case (str(text),):
            return text
        case (Element(tag="code", children=(str(text),)),):
            return text
    return "".join(run.text for run in read(children, upgrade=True))


def empty(runs: Iterable[Run]) -> bool:
    """True where a reader would see nothing."""
    return all(not run.image and not run.opaque and blank(run.text) for run in runs)


def nodes(runs: Sequence[Run]) -> tuple[Node, ...]:
    """Return loose inline nodes for `runs`, one for each: the normal form merges them."""
    return tuple(_node(run) for run in runs)


def _node(run: Run) -> Node:
    node: Node = run.text
    if run.image:
        node = Element("img", (("alt", run.text), ("src", run.image)))
    elif run.opaque:
        node = Element("span", (("data-opaque", run.opaque),), (run.text,) if run.text else ())
    elif run.text == "\n":
        node = Element("br")
    for mark in reversed(run.marks):
        node = Element(TAGS[mark], (), (node,))
    return Element("a", (("href", run.link),), (node,)) if run.link else node
