"""The documents of one knowledge base, found by id, category, label, external id and date.

Each document stands in ordered indexes by its last change, once as people see it in the console
(drafts included) and once as it is published, so that a page costs what it holds and not what the
base holds.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal, TypeAlias

from attrs import define, field

from .document import Content, Document
from .errors import not_found
from .order import Key, Ordered

View: TypeAlias = Literal["all", "live"]
"""`all` shows open drafts in place of what is published; `live` shows published content only."""
Facet: TypeAlias = tuple[View, str, str]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def stamp(at: datetime) -> int:
    """Milliseconds since 1970: how a sort key holds a date."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def content(document: Document, view: View) -> Content | None:
    """What a view shows of a document, or `None` where it has nothing to show."""
    if view == "all" and document.open:
        return document.draft
    return document.live.content if document.live else None


@define
class Catalogue:
    """The documents of one knowledge base."""

    changes: int = 0
    """Grows with every write: what was computed at one value holds until the next."""
    _documents: dict[str, Document] = field(factory=dict)
    _by_number: dict[int, str] = field(factory=dict)
    _indexes: dict[Facet, Ordered] = field(factory=dict)
    _next: int = 1

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents.values())

    def number(self) -> int:
        """The next place in the order of creation."""
        self._next += 1
        return self._next - 1

    def get(self, document_id: str) -> Document:
        """The document with this id.

        Raises:
            Refusal: 404.
        """
        found = self._documents.get(document_id)
        if found is None:
            raise not_found("document", document_id)
        return found

    def holds(self, document_id: str) -> bool:
        """Whether there is such a document."""
        return document_id in self._documents

    def put(self, document: Document) -> None:
        """Keep a new document, or a new state of one."""
        old = self._documents.get(document.id)
        before = _entries(old) if old else set()
        after = _entries(document)
        self._documents[document.id] = document
        self._by_number[document.number] = document.id
        self._index(before - after, after - before)

    def remove(self, document_id: str) -> None:
        """Forget a document and all its versions."""
        gone = self._documents.pop(document_id)
        del self._by_number[gone.number]
        self._index(_entries(gone), set())

    def _index(self, gone: set[tuple[Facet, Key]], new: set[tuple[Facet, Key]]) -> None:
        self.changes += 1
        for facet, key in gone:
            index = self._indexes[facet]
            index.discard(key)
            if not index:
                del self._indexes[facet]
        for facet, key in new:
            self._indexes.setdefault(facet, Ordered()).add(key)

    def index(self, view: View, name: str = "", value: str = "") -> Ordered:
        """The keys of all documents of a view, or of those with this category, label or
        external id, by the date of their last change."""
        return self._indexes.get((view, name, value)) or Ordered()

    def last(self, view: View) -> datetime | None:
        """When a document of this view was changed last."""
        key = self.index(view).last()
        return _EPOCH + timedelta(milliseconds=int(key[0])) if key else None

    def keyed(self, key: Key) -> Document:
        """The document that a sort key stands for."""
        return self._documents[self._by_number[int(key[1])]]

    def chosen(self, view: View, name: str, values: Sequence[str]) -> Sequence[Document]:
        """The documents with one of these categories, labels or external ids."""
        return [
            self.keyed(key) for value in values for key in self.index(view, name, value).after(None)
        ]


def _entries(document: Document) -> set[tuple[Facet, Key]]:
    entries: set[tuple[Facet, Key]] = set()
    for view in ("all", "live"):
        shown = content(document, view)
        if shown is not None:
            key = (stamp(shown.modified), document.number)
            entries |= {((view, name, value), key) for name, value in _facets(shown)}
    return entries


def _facets(shown: Content) -> Iterator[tuple[str, str]]:
    yield ("", "")
    if shown.category:
        yield ("category", shown.category)
    if shown.external_id:
        yield ("external", shown.external_id)
    for label in shown.labels:
        yield ("label", label)


def merged(indexes: Sequence[Ordered], key: Key | None) -> Iterator[Key]:
    """The keys of several indexes behind this one, ascending, each once."""
    return _once(heapq.merge(*(index.after(key) for index in indexes)))


def merged_before(indexes: Sequence[Ordered], key: Key) -> Iterator[Key]:
    """The keys of several indexes in front of this one, descending, each once."""
    return _once(heapq.merge(*(index.before(key) for index in indexes), reverse=True))


def _once(keys: Iterator[Key]) -> Iterator[Key]:
    last: Key | None = None
    for key in keys:
        if key != last:
            yield key
        last = key
