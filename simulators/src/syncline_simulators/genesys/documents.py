"""Documents: read, create, change and delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import KnowledgeBase
from .document import Alternative, Content, Document, drafted, writable
from .document_list import list_documents
from .errors import invalid_value
from .oauth import Client
from .organization import Organization, Person
from .reading import expanded, located, seen, shown_in, state
from .serving import Call, Endpoint
from .shapes import boolean, clearable, listing, members, needed, read_only, text, uuid
from .views import ROOT, document_view

WORDS = 500
"""Most words of a title or an alternative phrase."""

REQUEST = members(
    title=needed(text(words=WORDS, blank=False)),
    visible=boolean,
    alternatives=listing(
        members(phrase=needed(text(words=WORDS, blank=False)), autocomplete=needed(boolean))
    ),
    categoryId=clearable(uuid),
    labelIds=listing(uuid),
    externalId=clearable(text(most=255)),
    externalUrl=clearable(text(most=2048)),
    **read_only("id", "selfUri"),
)
"""`KnowledgeDocumentReq`, of POST and of PATCH. Nothing else is writable on a document."""

_EXPAND = ("category", "labels", "variations")


def get_document(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the published state, or the draft with `state=Draft`.

    Without unpublished changes the draft still is there, with the content that is published.
    """
    base, document = seen(org, call)
    expand = expanded(call, _EXPAND)
    if state(call, "state", "Published") == "Draft":
        return document_view(base, document, document.draft, None, expand)
    return shown_in(base, document, "live", expand)


def create_document(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a draft without any content."""
    base = org.base(call.ids["base"])
    document = create(org, base, call.client, call.body)
    return document_view(base, document, document.draft, None, _EXPAND[:2])


def create(
    org: Organization, base: KnowledgeBase, author: Client, body: Mapping[str, Any]
) -> Document:
    """Put a new document into the base.

    Raises:
        Refusal: 400 for an unknown category or label, or when the base is full.
    """
    key = "knowledge.documents.per.knowledgebase.max"
    org.room("knowledge", key, len(base.documents))
    now = org.now()
    document = Document(
        id=org.ids.uuid(),
        number=base.documents.number(),
        created=now,
        draft=Content(modified=now, **changes(org, base, body)),
    )
    base.documents.put(document)
    org.audit(author, "Create", "KnowledgeDocument", document.id, document.draft.title)
    return document


def changes(org: Organization, base: KnowledgeBase, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a `KnowledgeDocumentReq` says of a draft; lists replace those that were there.

    Raises:
        Refusal: 400 for an unknown category or label.
    """
    found = {_FIELDS[name]: value for name, value in body.items()}
    if found.get("category") and not base.categories.holds(found["category"]):
        raise invalid_value("categoryId", "there is no such category")
    for label in found.get("labels", ()):
        if not base.labels.holds(label):
            raise invalid_value("labelIds", f"there is no label {label}")
    if "labels" in found:
        found["labels"] = tuple(dict.fromkeys(found["labels"]))
        most = org.limits["knowledge"]["knowledge.labels.per.document.max"]
        if len(found["labels"]) > most:
            raise invalid_value("labelIds", f"at most {most} labels are allowed")
    if "alternatives" in found:
        found["alternatives"] = tuple(Alternative(**one) for one in found["alternatives"])
    return found


_FIELDS = {
    "title": "title",
    "visible": "visible",
    "alternatives": "alternatives",
    "categoryId": "category",
    "labelIds": "labels",
    "externalId": "external_id",
    "externalUrl": "external_url",
}


def change_document(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: changes the draft; it takes a new version to go live."""
    base, document = located(org, call)
    changed = drafted(document, org.now(), None, **changes(org, base, call.body))
    base.documents.put(changed)
    org.audit(call.client, "Update", "KnowledgeDocument", document.id, changed.draft.title)
    return document_view(base, changed, changed.draft, None, _EXPAND[:2])


def delete_document(org: Organization, call: Call) -> None:
    """DELETE: with all its versions, for good."""
    base, document = located(org, call)
    delete(org, base, document, call.client)


def delete(
    org: Organization, base: KnowledgeBase, document: Document, author: Client | Person
) -> None:
    """Take a document out of the base.

    Raises:
        Refusal: 400; it belongs to a managed source.
    """
    writable(document)
    base.documents.remove(document.id)
    org.audit(author, "Delete", "KnowledgeDocument", document.id, document.draft.title)


_MANY = f"{ROOT}/{{base}}/documents"
_ONE = f"{_MANY}/{{document}}"
_VIEW = ["knowledge:document:view"]

ENDPOINTS = (
    Endpoint("GET", _MANY, list_documents, _VIEW),
    Endpoint("POST", _MANY, create_document, ["knowledge:document:add"], REQUEST),
    Endpoint("GET", _ONE, get_document, _VIEW),
    Endpoint("PATCH", _ONE, change_document, ["knowledge:document:edit"], REQUEST),
    Endpoint("DELETE", _ONE, delete_document, ["knowledge:document:delete"]),
)
"""The operations on documents."""
