"""The search index: what CQL sees, some seconds behind the truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from .content import Content


@attrs.frozen(kw_only=True)
class Entry:
    """One content as the index knows it."""

    id: str
    kind: str
    space: str
    title: str
    status: str
    labels: frozenset[str]
    created: datetime
    modified: datetime
    author: str
    body: str


class SearchIndex:
    """Entries by content id; the wiki decides when a change arrives here."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def put(self, entry: Entry) -> None:
        """Make this the known state of its content."""
        self._entries[entry.id] = entry

    def remove(self, content_id: str) -> None:
        """Forget a content."""
        self._entries.pop(content_id, None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())


def entry(content: Content) -> Entry:
    """The content as it is now, for the index."""
    return Entry(
        id=content.id,
        kind=content.kind,
        space=content.space,
        title=content.title,
        status=content.status,
        labels=frozenset(content.labels),
        created=content.created,
        modified=content.version.at,
        author=content.author,
        body=content.body,
    )
