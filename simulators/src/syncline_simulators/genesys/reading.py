"""What a call reads: the document that its path names, in the state that it asks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from attrs import evolve

from .base import KnowledgeBase
from .catalogue import View, content
from .document import Document
from .errors import invalid_value, not_found
from .organization import Organization
from .serving import Call
from .views import document_view


def located(org: Organization, call: Call) -> tuple[KnowledgeBase, Document]:
    """The knowledge base and the document that the path names.

    Raises:
        Refusal: 404.
    """
    base = org.base(call.ids["base"])
    return base, base.documents.get(call.ids["document"])


def seen(org: Organization, call: Call) -> tuple[KnowledgeBase, Document]:
    """The same for a read, which does not see what was created or published only just now.

    Raises:
        Refusal: 404.
    """
    base, document = located(org, call)
    if not org.settled(document.created):
        raise not_found("document", document.id)
    live = document.live
    if live is not None and not org.settled(live.published):
        document = evolve(document, versions=document.versions[:-1])
    return base, document


def shown_in(
    base: KnowledgeBase, document: Document, view: View, expand: Collection[str]
) -> dict[str, Any]:
    """A document as a view shows it.

    Raises:
        Refusal: 404; it was never published and the view hides drafts.
    """
    shown = content(document, view)
    if shown is None:
        raise not_found("document", document.id)
    live = document.live
    version = live if live is not None and shown is live.content else None
    return document_view(base, document, shown, version, expand)


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
