"""Documents by query: those that match a filter, with their content."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .base import KnowledgeBase
from .catalogue import View, content
from .document import Content, Document, Variation
from .errors import invalid_value
from .filters import FILTER, INTERVAL, during, labels_of, test_of
from .organization import Organization
from .reading import expanded, shown_in
from .serving import Call, Endpoint
from .shapes import boolean, integer, members, needed, one_of
from .views import ROOT, variation_view

MOST = 200
"""Documents of one page; the vendor's own number is not published."""

_SORT = one_of("DateCreated", "DateModified", "CategoryName", "LabelName", "ViewCount")

QUERY = members(
    pageSize=integer(1, MOST),
    pageNumber=integer(1),
    includeDraftDocuments=boolean,
    interval=INTERVAL,
    filter=needed(FILTER),
    includeVariations=one_of("All", "AllMatching", "SingleMostRelevant"),
    sortOrder=one_of("Asc", "Desc"),
    sortBy=_SORT,
)
"""`KnowledgeDocumentQuery`."""


_EXPAND = (
    "documentVariations",
    "documentAlternatives",
    "knowledgeBaseLanguageCode",
    "variationChunks",
)


def query_documents(org: Organization, call: Call) -> dict[str, Any]:
    """POST: one page of the matching documents, by page number.

    The content is that of the published version, or of an open draft where drafts are included
    (which of them the vendor returns is unconfirmed).
    """
    base, body = org.base(call.ids["base"]), call.body
    expand = expanded(call, _EXPAND)
    view: View = "all" if body.get("includeDraftDocuments") else "live"
    _bounded(body["filter"])
    ids = _found(org, base, body, view)
    size, page = body.get("pageSize", 25), body.get("pageNumber", 1)
    wanted = [base.documents.get(one) for one in ids[(page - 1) * size : page * size]]
    return {
        "pageSize": size,
        "pageNumber": page,
        "total": len(ids),
        "pageCount": -(-len(ids) // size),
        "results": [_result(base, one, view, expand, body) for one in wanted],
    }


def _bounded(expression: Mapping[str, Any]) -> None:
    if sum(len(clause["predicates"]) for clause in expression["clauses"]) > 10:
        raise invalid_value("filter.clauses", "at most 10 predicates are allowed in all")


def _found(
    org: Organization, base: KnowledgeBase, body: Mapping[str, Any], view: View
) -> list[str]:
    asked = {name: v for name, v in body.items() if name not in ("pageSize", "pageNumber")}
    test = test_of(base, body.get("filter"))
    wanted = during(body.get("interval"))

    def find() -> list[str]:
        found = [
            document
            for key in base.documents.index(view).after(None)
            if (document := base.documents.keyed(key))
            and org.settled(document.created)
            and wanted(document, _shown(document, view))
            and test(document, _shown(document, view))
        ]
        return [one.id for one in _sorted(base, found, view, body)]

    # While new documents settle, what is found depends on the time as well.
    moment = org.now().isoformat() if org.settling else ""
    key = json.dumps([base.id, asked, moment], sort_keys=True)
    return org.results.get(key, base.changes, find)


def _shown(document: Document, view: View) -> Content:
    found = content(document, view)
    return found if found is not None else document.draft


def _sorted(
    base: KnowledgeBase, found: list[Document], view: View, body: Mapping[str, Any]
) -> list[Document]:
    def name(document: Document) -> str:
        category = _shown(document, view).category
        return base.categories.get(category).name.casefold() if category else ""

    ranks: Mapping[str, Callable[[Document], Any]] = {
        "DateCreated": lambda one: one.number,
        "CategoryName": name,
        "LabelName": lambda one: sorted(labels_of(base, _shown(one, view))),
    }
    rank = ranks.get(body.get("sortBy", ""))
    descending = body.get("sortOrder") == "Desc"
    if rank is None:
        return found[::-1] if descending else found
    return sorted(found, key=rank, reverse=descending)


def _result(
    base: KnowledgeBase,
    document: Document,
    view: View,
    expand: Sequence[str],
    body: Mapping[str, Any],
) -> dict[str, Any]:
    found = shown_in(base, document, view, ("category", "labels"))
    if "documentAlternatives" not in expand:
        found.pop("alternatives", None)
    if "documentVariations" in expand:
        shown = _shown(document, view)
        live = document.live
        version = live if live is not None and live.content is shown else None
        variations = _asked(shown.variations, body.get("includeVariations", "All"))
        found["variations"] = [variation_view(base, document, one, version) for one in variations]
    return found


def _asked(variations: Sequence[Variation], which: str) -> Sequence[Variation]:
    if which != "SingleMostRelevant" or not variations:
        return variations
    return [max(variations, key=lambda one: one.priority or 0)]


ENDPOINTS = (
    Endpoint(
        "POST",
        f"{ROOT}/{{base}}/documents/query",
        query_documents,
        ["knowledge:document:view"],
        QUERY,
    ),
)
"""The operation that queries."""
