"""Writing a knowledge base as a file, in the version that synchronisation reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import orjson
from attrs import define, field

from .base import KnowledgeBase
from .catalogue import content
from .dates import interval, shown
from .document import Content, Document, Variation


@define
class Export:
    """The file for a `KnowledgeExportJobFilter`, as it is being written."""

    base: KnowledgeBase
    asked: Mapping[str, Any]
    version: int
    _entries: list[str] = field(factory=list)

    def __len__(self) -> int:
        return len(self._entries)

    def write(self) -> Iterator[None]:
        """Write all documents, one by one."""
        exclude = set(self.asked.get("exclude", ()))
        for one in list(_chosen(self.base, self.asked.get("documentsFilter", {}))):
            self._entries.append(_document(self.base, one, exclude))
            yield

    def content(self) -> bytes:
        """The whole file."""
        base, exclude = self.base, set(self.asked.get("exclude", ()))
        head = {
            "knowledgeBase": {"id": base.id, "name": base.name, "coreLanguage": base.language},
            "categories": [] if "Categories" in exclude else list(_categories(base)),
            "labels": [] if "Labels" in exclude else list(_labels(base)),
        }
        action = f'{_text(head)[:-1]},"documents":[{",".join(self._entries)}]}}'
        whole = f'{{"version":3,"importAction":{action}}}' if self.version == 3 else action
        return whole.encode()


def _chosen(base: KnowledgeBase, asked: Mapping[str, Any]) -> Iterator[Document]:
    entities = asked.get("entities")
    if entities is not None:
        ids = [one["id"] for one in entities]
        return (base.documents.get(one) for one in ids if base.documents.holds(one))
    if not asked.get("interval"):
        return iter(base.documents)
    wanted = interval(asked["interval"], "exportFilter.documentsFilter.interval")
    return (one for one in base.documents if _modified(one) in wanted)


def _modified(document: Document) -> Any:
    found = content(document, "all")
    return found.modified if found else document.created


def _categories(base: KnowledgeBase) -> Iterator[dict[str, Any]]:
    for one in base.categories:
        parent = base.categories.get(one.parent) if one.parent else None
        yield {
            "id": one.id,
            "externalId": one.external_id,
            "name": one.name,
            "description": one.description,
            "parentCategory": _reference(parent) if parent else None,
        }


def _labels(base: KnowledgeBase) -> Iterator[dict[str, Any]]:
    for one in base.labels:
        yield {"id": one.id, "externalId": one.external_id, "name": one.name, "color": one.color}


def _reference(thing: Any) -> dict[str, Any]:
    return {"id": thing.id, "externalId": thing.external_id, "name": thing.name}


def _document(base: KnowledgeBase, document: Document, exclude: Collection[str]) -> str:
    live = document.live
    newest = content(document, "all") or document.draft
    head = {
        "id": document.id,
        "externalId": newest.external_id,
        "externalUrl": newest.external_url,
        "readonly": document.readonly,
    }
    published = _content(base, live.content, exclude) if live else "null"
    draft = _content(base, document.draft, exclude) if document.open else "null"
    return f'{_text(head)[:-1]},"published":{published},"draft":{draft}}}'


def _content(base: KnowledgeBase, found: Content, exclude: Collection[str]) -> str:
    category = base.categories.get(found.category) if found.category else None
    head = {
        "title": found.title,
        "visible": found.visible,
        "alternatives": [
            {"phrase": one.phrase, "autocomplete": one.autocomplete} for one in found.alternatives
        ]
        or None,
        "dateModified": shown(found.modified),
        "category": _reference(category) if category else None,
        "labels": [_reference(base.labels.get(o)) for o in found.labels if base.labels.holds(o)],
    }
    if "Variations" in exclude:
        return _text(head)
    return f'{_text(head)[:-1]},"variations":[{",".join(_variations(found.variations))}]}}'


def _variations(found: Iterable[Variation]) -> Iterator[str]:
    # The body is kept as text: putting it in as it is spares reading and writing it again.
    for one in found:
        head = {"id": one.id, "name": one.name, "priority": one.priority}
        body = one.body.decode() if one.body is not None else "null"
        yield f'{_text(head)[:-1]},"contexts":{one.contexts},"body":{body}}}'


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
