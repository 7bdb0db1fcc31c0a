"""Do both systems hold the same articles? Answered from what they store, by simple means.

Nothing here is shared with the engine or a connector: words are taken from Confluence's storage
format and from Genesys's blocks by two small walks, and compared.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

_SILENT = {"parameter", "task-id", "task-uuid", "task-status", "placeholder", "emoticon"}
_SHOWN_PARAMETERS = {"info", "note", "tip", "warning", "expand", "status", "panel", "code"}


def words_of_page(storage: str) -> list[str]:
    """Return the words that a reader of a page sees, in order."""
    named = re.sub(r"&(?!amp;|lt;|gt;|quot;|apos;|#)(\w+);", _named, storage)
    wrapped = f'<x xmlns:ac="ac" xmlns:ri="ri" xmlns:at="at">{named}</x>'
    return _words(_page_text(ElementTree.fromstring(wrapped)))  # noqa: S314 -- our own handbook


def _named(match: re.Match[str]) -> str:
    return html.unescape(match.group(0))


def _page_text(element: ElementTree.Element) -> Iterator[str]:
    name = element.tag.rsplit("}", 1)[-1]
    if name == "time":
        yield f" {element.get('datetime', '')} "
    elif name == "structured-macro":
        yield from _macro_text(element)
    elif name == "image":
        pass
    elif name not in _SILENT:
        yield element.text or ""
        for child in element:
            yield from _page_text(child)
            yield child.tail or ""
    if name in ("p", "li", "td", "th", "h1", "h2", "h3", "br", "task-body", "link-body"):
        yield " " if name != "link-body" else ""


def _macro_text(macro: ElementTree.Element) -> Iterator[str]:
    kind = macro.get("{ac}name", "")
    for child in macro:
        name = child.tag.rsplit("}", 1)[-1]
        if name == "parameter" and kind in _SHOWN_PARAMETERS and child.get("{ac}name") == "title":
            yield f" {child.text or ''} "
        elif name != "parameter":
            yield from _page_text(child)
            yield " "


def words_of_article(body: Any) -> list[str]:
    """Return the words that a reader of an article sees, in order."""
    return _words(_block_text(body.get("blocks", []) if isinstance(body, Mapping) else []))


def _block_text(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        match block.get("type"):
            case "Text":
                yield block["text"]["text"]
            case "Paragraph":
                yield from _block_text(block["paragraph"]["blocks"])
                yield " "
            case "OrderedList" | "UnorderedList":
                for item in block["list"]["blocks"]:
                    yield " "
                    yield from _block_text(item["blocks"])
                yield " "
            case "Table":
                for row in block["table"]["rows"]:
                    for cell in row["cells"]:
                        yield " "
                        yield from _block_text(cell["blocks"])
                yield " "


def _words(parts: Iterable[str]) -> list[str]:
    return re.findall(r"[^\W_]+", "".join(parts))


def differences(
    pages: Sequence[Mapping[str, Any]],
    articles: Sequence[Mapping[str, Any]],
    hidden: frozenset[str],
) -> list[str]:
    """Return a line for each thing in which the two systems do not agree.

    Args:
        pages: the live pages of Confluence; folders have no body.
        articles: the live articles of Genesys.
        hidden: titles that must not be in Genesys.
    """
    left = {p["title"]: p for p in pages if p["title"] not in hidden}
    right = {a["title"]: a for a in articles}
    found = [f"only in Confluence: {title}" for title in sorted(left.keys() - right.keys())]
    found += [f"only in Genesys: {title}" for title in sorted(right.keys() - left.keys())]
    for title in sorted(left.keys() & right.keys()):
        ours = words_of_page(left[title]["body"])
        theirs = words_of_article(right[title]["body"])
        if ours != theirs:
            found.append(f"{title}: {_first_difference(ours, theirs)}")
    return found


def _first_difference(ours: Sequence[str], theirs: Sequence[str]) -> str:
    at = next(
        (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )
    return f"…{' '.join(ours[at : at + 5])}… here, …{' '.join(theirs[at : at + 5])}… there"
