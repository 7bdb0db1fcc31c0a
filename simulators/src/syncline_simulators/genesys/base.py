"""A knowledge base: its documents, categories and labels."""

from __future__ import annotations

from datetime import datetime

from attrs import define, field, frozen

from .catalogue import Catalogue
from .document import Document, without
from .errors import conflict, invalid_value
from .register import Register

_LANGUAGES = """
en-US en-UK en-AU en-CA en-HK en-IN en-IE en-NZ en-PH en-SG en-ZA de-DE de-AT de-CH es-AR es-CO
es-MX es-US es-ES fr-FR fr-BE fr-CA fr-CH pt-BR pt-PT nl-NL nl-BE it-IT ca-ES tr-TR sv-SE fi-FI
nb-NO da-DK ja-JP ar-AE zh-CN zh-TW zh-HK ko-KR pl-PL hi-IN th-TH hu-HU vi-VN uk-UA cs-CZ fil-PH
ms-MY he-IL el-GR ar-SA
"""
LANGUAGES = tuple(_LANGUAGES.split())
"""`coreLanguage`; British English is `en-UK` there."""


@frozen(kw_only=True)
class Category:
    """A category; they form a forest."""

    id: str
    name: str
    created: datetime
    modified: datetime
    description: str | None = None
    external_id: str | None = None
    parent: str | None = None


@frozen(kw_only=True)
class Label:
    """A label with its colour."""

    id: str
    name: str
    color: str
    created: datetime
    modified: datetime
    external_id: str | None = None


@define(kw_only=True)
class KnowledgeBase:
    """One knowledge base."""

    id: str
    name: str
    language: str
    created: datetime
    modified: datetime
    description: str | None = None
    searchable: bool = False
    """`contentSearchEnabled`."""
    documents: Catalogue = field(factory=Catalogue)
    categories: Register[Category] = field(factory=lambda: Register("category"))
    labels: Register[Label] = field(factory=lambda: Register("label"))

    @property
    def changes(self) -> int:
        """Grows with every write: what was computed at one value holds until the next."""
        return self.documents.changes + self.categories.changes + self.labels.changes

    @property
    def published(self) -> bool:
        """Whether anything in it is published."""
        return len(self.documents.index("live")) > 0

    def ancestors(self, category: Category) -> list[Category]:
        """The categories above this one, nearest first."""
        found: list[Category] = []
        while category.parent is not None:
            category = self.categories.get(category.parent)
            found.append(category)
        return found

    def below(self, category_id: str) -> set[str]:
        """This category and all those under it."""
        found, rest = {category_id}, [category_id]
        while rest:
            parent = rest.pop()
            children = [one.id for one in self.categories if one.parent == parent]
            rest += [child for child in children if child not in found]
            found.update(children)
        return found

    def keep_category(self, category: Category) -> Category:
        """Keep a category, unless it would stand below itself.

        Raises:
            Refusal: 400 or 404.
        """
        if category.parent is not None:
            self.categories.get(category.parent)
            if self.categories.holds(category.id) and category.parent in self.below(category.id):
                raise invalid_value("parentCategoryId", "a category cannot stand below itself")
        return self.categories.put(category)

    def drop_category(self, category_id: str) -> Category:
        """Delete a category; documents lose it.

        Raises:
            Refusal: 404; 409 while it has children.
        """
        gone = self.categories.get(category_id)
        if any(one.parent == category_id for one in self.categories):
            raise conflict("The category has subcategories.")
        for document in self._with("category", category_id):
            self.documents.put(without(document, category=category_id))
        return self.categories.remove(gone.id)

    def drop_label(self, label_id: str) -> Label:
        """Delete a label; documents lose it.

        Raises:
            Refusal: 404.
        """
        gone = self.labels.get(label_id)
        for document in self._with("label", label_id):
            self.documents.put(without(document, label=label_id))
        return self.labels.remove(gone.id)

    def _with(self, name: str, value: str) -> list[Document]:
        found = self.documents.chosen("all", name, [value])
        return [*found, *self.documents.chosen("live", name, [value])]
