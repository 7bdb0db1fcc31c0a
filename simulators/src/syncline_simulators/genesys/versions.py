"""Versions: publishing a draft, and going back to what was published before."""

from __future__ import annotations

from typing import Any

from .base import KnowledgeBase
from .document import Document, published, restored
from .order import Key
from .organization import Organization
from .paging import listed, rows
from .reading import expanded, located, seen
from .serving import Call, Endpoint
from .shapes import members, read_only, uuid
from .views import ROOT, variation_view, version_view

REQUEST = members(
    restoreFromVersionId=uuid,
    **read_only("id", "datePublished", "document", "versionNumber", "dateExpires", "selfUri"),
)
"""`KnowledgeDocumentVersion` as a request: `{}` publishes the draft.

The vendor's model marks `restoreFromVersionId` as required, its own tools send `{}`."""


def list_versions(org: Organization, call: Call) -> dict[str, Any]:
    """GET: newest first."""
    base, document = seen(org, call)
    expand = expanded(call, ("category", "labels"))

    def entry(at: int) -> tuple[Key, dict[str, Any]]:
        version = document.versions[at]
        return (-version.number, version.id), version_view(base, document, version, expand)

    return listed(call, rows(entry(at) for at in range(len(document.versions))))


def get_version(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one version."""
    base, document = seen(org, call)
    expand = expanded(call, ("category", "labels"))
    return version_view(base, document, document.version(call.ids["version"]), expand)


def create_version(org: Organization, call: Call) -> dict[str, Any]:
    """POST: publish the draft, or publish again what `restoreFromVersionId` names."""
    base, document = located(org, call)
    result = publish(org, base, document, call.body.get("restoreFromVersionId"))
    org.audit(call.client, "Publish", "KnowledgeDocument", document.id, result.draft.title)
    return version_view(base, result, result.versions[-1])


def publish(
    org: Organization, base: KnowledgeBase, document: Document, source: str | None
) -> Document:
    """The document after its draft, or the version `source`, has become its next version.

    Raises:
        Refusal: 400, 404 or 409.
    """
    version_id, now = org.ids.uuid(), org.now()
    if source is None:
        result = published(document, version_id, now)
    else:
        result = restored(document, source, version_id, now)
    base.documents.put(result)
    return result


def list_version_variations(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the content of a version."""
    base, document = seen(org, call)
    version = document.version(call.ids["version"])
    return listed(
        call,
        rows(
            ((at, one.id), variation_view(base, document, one, version))
            for at, one in enumerate(version.content.variations)
        ),
    )


def get_version_variation(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one variation of a version."""
    base, document = seen(org, call)
    version = document.version(call.ids["version"])
    one = version.content.variation(call.ids["variation"])
    return variation_view(base, document, one, version)


_MANY = f"{ROOT}/{{base}}/documents/{{document}}/versions"
_ONE = f"{_MANY}/{{version}}"
_VIEW = ["knowledge:documentVersion:view"]

ENDPOINTS = (
    Endpoint("GET", _MANY, list_versions, _VIEW),
    Endpoint("POST", _MANY, create_version, ["knowledge:documentVersion:add"], REQUEST),
    Endpoint("GET", _ONE, get_version, _VIEW),
    Endpoint("GET", f"{_ONE}/variations", list_version_variations, _VIEW),
    Endpoint("GET", f"{_ONE}/variations/{{variation}}", get_version_variation, _VIEW),
)
"""The operations on versions."""
