"""What a stored page refers to: pages by title, files by name."""

from __future__ import annotations

from attrs import frozen

from .storage.names import DIAGRAM_MACROS, FILE_MACROS
from .storage.opaque import line_of
from .storage.source import Source, SourceNode, child


@frozen(kw_only=True)
class References:
    """Names that have to be looked up before a body can be read."""

    titles: frozenset[tuple[str, str]]
    """(space key or "", title)"""
    files: frozenset[tuple[str, str, str]]
    """(space key or "", title of the page that holds it or "", file name)"""


def references(source: Source) -> References:
    """Return what the page refers to."""
    titles: set[tuple[str, str]] = set()
    files: set[tuple[str, str, str]] = set()
    for node in source.root.iter("ri:page"):
        titles.add(_page(node))
    for node in source.root.iter("ri:attachment"):
        holder = child(node, "ri:page")
        files.add((*_page(holder), node.get("ri:filename", "")))
    for node in source.root.iter("ac:structured-macro"):
        files |= {("", "", name) for name in _named(node)}
    return References(titles=frozenset(titles), files=frozenset(files))


def _page(node: SourceNode | None) -> tuple[str, str]:
    if node is None:
        return "", ""
    return node.get("ri:space-key", ""), node.get("ri:content-title", "")


def _named(macro: SourceNode) -> set[str]:
    """Return the files that a macro names in its parameters: previews of diagrams, documents."""
    name = macro.get("ac:name", "")
    if name not in DIAGRAM_MACROS and name not in FILE_MACROS:
        return set()
    ending = ".png" if name in DIAGRAM_MACROS else ""
    texts = {line_of(inner) for inner in macro if inner.tag == "ac:parameter" and not len(inner)}
    return {f"{text}{ending}" for text in texts if text}


__all__ = ["References", "references"]
