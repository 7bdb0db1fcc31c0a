"""Pasting HTML into the console's editor: a small part of HTML becomes blocks, the rest text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree, html

_FONTS = {f"h{n}": f"Heading{n}" for n in range(1, 7)} | {"p": "Paragraph", "pre": "Preformatted"}
_MARKS = {
    "strong": "Bold",
    "b": "Bold",
    "em": "Italic",
    "i": "Italic",
    "u": "Underline",
    "s": "Strikethrough",
    "sub": "Subscript",
    "sup": "Superscript",
}
_LISTS = {"ul": "UnorderedList", "ol": "OrderedList"}
_SPACE = re.compile(r"[ \t\r\n\f]+")

Node = Any
Style = Mapping[str, Any]


def pasted(text: str) -> list[dict[str, Any]]:
    """The blocks that a pasted piece of HTML becomes."""
    root = html.fragment_fromstring(text, create_parent="div")
    etree.strip_tags(root, "span", "tbody", "thead", "tfoot")
    etree.strip_elements(root, "script", "style", with_tail=False)
    return list(_blocks(root)) or [_paragraph("Paragraph", [_text(" ", {})])]


def _blocks(parent: Node) -> Iterator[dict[str, Any]]:
    loose: list[dict[str, Any]] = list(_run(parent.text, {}))
    for child in parent:
        found = _block(child)
        if found is None:
            loose += _inline(child, {})
        else:
            yield from _flush(loose)
            yield found
        loose += _run(child.tail, {})
    yield from _flush(loose)


def _flush(loose: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    runs = _trimmed(loose)
    loose.clear()
    if runs:
        yield _paragraph("Paragraph", runs)


def _block(node: Node) -> dict[str, Any] | None:
    tag = node.tag
    if tag in _FONTS:
        return _paragraph(_FONTS[tag], _trimmed(list(_inside(node, {}, keep=tag == "pre"))))
    if tag in _LISTS:
        return _list(node)
    if tag == "table":
        return _table(node)
    return None


def _paragraph(font: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    body = {"blocks": runs or [_text(" ", {})], "properties": {"fontType": font}}
    return {"type": "Paragraph", "paragraph": body}


def _list(node: Node) -> dict[str, Any]:
    items = [
        {"type": "ListItem", "blocks": _trimmed(list(_inside(item, {}))) or [_text(" ", {})]}
        for item in node.iterchildren("li")
    ]
    return {"type": _LISTS[node.tag], "list": {"blocks": items}}


def _table(node: Node) -> dict[str, Any]:
    rows = [{"cells": [_cell(c) for c in row.iterchildren("td", "th")]} for row in node.iter("tr")]
    return {"type": "Table", "table": {"rows": rows}}


def _cell(node: Node) -> dict[str, Any]:
    kind = "HeaderCell" if node.tag == "th" else "Cell"
    return {"blocks": list(_blocks(node)), "properties": {"cellType": kind}}


def _inside(node: Node, style: Style, *, keep: bool = False) -> Iterator[dict[str, Any]]:
    yield from _run(node.text, style, keep=keep)
    for child in node:
        yield from _inline(child, style, keep=keep)
        yield from _run(child.tail, style, keep=keep)


def _inline(node: Node, style: Style, *, keep: bool = False) -> Iterator[dict[str, Any]]:
    tag = node.tag
    if tag == "br":
        yield _text("\n", style)
    elif tag == "img" and node.get("src"):
        yield {"type": "Image", "image": {"url": node.get("src")}}
    elif tag in _LISTS:
        yield _list(node)
    elif tag in _MARKS:
        marks = [*style.get("marks", ()), _MARKS[tag]]
        yield from _inside(node, {**style, "marks": list(dict.fromkeys(marks))}, keep=keep)
    elif tag == "a" and node.get("href"):
        yield from _inside(node, {**style, "hyperlink": node.get("href")}, keep=keep)
    elif isinstance(tag, str):
        yield from _inside(node, style, keep=keep)


def _run(text: str | None, style: Style, *, keep: bool = False) -> Iterator[dict[str, Any]]:
    found = (text or "") if keep else _SPACE.sub(" ", text or "")
    if found:
        yield _text(found, style)


def _text(text: str, style: Style) -> dict[str, Any]:
    return {"type": "Text", "text": {"text": text, **style}}


def _trimmed(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs without white space at both ends."""
    kept = [dict(run) for run in runs]
    while kept and _blank(kept[0]):
        del kept[0]
    while kept and _blank(kept[-1]):
        del kept[-1]
    if kept and kept[0]["type"] == "Text":
        kept[0] = _text(kept[0]["text"]["text"].lstrip(" "), _style(kept[0]))
    if kept and kept[-1]["type"] == "Text":
        kept[-1] = _text(kept[-1]["text"]["text"].rstrip(" "), _style(kept[-1]))
    return kept


def _style(run: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in run["text"].items() if name != "text"}


def _blank(run: Mapping[str, Any]) -> bool:
    return run["type"] == "Text" and not run["text"]["text"].strip(" ")
