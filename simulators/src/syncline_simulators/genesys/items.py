"""Articles as people see them."""

from __future__ import annotations

import json
from typing import Any

from .base import KnowledgeBase
from .dates import shown
from .document import Content, Document, Variation
from .organization import Organization


def items(org: Organization) -> list[dict[str, Any]]:
    """Every article, base by base, in the order in which they were created."""
    return [item_of(base, one) for base in org.bases.values() for one in base.documents]


def item(org: Organization, item_id: str) -> dict[str, Any] | None:
    """One article, or `None`."""
    for base in org.bases.values():
        if base.documents.holds(item_id):
            return item_of(base, base.documents.get(item_id))
    return None


def item_of(base: KnowledgeBase, document: Document) -> dict[str, Any]:
    """An article as people see it: what is published, or the draft of one that never was."""
    live = document.live
    now = live.content if live else document.draft
    item = {
        "id": document.id,
        "state": "Published" if live else "Draft",
        "version": live.number if live else 0,
        "restricted": False,
        **_content_item(base, now),
        "knowledgeBase": base.id,
        "readonly": document.readonly,
        "created": shown(document.created),
        "draft": document.open,
    }
    if live and document.open:
        item["draftContent"] = _content_item(base, document.draft)
    return item


def _content_item(base: KnowledgeBase, found: Content) -> dict[str, Any]:
    category = base.categories.get(found.category).name if found.category else None
    main = main_variation(found)
    item = {
        "title": found.title,
        "body": json.loads(main.body) if main and main.body is not None else None,
        "parent": category,
        "category": category,
        "labels": sorted(base.labels.get(o).name for o in found.labels if base.labels.holds(o)),
        "visible": found.visible,
        "alternatives": [one.phrase for one in found.alternatives],
        "externalId": found.external_id,
        "externalUrl": found.external_url,
        "modified": shown(found.modified),
    }
    if len(found.variations) > 1:
        item["variations"] = [_variation_item(one) for one in found.variations]
    return item


def _variation_item(one: Variation) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "contexts": json.loads(one.contexts),
        "body": json.loads(one.body) if one.body is not None else None,
    }


def main_variation(found: Content) -> Variation | None:
    """The default variation, or the first."""
    for one in found.variations:
        if one.contexts == "[]":
            return one
    return found.variations[0] if found.variations else None
