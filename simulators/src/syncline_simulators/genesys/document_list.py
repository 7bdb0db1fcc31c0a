"""The listing of documents: by the date of the last change, filtered, page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import takewhile
from typing import Any

from .base import KnowledgeBase
from .catalogue import View, merged, merged_before, stamp
from .catalogue import content as content_of
from .dates import Interval, interval
from .document import Document
from .order import Key, Ordered
from .organization import Organization
from .paging import Source, listed
from .reading import expanded, shown_in
from .serving import Call


def list_documents(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by date of the last change, each document once; drafts only with `includeDrafts`."""
    base = org.base(call.ids["base"])
    view: View = "all" if call.flag("includeDrafts") else "live"
    expand = expanded(call, ("category", "labels"))

    def entity(key: Key) -> dict[str, Any]:
        return shown_in(base, base.documents.keyed(key), view, expand)

    return listed(call, _source(org, base, call, view, entity))


def _source(
    org: Organization,
    base: KnowledgeBase,
    call: Call,
    view: View,
    entity: Callable[[Key], dict[str, Any]],
) -> Source:
    filters = _filters(base, call)
    indexes = _indexes(base, filters, view)
    during = interval(call.query["interval"]) if call.query.get("interval") else None
    wanted = {facet: set(values) for facet, values in filters.items()}

    def kept(keys: Iterator[Key]) -> Iterator[Key]:
        return (key for key in keys if _wanted(org, base.documents.keyed(key), view, wanted))

    def after(key: Key | None) -> Iterator[Key]:
        start = key or ((stamp(during.start), -1) if during else None)
        keys = merged(indexes, start)
        return kept(takewhile(_below(during), keys) if during else keys)

    def before(key: Key) -> Iterator[Key]:
        keys = merged_before(indexes, key)
        return kept(takewhile(_above(during), keys) if during else keys)

    return Source(
        after=after,
        before=before,
        entity=entity,
        allowed=lambda key: during is None or (_below(during)(key) and _above(during)(key)),
        newest=lambda: _newest(base, indexes),
    )


def _below(during: Interval) -> Callable[[Key], bool]:
    end = stamp(during.end)
    return lambda key: int(key[0]) < end


def _above(during: Interval) -> Callable[[Key], bool]:
    start = stamp(during.start)
    return lambda key: int(key[0]) >= start


def _newest(base: KnowledgeBase, indexes: Collection[Ordered]) -> str | None:
    last = max((key for index in indexes if (key := index.last())), default=None)
    return base.documents.keyed(last).id if last else None


_FACETS = {
    "documentId": "document",
    "externalIds": "external",
    "categoryId": "category",
    "labelIds": "label",
}
"""What the parameters filter by, the most selective first."""


def _filters(base: KnowledgeBase, call: Call) -> dict[str, list[str]]:
    found = {facet: call.values(name) for name, facet in _FACETS.items() if call.query.get(name)}
    if "category" in found and call.flag("includeSubcategories"):
        found["category"] = sorted({u for one in found["category"] for u in base.below(one)})
    return found


def _indexes(
    base: KnowledgeBase, filters: Mapping[str, Collection[str]], view: View
) -> list[Ordered]:
    """Where to look: the documents of the first filter, or all."""
    for facet, values in filters.items():
        if facet == "document":
            return [_some(base, values, view)]
        return [base.documents.index(view, facet, value) for value in dict.fromkeys(values)]
    return [base.documents.index(view)]


def _some(base: KnowledgeBase, ids: Collection[str], view: View) -> Ordered:
    order = Ordered()
    for document_id in dict.fromkeys(ids):
        if base.documents.holds(document_id):
            document = base.documents.get(document_id)
            content = content_of(document, view)
            if content is not None:
                order.add((stamp(content.modified), document.number))
    return order


def _wanted(
    org: Organization, document: Document, view: View, wanted: Mapping[str, set[str]]
) -> bool:
    content = content_of(document, view)
    if content is None or not org.settled(document.created):
        return False
    held: Mapping[str, set[str | None]] = {
        "document": {document.id},
        "external": {content.external_id},
        "category": {content.category},
        "label": {*content.labels},
    }
    return all(held[facet] & values for facet, values in wanted.items())
