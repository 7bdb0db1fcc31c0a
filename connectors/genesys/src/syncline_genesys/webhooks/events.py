"""Which articles an event is about; nothing else in it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncline.errors import Rejected
from syncline.webhooks.payload import item_id

Body = Mapping[str, Any]

AUDIT = "v2.audits."
"""How the topic of configuration changes begins (fact sheet, "Events out of Genesys Cloud")."""
PARENTS = ("documentId", "knowledgeDocumentId")
"""Where the context of a variation's entry may name its document."""
MOST = 1000
"""Articles that one call of a workflow can name."""


def audited(body: Body) -> Iterator[str]:
    """Yield the article of an audit event in its EventBridge envelope; none for other things.

    Raises:
        Rejected: it is no envelope of Genesys, or names nothing.
    """
    detail = body.get("detail")
    if not isinstance(detail, dict) or not isinstance(entry := detail.get("eventBody"), dict):
        raise Rejected("the body has no detail with an eventBody: it is no event of Genesys Cloud")
    if not str(detail.get("topicName", "")).startswith(AUDIT):
        return
    match entry:
        case {"entityType": "KnowledgeDocument", "entity": {"id": id_}}:
            yield item_id(id_)
        case {"entityType": "KnowledgeDocument"}:
            raise Rejected("the entry of an article has no entity with an id")
        case {"entityType": "KnowledgeDocumentVariation", "context": dict() as context}:
            # An entity of its own; without its document only the next poll finds the edit.
            yield from (item_id(context[key]) for key in PARENTS if context.get(key))


def called(body: Body) -> Iterator[str]:
    """Yield the articles of a workflow's call, whose body we define: `documentId` or a list.

    Raises:
        Rejected: it names none.
    """
    match body:
        case {"documentIds": [*ids]} if len(ids) <= MOST:
            yield from map(item_id, ids)
        case {"documentIds": _}:
            raise Rejected(f"documentIds is not a list of at most {MOST} ids")
        case _:
            yield item_id(body.get("documentId"))


__all__ = ["audited", "called"]
