"""Many documents in one call. The answer is 200 even when single documents fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .base import KnowledgeBase
from .document import Version, drafted
from .documents import changes, delete
from .errors import Refusal, bad_request
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import Shape, boolean, listing, members, needed, text, uuid
from .versions import publish
from .views import ROOT, document_view

MOST = 100
"""Entities of one call; the vendor's own connector sends so many."""

_ID = text(most=100, blank=False)


def _request(**fields: Any) -> Shape:
    entity = members(id=needed(_ID), **fields)
    return members(entities=needed(listing(entity, most=MOST, least=1)))


UPDATE = _request(categoryId=uuid, labelIds=listing(uuid))
REMOVE = _request()
PUBLISH = _request(restoreFromVersionId=uuid, restorePrevious=boolean)

One = Callable[[Organization, KnowledgeBase, Call, Mapping[str, Any]], dict[str, Any]]


def _each(org: Organization, call: Call, one: One) -> dict[str, Any]:
    base = org.base(call.ids["base"])
    results = [_result(org, base, call, entity, one) for entity in call.body["entities"]]
    failed = [at for at, result in enumerate(results) if "error" in result]
    return {"results": results, "errorCount": len(failed), "errorIndexes": failed}


def _result(
    org: Organization, base: KnowledgeBase, call: Call, entity: Mapping[str, Any], one: One
) -> dict[str, Any]:
    try:
        return {"entity": one(org, base, call, entity)}
    except Refusal as refusal:
        return {"error": {"message": refusal.message, "code": refusal.code}}


def bulk_update(org: Organization, call: Call) -> dict[str, Any]:
    """POST: category and labels of drafts."""
    return _each(org, call, _update)


def _update(
    org: Organization, base: KnowledgeBase, call: Call, entity: Mapping[str, Any]
) -> dict[str, Any]:
    document = base.documents.get(entity["id"])
    fields = {name: value for name, value in entity.items() if name != "id"}
    changed = drafted(document, org.now(), None, **changes(org, base, fields))
    base.documents.put(changed)
    org.audit(call.client, "Update", "KnowledgeDocument", changed.id, changed.draft.title)
    return document_view(base, changed, changed.draft, None, ("category", "labels"))


def bulk_remove(org: Organization, call: Call) -> dict[str, Any]:
    """POST: delete for good."""
    return _each(org, call, _remove)


def _remove(
    org: Organization, base: KnowledgeBase, call: Call, entity: Mapping[str, Any]
) -> dict[str, Any]:
    delete(org, base, base.documents.get(entity["id"]), call.client)
    return {"id": entity["id"]}


def bulk_publish(org: Organization, call: Call) -> dict[str, Any]:
    """POST: publish drafts, or earlier versions again."""
    return _each(org, call, _publish)


def _publish(
    org: Organization, base: KnowledgeBase, call: Call, entity: Mapping[str, Any]
) -> dict[str, Any]:
    document = base.documents.get(entity["id"])
    source = entity.get("restoreFromVersionId")
    if entity.get("restorePrevious"):
        source = _previous(document.versions)
    result = publish(org, base, document, source)
    org.audit(call.client, "Publish", "KnowledgeDocument", result.id, result.draft.title)
    return document_view(base, result, result.draft, result.live)


def _previous(versions: Sequence[Version]) -> str:
    if len(versions) < 2:
        raise bad_request("The document has no previous version.")
    return versions[-2].id


_MANY = f"{ROOT}/{{base}}/documents"

ENDPOINTS = (
    Endpoint("POST", f"{_MANY}/bulk/update", bulk_update, ["knowledge:document:edit"], UPDATE),
    Endpoint("POST", f"{_MANY}/bulk/remove", bulk_remove, ["knowledge:document:delete"], REMOVE),
    Endpoint(
        "POST",
        f"{_MANY}/versions/bulk/add",
        bulk_publish,
        ["knowledge:documentVersion:add"],
        PUBLISH,
    ),
)
"""The operations on many documents."""
