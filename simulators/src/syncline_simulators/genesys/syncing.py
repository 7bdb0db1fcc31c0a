"""Carrying out a synchronisation file: each entity succeeds or fails on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, evolve, field

from . import categories, labels
from .articles import Articles
from .base import KnowledgeBase
from .documents import delete
from .errors import Refusal
from .oauth import Client
from .organization import Organization, Person
from .references import parent_of, referred
from .syncfile import CATEGORY, LABEL


@define(kw_only=True)
class Outcome:
    """What became of the entities of a file."""

    counts: dict[str, int] = field(factory=dict)
    """`KnowledgeSyncJobStatistics`, without those that are zero."""
    errors: list[dict[str, Any]] = field(factory=list)
    failed: dict[str, list[Any]] = field(factory=dict)
    """Entities that failed, by the list they came from."""

    @property
    def status(self) -> str:
        """How the job ends."""
        if not self.errors:
            return "Completed"
        done = any(name.endswith("Success") for name in self.counts)
        return "PartialCompleted" if done else "Failed"

    def count(self, name: str) -> None:
        """Count one."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def fail(self, refusal: Refusal, place: str, entity: Any, context: str) -> None:
        """Note an error with the place of the entity in the file and the key of the entity."""
        known = entity if isinstance(entity, dict) else {}
        key = str(known.get("externalId") or known.get("id") or entity)[:255]
        detail = {"errorCode": refusal.code, "fieldName": place, "entityId": key}
        said = refusal.body(context)
        said |= {
            "entityId": key,
            "entityName": _title(known),
            "details": [detail, *said["details"]],
        }
        self.errors.append(said)


def _title(entity: Mapping[str, Any]) -> str:
    content = entity.get("published") or entity.get("draft") or entity
    found = content.get("title") or content.get("name") if isinstance(content, dict) else ""
    return str(found or "")


@define(kw_only=True)
class Run:
    """One file on its way into a knowledge base."""

    org: Organization
    base: KnowledgeBase
    author: Client | Person
    importing: bool = False
    """Whether documents are marked as imported."""
    outcome: Outcome = field(factory=Outcome)

    def carry_out(self, file: Mapping[str, Any]) -> Iterator[None]:
        """Do all of it, entity by entity; the lists of entities are used up."""
        action, deleting = file["importAction"], file.get("deleteAction", {})
        articles = Articles(org=self.org, base=self.base, importing=self.importing)
        yield from self._import("Category", "categories", action, self._category)
        yield from self._import("Label", "labels", action, self._label)
        articles.announce(action.get("documents", ()))
        yield from self._import(
            "Document", "documents", action, lambda entity: self._document(articles, entity)
        )
        yield from self._delete("Document", "documents", deleting, self._delete_document)
        yield from self._delete("Category", "categories", deleting, self.base.drop_category)
        yield from self._delete("Label", "labels", deleting, self.base.drop_label)

    def _import(
        self, what: str, name: str, action: Mapping[str, Any], one: Callable[[Any], object]
    ) -> Iterator[None]:
        entities = action.get(name, [])
        for at, entity in enumerate(entities):
            entities[at] = None  # A large file is let go of as it is worked through.
            try:
                one(entity)
                self.outcome.count(f"count{what}ImportSuccess")
            except Refusal as refusal:
                self.outcome.count(f"count{what}ImportFailure")
                self.outcome.failed.setdefault(name, []).append(entity)
                place = f"importAction.{name}[{at}]"
                self.outcome.fail(refusal, place, entity, self.org.ids.uuid())
            yield

    def _delete(
        self, what: str, name: str, action: Mapping[str, Any], one: Callable[[str], object]
    ) -> Iterator[None]:
        for at, thing in enumerate(action.get(name, ())):
            try:
                one(thing)
                self.outcome.count(f"count{what}DeleteSuccess")
            except Refusal as refusal:
                self.outcome.count(f"count{what}DeleteFailure")
                place = f"deleteAction.{name}[{at}]"
                self.outcome.fail(refusal, place, thing, self.org.ids.uuid())
            yield

    def _category(self, entity: Any) -> None:
        body = CATEGORY(entity, "category")
        old = referred(self.base.categories, body)
        fields = parent_of(self.base, body)
        if old is None:
            categories.create(self.org, self.base, fields)
        else:
            changed = {categories.FIELDS[name]: value for name, value in fields.items()}
            self.base.keep_category(evolve(old, modified=self.org.now(), **changed))

    def _label(self, entity: Any) -> None:
        body = LABEL(entity, "label")
        old = referred(self.base.labels, body)
        body.pop("id", None)
        if old is None:
            labels.create(self.org, self.base, {"color": "#ffffff", **body})
        else:
            changed = {labels.FIELDS[name]: value for name, value in body.items()}
            self.base.labels.put(evolve(old, modified=self.org.now(), **changed))

    def _document(self, articles: Articles, entity: Any) -> None:
        document, new = articles.put(entity)
        live = isinstance(entity.get("published"), dict)
        self.outcome.count(f"countDocumentImportActivity{'Create' if new else 'Update'}")
        self.outcome.count(f"countDocumentState{'Published' if live else 'Draft'}")
        action = "Create" if new else "Update"
        title = document.draft.title
        self.org.audit(self.author, action, "KnowledgeDocument", document.id, title)

    def _delete_document(self, document_id: str) -> None:
        delete(self.org, self.base, self.base.documents.get(document_id), self.author)
