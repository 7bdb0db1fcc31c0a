"""Splices: replacements of bytes of a page, applied in one go."""

from __future__ import annotations

import re

from attrs import field, frozen

from .encode import attributes
from .source import Source, SourceNode


@frozen(eq=False)
class Splices:
    """Replacements gathered in any order; those at one place keep the order they came in."""

    source: Source
    _found: list[tuple[int, int, int, str]] = field(factory=list)

    def replace(self, start: int, end: int, text: str) -> None:
        """Replace the bytes from `start` to `end`."""
        # Where an insertion and a removal start at one place, the insertion comes first.
        self._found.append((start, end, len(self._found), text))

    def insert(self, place: int, text: str) -> None:
        """Insert before the byte at `place`."""
        self.replace(place, place, text)

    def mirror(self, node: SourceNode, copy: SourceNode) -> None:
        """Repeat in `copy` what is replaced in `node`; remove `copy` where its text differs."""
        start, end = self.source.start(node), self.source.end(node)
        inside = [f for f in self._found if start <= f[0] and f[1] <= end]
        low, high = self.source.start(copy), self.source.end(copy)
        data = self.source.data
        places = [_only(data, data[s:e], low, high) for s, e, _, _ in inside]
        if None in places:
            self.replace(low, high, "")
            return
        for place, (s, e, _, text) in zip(places, inside, strict=True):
            assert place is not None, "tested above"  # noqa: S101
            self.replace(place, place + e - s, text)

    def content(self, node: SourceNode, text: str) -> None:
        """Replace the content of `node`, which is opened where it is written as `<x/>`."""
        start, end = self.source.inner(node)
        if self.source.is_empty(node):
            tag = self.source.start_tag(node)
            self.replace(self.source.start(node), end, f"{tag}{text}</{node.tag}>")
        else:
            self.replace(start, end, text)

    def attribute(self, node: SourceNode, tag: str, **values: str) -> None:
        """Rewrite the tags of `node` as `tag` with attributes set, or removed where empty."""
        end = self.source.tag_end(node)
        start, stop = self.source.places[node]
        opening = self.source.data[start:end].decode()
        for name in values:
            opening = re.sub(rf"\s{re.escape(name)}\s*=\s*(\"[^\"]*\"|'[^']*')", "", opening)
        head, rest = opening[: 1 + len(node.tag)], opening[1 + len(node.tag) :]
        assert head == f"<{node.tag}", "a start tag starts with its name"  # noqa: S101
        self.replace(start, end, f"<{tag}{attributes(**values)}{rest}")
        if tag != node.tag and not self.source.is_empty(node):
            self.replace(stop, self.source.end(node), f"</{tag}>")

    def apply(self) -> str:
        """Return the page with everything replaced."""
        parts: list[bytes] = []
        place = 0
        for start, end, _, text in sorted(self._found):
            if start < place:
                raise Overlap
            parts += (self.source.data[place:start], text.encode())
            place = end
        parts.append(self.source.data[place:])
        return b"".join(parts).decode()


def _only(data: bytes, part: bytes, low: int, high: int) -> int | None:
    """Return where `part` stands between `low` and `high`, None unless exactly once."""
    place = data.find(part, low, high) if part else -1
    return place if place >= 0 and data.find(part, place + 1, high) < 0 else None


class Overlap(Exception):
    """Two replacements touch the same bytes."""


__all__ = ["Overlap", "Splices"]
