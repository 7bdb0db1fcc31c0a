"""The documents of a synchronisation file, put into a knowledge base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from attrs import define, evolve, field

from .base import KnowledgeBase
from .document import Content, Document, Variation, published, writable
from .errors import bad_request, conflict
from .organization import Organization
from .references import needed
from .syncfile import DOCUMENT, checked_body
from .variations import stored


@define(kw_only=True)
class Articles:
    """The documents of one file; they may link to each other before all of them are there."""

    org: Organization
    base: KnowledgeBase
    importing: bool = False
    _announced: dict[str, str] = field(factory=dict)

    def announce(self, entities: Iterable[Any]) -> None:
        """Give new documents their ids before any of them is written."""
        for entity in entities:
            external = entity.get("externalId") if isinstance(entity, dict) else None
            if external and not self._with_external(str(external)):
                self._announced.setdefault(str(external), self.org.ids.uuid())

    def put(self, entity: Any) -> tuple[Document, bool]:
        """The document that an entity became, and whether it is new.

        Raises:
            Refusal: the entity is wrong; nothing of it has happened.
        """
        body = DOCUMENT(entity, "document")
        if "published" not in body and "draft" not in body:
            raise bad_request("A document needs published or draft content.")
        now = self.org.now()
        old = self._existing(body)
        document = self._written(old or self._new(body, now), body, now)
        if self.importing:
            document = evolve(document, imported=now)
        self.base.documents.put(document)
        return document, old is None

    def _written(self, document: Document, body: Mapping[str, Any], now: datetime) -> Document:
        writable(document)
        if "published" in body:
            draft = self._content(document.draft, body, body["published"], now)
            document = published(evolve(document, draft=draft), self.org.ids.uuid(), now)
        if "draft" in body:
            draft = self._content(document.draft, body, body["draft"], now)
            document = evolve(document, draft=draft)
        return document

    def _existing(self, body: Mapping[str, Any]) -> Document | None:
        if body.get("id"):
            return self.base.documents.get(body["id"])
        found = self._with_external(body["externalId"]) if body.get("externalId") else []
        if len(found) > 1:
            raise conflict(f"{len(found)} documents have this external id.")
        return found[0] if found else None

    def _with_external(self, external: str) -> list[Document]:
        documents = self.base.documents
        found = [*documents.chosen("all", "external", [external])]
        found += documents.chosen("live", "external", [external])
        return list({one.id: one for one in found}.values())

    def _new(self, body: Mapping[str, Any], now: datetime) -> Document:
        key = "knowledge.documents.per.knowledgebase.max"
        self.org.room("knowledge", key, len(self.base.documents))
        content = body.get("published") or body["draft"]
        return Document(
            id=self._announced.get(body.get("externalId", "")) or self.org.ids.uuid(),
            number=self.base.documents.number(),
            created=now,
            draft=Content(title=content["title"], modified=now),
        )

    def _content(
        self, old: Content, body: Mapping[str, Any], given: Mapping[str, Any], now: datetime
    ) -> Content:
        base, category = self.base, given.get("category")
        return Content(
            title=given["title"],
            modified=now,
            visible=given.get("visible", True),
            alternatives=tuple(given.get("alternatives", ())),
            category=needed(base.categories, category) if category else None,
            labels=tuple(needed(base.labels, one) for one in given.get("labels", ())),
            external_id=body.get("externalId", old.external_id),
            external_url=body.get("externalUrl", old.external_url),
            variations=tuple(self._variations(old, given.get("variations", ()), now)),
        )

    def _variations(
        self, old: Content, given: Iterable[Mapping[str, Any]], now: datetime
    ) -> Iterator[Variation]:
        left = list(old.variations)
        for one in given:
            kept = _namesake(left, one)
            if kept is not None:
                left.remove(kept)
            yield self._variation(kept, one, now)

    def _variation(
        self, kept: Variation | None, given: Mapping[str, Any], now: datetime
    ) -> Variation:
        was = kept or Variation(id=self.org.ids.uuid(), created=now, modified=now)
        contexts, body = given.get("contexts"), given.get("body")
        return evolve(
            was,
            modified=now,
            name=given.get("name"),
            priority=given.get("priority"),
            contexts=was.contexts if contexts is None else orjson.dumps(contexts).decode(),
            body=None if body is None else stored(checked_body(body, self._target)),
        )

    def _target(self, external: str) -> str | None:
        """The name of the document with this external id, as links have it."""
        found = self._with_external(external)
        target = found[0].id if found else self._announced.get(external)
        return f"grn:knowledge:::document/{self.base.id}/{target}" if target else None


def _namesake(left: list[Variation], given: Mapping[str, Any]) -> Variation | None:
    """The variation that is meant: the one with the id, else with the name, else the only one."""
    for one in left:
        if given.get("id") == one.id or (one.name is not None and one.name == given.get("name")):
            return one
    return left[0] if len(left) == 1 else None
