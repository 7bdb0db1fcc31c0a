"""The mapping: a lens between the left's documents and the right's vocabulary.

`forward` shows a left document as the right would write it; `backward` puts a right document back
into a left one, changing only what the two say differently. For every left document `l` and every
`s` that some document of the two-way rules maps to:

* `backward(forward(l), l) == l`
* `forward(backward(s, l)) == s`, unless a one-way rule decides the category of `l`

What the right cannot express (labels that lost against an earlier rule, labels that Syncline sets
itself) stays on the left untouched. With no rules the mapping is the identity.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property

from attrs import asdict, evolve, field, frozen

from ..errors import Rejected
from ..expressions import Expression, ExpressionError
from ..model import Document
from .filters import Excluded, Filter, excluded
from .rules import Labelled, Rule, ToCategory, ToLabel, established, holds, without
from .titles import Titles


@frozen(kw_only=True, slots=False)
class Mapping:
    """A job's rules, ready to use. Pure and deterministic; equal values map equally."""

    rules: tuple[Rule, ...] = ()
    include: Filter = field(factory=Filter)
    exclude: Filter = field(factory=Filter)
    titles: Titles = field(factory=Titles)
    reserved: frozenset[str] = frozenset()
    """Labels that Syncline sets itself: never mapped, never digested, never removed."""

    def forward(self, left: Document) -> Document | Excluded:
        """Return the document as the right would write it, or why it takes no part.

        Raises:
            Rejected: a filter or a template has no value for this document.
        """
        try:
            reason = excluded(left, self.include, self.exclude)
            return reason if reason is not None else self._shown(left)
        except ExpressionError as error:
            raise Rejected(f"{left.title!r} cannot be mapped: {error}") from error

    def backward(self, shared: Document, left: Document | None) -> Document:
        """Return `left` changed to say what `shared` says; a new left document when None.

        Body and alternatives are taken as they are. What only the left can say is kept.

        Raises:
            Rejected: the title template has no value for `left`.
        """
        now = left if left is not None else _blank(shared)
        try:
            title = self.titles.backward(shared.title, left)
        except ExpressionError as error:
            raise Rejected(f"{now.title!r} cannot be mapped back: {error}") from error
        now = evolve(
            now,
            title=title,
            body=shared.body,
            alternatives=_present(shared.alternatives, now.alternatives),
            opaques=shared.opaques,
            assets=shared.assets,
        )
        return self._with_category(shared, self._with_labels(shared, now))

    def fields(self, left: frozenset[str]) -> frozenset[str]:
        """Return the fields that the left has in the right's vocabulary.

        Rules that lead to categories give one to a left that has none of its own.
        """
        return left | {"category"} if self._to_category else left

    def admits(self, shared: Document) -> Excluded | None:
        """Return why a new right document must not be created on the left, None when it may be.

        Where it will be kept is not known yet, so only labels and categories are judged.

        Raises:
            Rejected: the title template has no value for this document.
        """
        left = self.backward(shared, None)
        include = evolve(self.include, paths=(), containers=frozenset(), when=None)
        exclude = evolve(self.exclude, paths=(), containers=frozenset(), when=None)
        return excluded(left, include, exclude)

    @property
    def version(self) -> str:
        """Fingerprint of everything that decides the view; another version is another scope."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        text = json.dumps(asdict(self, value_serializer=_plain), sort_keys=True)
        return "mapping-1:" + hashlib.sha256(text.encode()).hexdigest()[:16]

    # -- the view ------------------------------------------------------------------------------

    def _shown(self, left: Document) -> Document:
        return evolve(
            left,
            title=self.titles.forward(left),
            category=self._category(left),
            labels=self._labels(left.labels),
        )

    @cached_property
    def _to_category(self) -> tuple[ToCategory, ...]:
        return tuple(rule for rule in self.rules if isinstance(rule, ToCategory))

    @cached_property
    def _renamed(self) -> dict[str, str]:
        return {rule.label: rule.to_label for rule in self.rules if isinstance(rule, ToLabel)}

    @cached_property
    def _named_back(self) -> dict[str, str]:
        two_way = (r for r in self.rules if isinstance(r, ToLabel) and not r.one_way)
        return {rule.to_label: rule.label for rule in two_way}

    @cached_property
    def _silent(self) -> frozenset[str]:
        """Labels that the right never sees as labels: ours, and those that mean a category."""
        meaning = (r.source for r in self._to_category if not r.one_way)
        return self.reserved | {s.label for s in meaning if isinstance(s, Labelled)}

    def _category(self, left: Document) -> tuple[str, ...] | None:
        for rule in self._to_category:
            if holds(rule.source, left):
                return rule.category
        # With rules, matching none of them is an answer too: no category.
        return () if self._to_category and left.category is None else left.category

    def _label(self, label: str) -> str | None:
        return None if label in self._silent else self._renamed.get(label, label)

    def _labels(self, labels: frozenset[str] | None) -> frozenset[str] | None:
        if labels is None:
            return None
        shown = (self._label(label) for label in labels)
        # A right-hand name may equal one of ours; it stays ours.
        return frozenset(label for label in shown if label is not None) - self.reserved

    # -- the way back --------------------------------------------------------------------------

    def _with_labels(self, shared: Document, now: Document) -> Document:
        if shared.labels is None or now.labels is None:
            return now
        shown = self._labels(now.labels) or frozenset()
        gone = shown - shared.labels
        kept = frozenset(label for label in now.labels if not self._drops(label, gone))
        added = (self._label_back(label) for label in shared.labels - shown)
        return evolve(now, labels=kept | {label for label in added if label is not None})

    def _drops(self, label: str, gone: frozenset[str]) -> bool:
        """Tell whether `label` is what the right removed; one-way renames do not come back."""
        shown = self._label(label)
        return shown in gone and (shown == label or self._named_back.get(shown) == label)

    def _label_back(self, label: str) -> str | None:
        if label in self.reserved:
            return None
        back = self._named_back.get(label, label)
        return back if self._label(back) == label else None

    def _with_category(self, shared: Document, now: Document) -> Document:
        if shared.category is None or self._category(now) == shared.category:
            return now
        moved = self._moved(now, shared.category)
        # Where a one-way rule decides, or the left cannot say it, the left is left alone.
        return moved if self._category(moved) == shared.category else now

    def _moved(self, now: Document, category: tuple[str, ...]) -> Document:
        target = None
        for rule in self._to_category:
            if rule.one_way:
                continue
            if rule.category == category:
                target = rule
                break
            now = without(rule.source, now)
        if target is not None:
            return established(target.source, now)
        return now if now.category is None else evolve(now, category=category)


def _blank(shared: Document) -> Document:
    """Return a left document that says nothing yet but could say everything."""
    return evolve(shared, category=(), labels=frozenset(), container="", url=None)


def _present(shared: tuple[str, ...] | None, now: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return now if shared is None else shared


def _plain(_: object, __: object, value: object) -> object:
    match value:
        case frozenset():
            return sorted(value)
        case Expression():
            return value.text
        case _:
            return value


__all__ = ["Mapping"]
