"""What an expression may say about a left document."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..expressions import Expression, Value
from ..model import Document

EXAMPLE: Mapping[str, Value] = MappingProxyType(
    {
        "title": "How to return an order",
        "labels": ["billing", "returns", "support"],
        "path": ["Handbook", "Support", "Orders"],
        "container": "SUPPORT",
        "category": ["Orders", "Returns", "Abroad"],
    }
)
"""The names that filters and templates know, each with an example."""


def inputs_of(document: Document) -> dict[str, Value]:
    """Return the values of `EXAMPLE`'s names for one document; what is absent is empty."""
    return {
        "title": document.title,
        "labels": sorted(document.labels or ()),
        "path": list(document.path),
        "container": document.container,
        "category": list(document.category or ()),
    }


def compiled(text: str) -> Expression:
    """Return a filter or template over a document's inputs.

    Raises:
        ExpressionError: it does not compile.
    """
    return Expression.compile(text, EXAMPLE)


__all__ = ["EXAMPLE", "compiled", "inputs_of"]
