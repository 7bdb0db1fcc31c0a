"""Titles: what the right calls a document, and back."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from ..expressions import Expression
from ..model import Document
from .inputs import inputs_of


@frozen(kw_only=True)
class Titles:
    """The right's title is `prefix`, the left's title, `suffix`; or what `template` says.

    A template that is not one-way must say exactly prefix, title, suffix, perhaps depending on
    other fields: the way back takes them off. The default is the identity.
    """

    prefix: str = ""
    suffix: str = ""
    template: Expression | None = None
    one_way: bool = False

    def forward(self, left: Document) -> str:
        """Return the title that the right shows.

        Raises:
            ExpressionError: the template has no value for this document.
        """
        if self.template is None:
            return f"{self.prefix}{left.title}{self.suffix}"
        return self.template.text_of(**inputs_of(left))

    def backward(self, title: str, left: Document | None) -> str:
        """Return the left's title for the right's `title`; unchanged where it says the same."""
        if left is not None and (self.one_way or self.forward(left) == title):
            return left.title
        if self.one_way:
            return title
        bare = title.removeprefix(self.prefix)
        # What the suffix covers must not have been taken off already, and a title is never empty.
        bare = bare.removesuffix(self.suffix) if self.suffix else bare
        return bare or title

    def fault(self) -> str | None:
        """Return why the template has no inverse, None when it has one."""
        if self.template is None or self.one_way:
            return None
        for example in _examples():
            if not self._inverts(example):
                return (
                    f"the way back is not known: it does not give {self.prefix!r}, the title, "
                    f"{self.suffix!r}; declare its prefix and suffix, or say one_way = true"
                )
        return None

    def _inverts(self, left: Document) -> bool:
        title = self.forward(left)
        affixed = f"{self.prefix}{left.title}{self.suffix}"
        return title in (left.title, affixed)


def _examples() -> Iterator[Document]:
    """Yield documents that differ enough to tell a fixed affix from another template."""
    plain = Document(title="How to return an order", category=(), labels=frozenset())
    full = evolve(
        plain,
        title="Über uns: 1/2",
        category=("Orders", "Returns", "Abroad"),
        labels=frozenset({"billing", "returns", "support"}),
        path=("Handbook", "Support", "Orders"),
        container="SUPPORT",
    )
    yield from (full, evolve(full, title="a"), evolve(full, container="HR", path=("x", "y", "z")))


__all__ = ["Titles"]
