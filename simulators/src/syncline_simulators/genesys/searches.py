"""Search by words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .base import KnowledgeBase
from .catalogue import content
from .document import Content, Document
from .errors import bad_request
from .filters import FILTER, INTERVAL, during, test_of
from .organization import Organization
from .reading import expanded, shown_in
from .serving import Call, Endpoint
from .shapes import boolean, ignored, integer, members, needed, number, one_of, text
from .text import plain
from .views import ROOT

SEARCH = members(
    query=needed(text(most=2000)),
    pageSize=integer(1, 30),
    pageNumber=integer(1),
    queryType=one_of("AutoSearch", "ManualSearch", "Suggestion"),
    includeDraftDocuments=boolean,
    interval=INTERVAL,
    filter=FILTER,
    sortOrder=one_of("Asc", "Desc"),
    sortBy=one_of("ConfidenceScore", "DateCreated", "DateModified", "CategoryName", "LabelName"),
    confidenceThreshold=number,
    preprocessQuery=boolean,
    searchId=ignored,
    total=ignored,
    pageCount=ignored,
    application=ignored,
    conversationContext=ignored,
    answerHighlightTopResults=ignored,
    answerMode=ignored,
)
"""`KnowledgeDocumentSearchRequest`; what has to do with generated answers is not looked at."""


_EXPAND = ("documentVariations", "documentAlternatives", "knowledgeBaseLanguageCode")


def search_documents(org: Organization, call: Call) -> dict[str, Any]:
    """POST: published, visible documents that hold any of the words, best first; 30 at most."""
    base, body = org.base(call.ids["base"]), call.body
    expanded(call, _EXPAND)
    words = set(body["query"].casefold().split())
    if not words:
        raise bad_request("query must not be empty.", field_name="query")
    tests = (test_of(base, body.get("filter")), during(body.get("interval")))
    hits = (hit for hit in _hits(org, base, words) if all(test(*hit[1:]) for test in tests))
    ranked = sorted(hits, key=lambda hit: -hit[0])[:30]
    size, page = body.get("pageSize", 10), body.get("pageNumber", 1)
    return {
        "query": body["query"],
        "pageSize": size,
        "pageNumber": page,
        "searchId": org.ids.uuid(),
        "total": len(ranked),
        "pageCount": -(-len(ranked) // size),
        "queryType": body.get("queryType", "ManualSearch"),
        "results": [
            {"confidence": score, "document": shown_in(base, document, "live", ())}
            for score, document, _ in ranked[(page - 1) * size : page * size]
        ],
    }


def _hits(
    org: Organization, base: KnowledgeBase, words: set[str]
) -> Iterator[tuple[float, Document, Content]]:
    for document in base.documents:
        shown = content(document, "live")
        if shown is None or not shown.visible or not org.settled(document.created):
            continue
        held = f"{shown.title} {' '.join(plain(one) for one in shown.variations)}".casefold()
        score = sum(word in held for word in words) / len(words)
        if score:
            yield score, document, shown


ENDPOINTS = (
    Endpoint(
        "POST",
        f"{ROOT}/{{base}}/documents/search",
        search_documents,
        ["knowledge:knowledgebase:search"],
        SEARCH,
    ),
)
"""The operation that searches."""
