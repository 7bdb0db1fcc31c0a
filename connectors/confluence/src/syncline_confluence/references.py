"""What a stored page refers to: pages by title, files by name."""

from __future__ import annotations

from attrs import frozen

from .storage.source import Source, SourceNode


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
    pending: list[SourceNode] = [source.root]
    while pending:
        node = pending.pop()
        pending.extend(node.elements())
        if node.tag == "ri:page":
            titles.add(_page(node))
        elif node.tag == "ri:attachment":
            holder = node.child("ri:page")
            space, title = _page(holder) if holder is not None else ("", "")
            files.add((space, title, node.get("ri:filename")))
    return References(titles=frozenset(titles), files=frozenset(files))


def _page(node: SourceNode) -> tuple[str, str]:
    return node.get("ri:space-key"), node.get("ri:content-title")
