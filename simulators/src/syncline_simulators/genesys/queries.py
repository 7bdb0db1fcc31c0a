"""Documents by query: those that match a filter, with their content; and search by words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .base import KnowledgeBase
from .catalogue import View, content
from .dates import interval
from .document import Content, Document
from .documents import expanded, shown_in
from .errors import bad_request, invalid_value
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import boolean, ignored, integer, listing, members, needed, number, one_of, text
from .text import plain
from .views import ROOT, variation_view

MOST = 200

_PREDICATE = members(
    fields=needed(listing(text(), least=1)),
    values=needed(listing(text(), least=1)),
    type=needed(one_of("Equals", "NotEquals", "Contains", "MatchAll", "MatchAny")),
)
_OPERATOR = one_of("Or", "And")
_FILTER = members(
    operator=needed(_OPERATOR),
    clauses=needed(
        listing(
            members(operator=needed(_OPERATOR), predicates=needed(listing(_PREDICATE, most=10))),
            most=20,
        )
    ),
)
_INTERVAL = members(field=one_of("dateCreated", "dateModified", "datePublished"), value=text())
_SORT = one_of("DateCreated", "DateModified", "CategoryName", "LabelName", "ViewCount")

QUERY = members(
    pageSize=integer(1, MOST),
    pageNumber=integer(1),
    includeDraftDocuments=boolean,
    interval=_INTERVAL,
    filter=needed(_FILTER),
    includeVariations=one_of("All", "AllMatching", "SingleMostRelevant"),
    sortOrder=one_of("Asc", "Desc"),
    sortBy=_SORT,
)
"""`KnowledgeDocumentQuery`."""

SEARCH = members(
    query=needed(text(most=2000)),
    pageSize=integer(1, 30),
    pageNumber=integer(1),
    queryType=one_of("AutoSearch", "ManualSearch", "Suggestion"),
    includeDraftDocuments=boolean,
    interval=_INTERVAL,
    filter=_FILTER,
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


def query_documents(org: Organization, call: Call) -> dict[str, Any]:
    """POST: one page of the matching documents, by page number.

    The content is that of the published version, or of an open draft where drafts are included
    (which of them the vendor returns is unconfirmed).
    """
    base, body = org.base(call.ids["base"]), call.body
    expand = expanded(call, (*_EXPAND, "variationChunks"))
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
        "results": [_result(base, document, view, expand) for document in wanted],
    }


def _bounded(expression: Mapping[str, Any]) -> None:
    if sum(len(clause["predicates"]) for clause in expression["clauses"]) > 10:
        raise invalid_value("filter.clauses", "at most 10 predicates are allowed in all")


def _found(
    org: Organization, base: KnowledgeBase, body: Mapping[str, Any], view: View
) -> list[str]:
    asked = {name: v for name, v in body.items() if name not in ("pageSize", "pageNumber")}
    test = _test(base, body.get("filter"))
    during = _during(body.get("interval"))

    def find() -> list[str]:
        found = [
            document
            for key in base.documents.index(view).after(None)
            if (document := base.documents.keyed(key))
            and org.settled(document.created)
            and during(document, _shown(document, view))
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
        "LabelName": lambda one: sorted(_labels(base, _shown(one, view))),
    }
    rank = ranks.get(body.get("sortBy", ""))
    descending = body.get("sortOrder") == "Desc"
    if rank is None:
        return found[::-1] if descending else found
    return sorted(found, key=rank, reverse=descending)


def _labels(base: KnowledgeBase, shown: Content) -> list[str]:
    return [base.labels.get(one).name for one in shown.labels if base.labels.holds(one)]


Test = Callable[[Document, Content], bool]


def _during(given: Mapping[str, Any] | None) -> Test:
    if not given or not given.get("value"):
        return lambda document, shown: True
    wanted = interval(given["value"], "interval.value")
    match given.get("field", "dateModified"):
        case "dateCreated":
            return lambda document, shown: document.created in wanted
        case "datePublished":
            return lambda document, shown: bool(document.live and document.live.published in wanted)
        case _:
            return lambda document, shown: shown.modified in wanted


def _test(base: KnowledgeBase, expression: Mapping[str, Any] | None) -> Test:
    if not expression:
        return lambda document, shown: True
    clauses = [
        _joined(clause["operator"], [_predicate(base, one) for one in clause["predicates"]])
        for clause in expression["clauses"]
    ]
    return _joined(expression["operator"], clauses)


def _joined(operator: str, tests: Sequence[Test]) -> Test:
    if not tests:
        return lambda document, shown: True
    how = all if operator == "And" else any
    return lambda document, shown: how(test(document, shown) for test in tests)


def _predicate(base: KnowledgeBase, predicate: Mapping[str, Any]) -> Test:
    readers = [_reader(base, name) for name in predicate["fields"]]
    values = [value.casefold() for value in predicate["values"]]
    kind = predicate["type"]

    def test(document: Document, shown: Content) -> bool:
        held = {v.casefold() for reader in readers for v in reader(document, shown)}
        match kind:
            case "Equals" | "MatchAny":
                return any(value in held for value in values)
            case "NotEquals":
                return not any(value in held for value in values)
            case "MatchAll":
                return all(value in held for value in values)
            case _:
                return any(value in one for value in values for one in held)

    return test


Reader = Callable[[Document, Content], Iterator[str]]


def _reader(base: KnowledgeBase, name: str) -> Reader:
    readers: Mapping[str, Callable[[Document, Content], Sequence[str | None]]] = {
        "id": lambda document, shown: [document.id],
        "documentId": lambda document, shown: [document.id],
        "title": lambda document, shown: [shown.title],
        "alternatives": lambda document, shown: [one.phrase for one in shown.alternatives],
        "categoryId": lambda document, shown: [shown.category],
        "labelIds": lambda document, shown: shown.labels,
        "labelId": lambda document, shown: shown.labels,
        "labelName": lambda document, shown: _labels(base, shown),
        "externalId": lambda document, shown: [shown.external_id],
        "externalUrl": lambda document, shown: [shown.external_url],
        "visible": lambda document, shown: [str(shown.visible)],
        "state": lambda document, shown: ["Draft" if document.open else "Published"],
        "content": lambda document, shown: [plain(one) for one in shown.variations],
    }
    if name not in readers:
        raise invalid_value("fields", f"documents cannot be queried by {name!r}")
    read = readers[name]
    return lambda document, shown: (one for one in read(document, shown) if one is not None)


def _result(
    base: KnowledgeBase, document: Document, view: View, expand: Sequence[str]
) -> dict[str, Any]:
    found = shown_in(base, document, view, ("category", "labels"))
    if "documentAlternatives" not in expand:
        found.pop("alternatives", None)
    if "documentVariations" in expand:
        shown = _shown(document, view)
        live = document.live
        version = live if live is not None and live.content is shown else None
        found["variations"] = [
            variation_view(base, document, one, version) for one in shown.variations
        ]
    return found


def search_documents(org: Organization, call: Call) -> dict[str, Any]:
    """POST: published, visible documents that hold any of the words, best first; 30 at most."""
    base, body = org.base(call.ids["base"]), call.body
    expanded(call, _EXPAND)
    words = set(body["query"].casefold().split())
    if not words:
        raise bad_request("query must not be empty.", field_name="query")
    ranked = sorted(_hits(base, words), key=lambda hit: -hit[0])[:30]
    size, page = body.get("pageSize", 10), body.get("pageNumber", 1)
    hits = ranked[(page - 1) * size : page * size]
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
            for score, document in hits
        ],
    }


def _hits(base: KnowledgeBase, words: set[str]) -> Iterator[tuple[float, Document]]:
    for document in base.documents:
        shown = content(document, "live")
        if shown is None or not shown.visible:
            continue
        held = f"{shown.title} {' '.join(plain(one) for one in shown.variations)}".casefold()
        score = sum(word in held for word in words) / len(words)
        if score:
            yield score, document


_MANY = f"{ROOT}/{{base}}/documents"

ENDPOINTS = (
    Endpoint("POST", f"{_MANY}/query", query_documents, ["knowledge:document:view"], QUERY),
    Endpoint(
        "POST", f"{_MANY}/search", search_documents, ["knowledge:knowledgebase:search"], SEARCH
    ),
)
"""The operations that find documents."""
