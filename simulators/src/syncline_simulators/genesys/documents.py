"""Documents: list, read, create, change and delete."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import takewhile
from typing import Any

from .base import KnowledgeBase
from .catalogue import View, merged, merged_before, stamp
from .catalogue import content as content_of
from .dates import Interval, interval
from .document import Alternative, Content, Document, drafted, writable
from .errors import invalid_value, not_found
from .oauth import Client
from .order import Key, Ordered
from .organization import Organization, Person
from .paging import Source, listed
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


def located(org: Organization, call: Call) -> tuple[KnowledgeBase, Document]:
    """The knowledge base and the document that the path names.

    Raises:
        Refusal: 404.
    """
    base = org.base(call.ids["base"])
    return base, base.documents.get(call.ids["document"])


def seen(org: Organization, call: Call) -> tuple[KnowledgeBase, Document]:
    """The same for a read, which does not see what was created only just now.

    Raises:
        Refusal: 404.
    """
    base, document = located(org, call)
    if not org.settled(document.created):
        raise not_found("document", document.id)
    return base, document


def list_documents(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by date of the last change, each document once; drafts only with `includeDrafts`."""
    base = org.base(call.ids["base"])
    view: View = "all" if call.flag("includeDrafts") else "live"
    expand = expanded(call, ("category", "labels"))

    def entity(key: Key) -> dict[str, Any]:
        return shown_in(base, base.documents.keyed(key), view, expand)

    return listed(call, _source(org, base, call, view, entity))


def shown_in(
    base: KnowledgeBase, document: Document, view: View, expand: Collection[str]
) -> dict[str, Any]:
    """A document as a view shows it.

    Raises:
        Refusal: 404; it was never published and the view hides drafts.
    """
    content = content_of(document, view)
    if content is None:
        raise not_found("document", document.id)
    live = document.live
    version = live if live is not None and content is live.content else None
    return document_view(base, document, content, version, expand)


def _source(org: Organization, base: KnowledgeBase, call: Call, view: View, entity: Any) -> Source:
    indexes = _indexes(base, call, view)
    during = interval(call.query["interval"]) if call.query.get("interval") else None
    wanted = {name: set(values) for name, values in _filters(base, call).items()}

    def kept(keys: Iterator[Key]) -> Iterator[Key]:
        return (key for key in keys if _wanted(org, base.documents.keyed(key), view, wanted))

    def after(key: Key | None) -> Iterator[Key]:
        start = key or ((stamp(during.start), -1) if during else None)
        keys = merged(indexes, start)
        return kept(takewhile(_below(during), keys) if during else keys)

    def before(key: Key) -> Iterator[Key]:
        keys = merged_before(indexes, key)
        return kept(takewhile(_above(during), keys) if during else keys)

    return Source(
        after=after,
        before=before,
        entity=entity,
        allowed=lambda key: during is None or (_below(during)(key) and _above(during)(key)),
        newest=lambda: _newest(base, indexes),
    )


def _below(during: Interval) -> Any:
    end = stamp(during.end)
    return lambda key: key[0] < end


def _above(during: Interval) -> Any:
    start = stamp(during.start)
    return lambda key: key[0] >= start


def _newest(base: KnowledgeBase, indexes: Collection[Ordered]) -> str | None:
    last = max((key for index in indexes if (key := index.last())), default=None)
    return base.documents.keyed(last).id if last else None


def _filters(base: KnowledgeBase, call: Call) -> dict[str, list[str]]:
    """The facets that are asked for, the most selective first."""
    categories = call.values("categoryId")
    if call.flag("includeSubcategories"):
        categories = sorted({under for one in categories for under in base.below(one)})
    found = {
        "document": call.values("documentId"),
        "external": call.values("externalIds"),
        "category": categories,
        "label": call.values("labelIds"),
    }
    return {name: values for name, values in found.items() if name in _given(call)}


def _given(call: Call) -> set[str]:
    names = {"documentId": "document", "externalIds": "external", "categoryId": "category"}
    names["labelIds"] = "label"
    return {facet for name, facet in names.items() if call.query.get(name)}


def _indexes(base: KnowledgeBase, call: Call, view: View) -> list[Ordered]:
    filters = _filters(base, call)
    for facet, values in filters.items():
        if facet == "document":
            return [_some(base, values, view)]
        return [base.documents.index(view, facet, value) for value in dict.fromkeys(values)]
    return [base.documents.index(view)]


def _some(base: KnowledgeBase, ids: Collection[str], view: View) -> Ordered:
    order = Ordered()
    for document_id in dict.fromkeys(ids):
        if base.documents.holds(document_id):
            document = base.documents.get(document_id)
            content = content_of(document, view)
            if content is not None:
                order.add((stamp(content.modified), document.number))
    return order


def _wanted(
    org: Organization, document: Document, view: View, wanted: Mapping[str, set[str]]
) -> bool:
    content = content_of(document, view)
    if content is None or not org.settled(document.created):
        return False
    held: Mapping[str, set[str | None]] = {
        "document": {document.id},
        "external": {content.external_id},
        "category": {content.category},
        "label": {*content.labels},
    }
    return all(held[facet] & values for facet, values in wanted.items())


def expanded(call: Call, allowed: Collection[str]) -> list[str]:
    """The `expand` parameter.

    Raises:
        Refusal: 400 for what cannot be expanded here.
    """
    found = call.values("expand")
    for name in found:
        if name not in allowed:
            raise invalid_value("expand", f"must be one of {', '.join(allowed)}")
    return found


def state(call: Call, name: str, usual: str) -> str:
    """The `state` or `documentState` parameter: `Draft` or `Published`."""
    found = call.query.get(name) or usual
    if found not in ("Draft", "Published"):
        raise invalid_value(name, "must be one of Draft, Published")
    return found


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
