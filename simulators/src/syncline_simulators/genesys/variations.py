"""Variations: the content of a document. Writing touches the draft only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from attrs import evolve

from .base import KnowledgeBase
from .blocks import body as body_shape
from .document import Content, Document, Variation, Version, drafted, with_variation, writable
from .errors import not_found, over_limit
from .order import Key
from .organization import Organization
from .paging import listed, rows
from .reading import expanded, located, seen, state
from .serving import Call, Endpoint
from .shapes import integer, listing, members, needed, read_only, text, uuid
from .views import ROOT, variation_view

_REFERENCE = members(id=needed(uuid), **read_only("selfUri"))

CONTEXTS = listing(
    members(context=needed(_REFERENCE), values=needed(listing(_REFERENCE))), most=100
)

REQUEST = members(
    contexts=needed(CONTEXTS),
    priority=integer(),
    name=text(most=256),
    body=body_shape,
    **read_only("id", "dateCreated", "dateModified", "documentVersion", "document", "selfUri"),
)
"""`DocumentVariationRequest`, of POST and of PATCH: `contexts` is needed by both."""


def _side(call: Call, document: Document) -> tuple[Content, Version | None]:
    """The content that `documentState` asks for, and the version that it belongs to."""
    if state(call, "documentState", "Published") == "Draft":
        return document.draft, None
    if document.live is None:
        raise not_found("published document", document.id)
    return document.live.content, document.live


def list_variations(org: Organization, call: Call) -> dict[str, Any]:
    """GET: those of the published state, or of the draft with `documentState=Draft`."""
    base, document = seen(org, call)
    expanded(call, ("contentUrl",))
    content, version = _side(call, document)

    def entry(at: int, one: Variation) -> tuple[Key, dict[str, Any]]:
        return (at, one.id), variation_view(base, document, one, version)

    return listed(call, rows(entry(at, one) for at, one in enumerate(content.variations)))


def get_variation(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    base, document = seen(org, call)
    expanded(call, ("contentUrl",))
    content, version = _side(call, document)
    return variation_view(base, document, content.variation(call.ids["variation"]), version)


def create_variation(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a further variation of the draft."""
    base, document = located(org, call)
    key = "knowledge.variations.per.document.max"
    if len(document.draft.variations) >= org.limits["knowledge"][key]:
        raise over_limit(key, "knowledge", org.limits["knowledge"][key])
    now = org.now()
    blank = Variation(id=org.ids.uuid(), created=now, modified=now)
    return _written(org, call, base, document, blank, "Create")


def change_variation(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: what is given replaces what was there; a body replaces the whole body."""
    base, document = located(org, call)
    old = document.draft.variation(call.ids["variation"])
    return _written(org, call, base, document, old, "Update")


def _written(
    org: Organization, call: Call, base: KnowledgeBase, document: Document, old: Variation, did: str
) -> dict[str, Any]:
    one = evolve(old, modified=org.now(), **changes(call.body))
    variations = with_variation(document.draft, one)
    base.documents.put(drafted(document, org.now(), None, variations=variations))
    org.audit(call.client, did, "KnowledgeDocumentVariation", one.id, one.name or "")
    return variation_view(base, document, one, None)


def changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a `DocumentVariationRequest` says of a variation."""
    found: dict[str, Any] = {name: body[name] for name in ("priority", "name") if name in body}
    if "contexts" in body:
        found["contexts"] = orjson.dumps(body["contexts"]).decode()
    if "body" in body:
        found["body"] = stored(body["body"])
    return found


def stored(body: Mapping[str, Any]) -> bytes:
    """A checked body as it is kept."""
    return orjson.dumps(body)


def delete_variation(org: Organization, call: Call) -> None:
    """DELETE: from the draft; the published one stays until the next publish."""
    base, document = located(org, call)
    writable(document)
    gone = document.draft.variation(call.ids["variation"])
    left = tuple(one for one in document.draft.variations if one.id != gone.id)
    base.documents.put(drafted(document, org.now(), None, variations=left))
    org.audit(call.client, "Delete", "KnowledgeDocumentVariation", gone.id, gone.name or "")


_MANY = f"{ROOT}/{{base}}/documents/{{document}}/variations"
_ONE = f"{_MANY}/{{variation}}"
_VIEW = ["knowledge:document:view"]
_EDIT = ["knowledge:document:edit"]

ENDPOINTS = (
    Endpoint("GET", _MANY, list_variations, _VIEW),
    Endpoint("POST", _MANY, create_variation, ["knowledge:document:add", *_EDIT], REQUEST),
    Endpoint("GET", _ONE, get_variation, _VIEW),
    Endpoint("PATCH", _ONE, change_variation, _EDIT, REQUEST),
    Endpoint("DELETE", _ONE, delete_variation, ["knowledge:document:delete", *_EDIT]),
)
"""The operations on variations."""
