"""Filters of queries and searches: clauses of predicates over the fields of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .base import KnowledgeBase
from .dates import interval
from .document import Content, Document
from .errors import invalid_value
from .shapes import listing, members, needed, one_of, text
from .text import plain

_PREDICATE = members(
    fields=needed(listing(text(), least=1)),
    values=needed(listing(text(), least=1)),
    type=needed(one_of("Equals", "NotEquals", "Contains", "MatchAll", "MatchAny")),
)
_OPERATOR = one_of("Or", "And")

FILTER = members(
    operator=needed(_OPERATOR),
    clauses=needed(
        listing(
            members(operator=needed(_OPERATOR), predicates=needed(listing(_PREDICATE, most=10))),
            most=20,
        )
    ),
)
"""`DocumentQuery`."""

INTERVAL = members(field=one_of("dateCreated", "dateModified", "datePublished"), value=text())
"""`DocumentQueryInterval`."""

Test: TypeAlias = Callable[[Document, Content], bool]
"""Whether a document, as a view shows it, is wanted."""
Reader: TypeAlias = Callable[[Document, Content], Iterator[str]]
"""The values of one field."""


def during(given: Mapping[str, Any] | None) -> Test:
    """The test for an interval of creation, change or publishing.

    Raises:
        Refusal: 400.
    """
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


def test_of(base: KnowledgeBase, expression: Mapping[str, Any] | None) -> Test:
    """The test for a filter.

    Raises:
        Refusal: 400 for a field by which documents cannot be queried.
    """
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


def _reader(base: KnowledgeBase, name: str) -> Reader:
    readers: Mapping[str, Callable[[Document, Content], Sequence[str | None]]] = {
        "id": lambda document, shown: [document.id],
        "documentId": lambda document, shown: [document.id],
        "title": lambda document, shown: [shown.title],
        "alternatives": lambda document, shown: [one.phrase for one in shown.alternatives],
        "categoryId": lambda document, shown: [shown.category],
        "labelIds": lambda document, shown: shown.labels,
        "labelId": lambda document, shown: shown.labels,
        "labelName": lambda document, shown: labels_of(base, shown),
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


def labels_of(base: KnowledgeBase, shown: Content) -> list[str]:
    """The names of a document's labels."""
    return [base.labels.get(one).name for one in shown.labels if base.labels.holds(one)]
