"""Filters: which of the left's documents take part in a job."""

from __future__ import annotations

from attrs import frozen

from ..expressions import Expression, ExpressionError
from ..model import Document
from .inputs import inputs_of

Path = tuple[str, ...]


@frozen
class Excluded:
    """The document takes no part, and why, for people."""

    reason: str


@frozen(kw_only=True)
class Filter:
    """A set of documents. Each criterion that is empty does not count."""

    labels: frozenset[str] = frozenset()
    """Carries one of these."""
    paths: tuple[Path, ...] = ()
    """Lies below one of these, counted from the root of the container."""
    containers: frozenset[str] = frozenset()
    """Is kept in one of these."""
    categories: tuple[Path, ...] = ()
    """Is in one of these categories, or below it."""
    when: Expression | None = None
    """Satisfies this expression."""

    def satisfied(self, document: Document) -> dict[str, bool]:
        """Return whether each criterion that counts holds, by a phrase that names it.

        Raises:
            ExpressionError: the expression has no value for this document.
        """
        found: dict[str, bool] = {}
        if self.labels:
            found[f"label {_any(self.labels)}"] = bool(self.labels & (document.labels or set()))
        if self.paths:
            found[f"path {_any(map(_joined, self.paths))}"] = _below(document.path, self.paths)
        if self.containers:
            found[f"container {_any(self.containers)}"] = document.container in self.containers
        if self.categories:
            phrase = f"category {_any(map(_joined, self.categories))}"
            found[phrase] = _below(document.category or (), self.categories)
        if self.when is not None:
            found[f"condition {self.when.text!r}"] = self.when.test(**inputs_of(document))
        return found


def excluded(document: Document, include: Filter, exclude: Filter) -> Excluded | None:
    """Return why the document takes no part, None when it does.

    It must satisfy every criterion of `include` and none of `exclude`.

    Raises:
        ExpressionError: a condition has no value for this document.
    """
    for phrase, holds in _named(include, "include", document).items():
        if not holds:
            return Excluded(f"it does not match what the job includes: {phrase}")
    for phrase, holds in _named(exclude, "exclude", document).items():
        if holds:
            return Excluded(f"it matches what the job excludes: {phrase}")
    return None


def _named(criteria: Filter, name: str, document: Document) -> dict[str, bool]:
    try:
        return criteria.satisfied(document)
    except ExpressionError as error:
        raise ExpressionError(f"{name}.when: {error}") from error


def _any(words: object) -> str:
    return " or ".join(repr(word) for word in sorted(words))  # type: ignore[call-overload]  # texts


def _joined(path: Path) -> str:
    return "/".join(path)


def _below(path: Path, roots: tuple[Path, ...]) -> bool:
    return any(path[: len(root)] == root for root in roots)


__all__ = ["Excluded", "Filter", "excluded"]
