"""Creates that were given up: what they were to make may appear after all, and is ours then.

A vendor may carry a request out long after its answer was given up. The history remembers every
such create; this is its mirror, for a question that is asked once for every newcomer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...model import Document, Ref, Side
from ...state.listing import fold
from ...state.records import Effect, Entry, Log

GIVEN_UP = "given up"
"""The event of a create that was looked for in vain; its `after` is what was to be written."""

Titles = dict[tuple[Side, str], list[Entry]]


class AbandonedCreates:
    """The creates of a job that were given up, by source and by title."""

    def __init__(self) -> None:
        self._of: dict[Ref, Entry] = {}
        self._entries: list[Entry] = []
        self._titles: Titles | None = None

    def load(self, entries: Iterable[Entry]) -> None:
        """Take over what the history says, oldest first; what was known before is forgotten."""
        self._of, self._entries, self._titles = {}, [], None
        for entry in entries:
            self._add(entry)

    def note(self, effects: Iterable[Effect]) -> None:
        """Follow a commit."""
        for effect in effects:
            if isinstance(effect, Log) and effect.entry.event == GIVEN_UP:
                self._add(effect.entry)

    def of(self, source: Ref) -> Entry | None:
        """Return the latest attempt at a counterpart of this item."""
        return self._of.get(source)

    def may_have_made(
        self, side: Side, title: str, value: Callable[[str], Document | None]
    ) -> list[Entry]:
        """Return the attempts that were to make an item of this title on a side.

        Args:
            value: returns the document of a key, as the state does.
        """
        if not self._entries:
            return []
        if self._titles is None:
            self._titles = _by_title(self._entries, value)
        return self._titles.get((side, fold(title)), [])

    def _add(self, entry: Entry) -> None:
        source = source_of(entry)
        if source is not None:
            self._of[source] = entry
            self._entries.append(entry)
            self._titles = None


def source_of(entry: Entry) -> Ref | None:
    """Return what a given up create was to be the counterpart of."""
    return entry.right if entry.side is Side.LEFT else entry.left


def _by_title(entries: Iterable[Entry], value: Callable[[str], Document | None]) -> Titles:
    found: Titles = {}
    for entry in entries:
        document = value(entry.after)
        if document is not None and entry.side is not None:
            found.setdefault((entry.side, fold(document.title)), []).append(entry)
    return found
