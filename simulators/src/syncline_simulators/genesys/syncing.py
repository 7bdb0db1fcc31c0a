"""Carrying out a synchronisation file: each entity succeeds or fails on its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import define, evolve, field

from . import categories, labels
from .base import Category, KnowledgeBase, Label
from .document import Content, Document, Variation, published, writable
from .documents import delete
from .errors import Refusal, bad_request, conflict, invalid_value
from .oauth import Client
from .organization import Organization, Person
from .syncfile import CATEGORY, DOCUMENT, LABEL, checked_body
from .variations import stored


@define(kw_only=True)
class Run:
    """One file on its way into a knowledge base."""

    org: Organization
    base: KnowledgeBase
    author: Client | Person
    importing: bool = False
    """Whether documents are marked as imported."""
    counts: dict[str, int] = field(factory=dict)
    errors: list[dict[str, Any]] = field(factory=list)
    failed: dict[str, list[Any]] = field(factory=dict)
    """Entities that failed, by the list they came from."""
    _links: dict[str, str] = field(factory=dict)
    _done: int = 0

    def carry_out(self, file: Mapping[str, Any]) -> str:
        """Do all of it and return the status in which the job ends."""
        action = file["importAction"]
        self._each("Category", "categories", action, self._category)
        self._each("Label", "labels", action, self._label)
        self._remember_links(action.get("documents", ()))
        self._each("Document", "documents", action, self._document)
        self._delete(file.get("deleteAction", {}))
        if not self.errors:
            return "Completed"
        return "PartialCompleted" if self._done else "Failed"

    def statistics(self) -> dict[str, int]:
        """`KnowledgeSyncJobStatistics`, without those that are zero."""
        return dict(self.counts)

    def _each(
        self, what: str, name: str, action: Mapping[str, Any], one: Callable[[Any], None]
    ) -> None:
        for at, entity in enumerate(action.get(name, ())):
            try:
                one(entity)
                self._count(f"count{what}ImportSuccess")
            except Refusal as refusal:
                self._count(f"count{what}ImportFailure", done=False)
                self._fail(name, at, entity, refusal)

    def _count(self, name: str, *, done: bool = True) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1
        self._done += done

    def _fail(self, name: str, at: int, entity: Any, refusal: Refusal) -> None:
        known = entity if isinstance(entity, dict) else {}
        said = refusal.body(self.org.ids.uuid())
        key = str(known.get("externalId") or known.get("id") or entity)[:255]
        place = f"importAction.{name}[{at}]"
        said["entityId"] = key
        said["entityName"] = _title(known)
        said["details"] = [
            {"errorCode": refusal.code, "fieldName": place, "entityId": key},
            *said["details"],
        ]
        self.errors.append(said)
        self.failed.setdefault(name, []).append(entity)

    def _category(self, entity: Any) -> None:
        body = CATEGORY(entity, "category")
        old = self._referred(self.base.categories, body)
        parent = body.pop("parentCategory", None)
        body.pop("id", None)
        if parent is not None:
            body["parentCategoryId"] = self._category_id(parent)
        if old is None:
            categories.create(self.org, self.base, body)
        else:
            fields = {categories.FIELDS[name]: value for name, value in body.items()}
            self.base.keep_category(evolve(old, modified=self.org.now(), **fields))

    def _label(self, entity: Any) -> None:
        body = LABEL(entity, "label")
        old = self._referred(self.base.labels, body)
        body.pop("id", None)
        if old is None:
            labels.create(self.org, self.base, {"color": "#ffffff", **body})
        else:
            fields = {labels.FIELDS[name]: value for name, value in body.items()}
            self.base.labels.put(evolve(old, modified=self.org.now(), **fields))

    def _referred(self, register: Any, reference: Mapping[str, Any]) -> Any:
        """What a reference means: by id, else by external id, else by name."""
        if reference.get("id") and register.holds(reference["id"]):
            return register.get(reference["id"])
        external = reference.get("externalId")
        if external:
            for one in register:
                if one.external_id == external:
                    return one
        return register.named(reference["name"]) if reference.get("name") else None

    def _category_id(self, reference: Mapping[str, Any]) -> str:
        found: Category | None = self._referred(self.base.categories, reference)
        if found is None:
            raise invalid_value("category", f"there is no category {reference.get('name')!r}")
        return found.id

    def _label_id(self, reference: Mapping[str, Any]) -> str:
        found: Label | None = self._referred(self.base.labels, reference)
        if found is None:
            raise invalid_value("labels", f"there is no label {reference.get('name')!r}")
        return found.id

    def _remember_links(self, entities: Iterable[Any]) -> None:
        """Give new documents their ids first: documents of one file may link to each other."""
        for entity in entities:
            external = entity.get("externalId") if isinstance(entity, dict) else None
            if external and not self._with_external(str(external)):
                self._links.setdefault(str(external), self.org.ids.uuid())

    def _with_external(self, external: str) -> list[Document]:
        found = {
            document.id: document
            for view in ("all", "live")
            for document in self.base.documents.chosen(view, "external", [external])
        }
        return list(found.values())

    def _target(self, external: str) -> str | None:
        found = self._with_external(external)
        target = found[0].id if found else self._links.get(external)
        return f"grn:knowledge:::document/{self.base.id}/{target}" if target else None

    def _document(self, entity: Any) -> None:
        body = DOCUMENT(entity, "document")
        if "published" not in body and "draft" not in body:
            raise bad_request("A document needs published or draft content.")
        old = self._existing(body)
        now = self.org.now()
        document = old or self._new(body, now)
        writable(document)
        for name in ("published", "draft"):
            if name in body:
                content = self._content(document.draft, body, body[name], now)
                document = evolve(document, draft=content)
                if name == "published":
                    document = published(document, self.org.ids.uuid(), now)
        if self.importing:
            document = evolve(document, imported=now)
        self.base.documents.put(document)
        self._tell(document, new=old is None, live="published" in body)

    def _existing(self, body: Mapping[str, Any]) -> Document | None:
        if body.get("id"):
            return self.base.documents.get(body["id"])
        found = self._with_external(body["externalId"]) if body.get("externalId") else []
        if len(found) > 1:
            raise conflict(f"{len(found)} documents have this external id.")
        return found[0] if found else None

    def _new(self, body: Mapping[str, Any], now: datetime) -> Document:
        key = "knowledge.documents.per.knowledgebase.max"
        self.org.room("knowledge", key, len(self.base.documents))
        content = body.get("published") or body["draft"]
        return Document(
            id=self._links.get(body.get("externalId", "")) or self.org.ids.uuid(),
            number=self.base.documents.number(),
            created=now,
            draft=Content(title=content["title"], modified=now),
        )

    def _content(
        self, old: Content, body: Mapping[str, Any], given: Mapping[str, Any], now: datetime
    ) -> Content:
        category = given.get("category")
        return Content(
            title=given["title"],
            modified=now,
            visible=given.get("visible", True),
            alternatives=tuple(given.get("alternatives", ())),
            category=self._category_id(category) if category else None,
            labels=tuple(self._label_id(one) for one in given.get("labels", ())),
            external_id=body.get("externalId", old.external_id),
            external_url=body.get("externalUrl", old.external_url),
            variations=tuple(self._variations(old, given.get("variations", ()), now)),
        )

    def _variations(
        self, old: Content, given: Iterable[Mapping[str, Any]], now: datetime
    ) -> Iterable[Variation]:
        left = list(old.variations)
        for one in given:
            kept = _namesake(left, one)
            if kept is not None:
                left.remove(kept)
            was = kept or Variation(id=self.org.ids.uuid(), created=now, modified=now)
            body = one.get("body")
            yield evolve(
                was,
                modified=now,
                name=one.get("name"),
                priority=one.get("priority"),
                contexts=json.dumps(one["contexts"]) if "contexts" in one else was.contexts,
                body=stored(checked_body(body, self._target)) if body is not None else None,
            )

    def _tell(self, document: Document, *, new: bool, live: bool) -> None:
        self._count(f"countDocumentImportActivity{'Create' if new else 'Update'}", done=False)
        self._count(f"countDocumentState{'Published' if live else 'Draft'}", done=False)
        action = "Create" if new else "Update"
        title = document.draft.title
        self.org.audit(self.author, action, "KnowledgeDocument", document.id, title)

    def _delete(self, action: Mapping[str, Any]) -> None:
        kinds: Mapping[str, tuple[str, Callable[[str], Any]]] = {
            "documents": ("Document", self._delete_document),
            "categories": ("Category", self.base.drop_category),
            "labels": ("Label", self.base.drop_label),
        }
        for name, (what, one) in kinds.items():
            for at, thing in enumerate(action.get(name, ())):
                try:
                    one(thing)
                    self._count(f"count{what}DeleteSuccess")
                except Refusal as refusal:
                    self._count(f"count{what}DeleteFailure", done=False)
                    self._fail_delete(name, at, thing, refusal)

    def _delete_document(self, document_id: str) -> None:
        delete(self.org, self.base, self.base.documents.get(document_id), self.author)

    def _fail_delete(self, name: str, at: int, thing: str, refusal: Refusal) -> None:
        said = refusal.body(self.org.ids.uuid())
        place = f"deleteAction.{name}[{at}]"
        said["entityId"] = thing
        said["details"] = [{"errorCode": refusal.code, "fieldName": place, "entityId": thing}]
        self.errors.append(said)


def _namesake(left: list[Variation], given: Mapping[str, Any]) -> Variation | None:
    """The variation that is meant: the one with the id, else with the name, else the only one."""
    for one in left:
        if given.get("id") == one.id or (one.name is not None and one.name == given.get("name")):
            return one
    return left[0] if len(left) == 1 else None


def _title(entity: Mapping[str, Any]) -> str:
    content = entity.get("published") or entity.get("draft") or entity
    found = content.get("title") or content.get("name") if isinstance(content, dict) else ""
    return str(found or "")
