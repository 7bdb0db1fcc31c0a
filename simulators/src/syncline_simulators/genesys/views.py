"""How the API shows what a knowledge base holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from .base import Category, KnowledgeBase, Label
from .dates import shown
from .document import Content, Document, Variation, Version

ROOT = "/api/v2/knowledge/knowledgebases"


def base_view(base: KnowledgeBase) -> dict[str, Any]:
    """`KnowledgeBase`. `dateDocumentLastModified` does not move when a document is deleted."""
    last = base.documents.last("all")
    return _present(
        id=base.id,
        name=base.name,
        description=base.description,
        coreLanguage=base.language,
        dateCreated=shown(base.created),
        dateModified=shown(base.modified),
        dateDocumentLastModified=shown(last) if last else None,
        faqCount=0,
        articleCount=len(base.documents),
        published=base.published,
        contentSearchEnabled=base.searchable,
        selfUri=f"{ROOT}/{base.id}",
    )


def base_reference(base: KnowledgeBase) -> dict[str, Any]:
    """`KnowledgeBaseReference`."""
    return {"id": base.id, "languageCode": base.language, "selfUri": f"{ROOT}/{base.id}"}


def category_reference(base: KnowledgeBase, category: Category, deep: bool) -> dict[str, Any]:
    """`CategoryReference`, with its ancestors where these were asked for."""
    parent = base.categories.get(category.parent) if deep and category.parent else None
    return _present(
        id=category.id,
        name=category.name,
        parentCategory=category_reference(base, parent, deep) if parent else None,
        selfUri=f"{ROOT}/{base.id}/categories/{category.id}",
    )


def category_view(
    base: KnowledgeBase, category: Category, *, count: bool = False, deep: bool = False
) -> dict[str, Any]:
    """`CategoryResponse`."""
    parent = base.categories.get(category.parent) if category.parent else None
    return _present(
        id=category.id,
        name=category.name,
        description=category.description,
        externalId=category.external_id,
        dateCreated=shown(category.created),
        dateModified=shown(category.modified),
        parentCategory=category_reference(base, parent, deep) if parent else None,
        documentCount=len(base.documents.index("all", "category", category.id)) if count else None,
        knowledgeBase=base_reference(base),
        selfUri=f"{ROOT}/{base.id}/categories/{category.id}",
    )


def label_view(base: KnowledgeBase, label: Label, *, count: bool = False) -> dict[str, Any]:
    """`LabelResponse`."""
    return _present(
        id=label.id,
        name=label.name,
        color=label.color,
        dateCreated=shown(label.created),
        dateModified=shown(label.modified),
        documentCount=len(base.documents.index("all", "label", label.id)) if count else None,
        externalId=label.external_id,
        selfUri=f"{ROOT}/{base.id}/labels/{label.id}",
    )


def document_uri(base: KnowledgeBase, document: Document) -> str:
    """Where a document is."""
    return f"{ROOT}/{base.id}/documents/{document.id}"


def document_view(
    base: KnowledgeBase,
    document: Document,
    content: Content,
    version: Version | None,
    expand: Collection[str] = (),
) -> dict[str, Any]:
    """`KnowledgeDocumentResponse` of a draft (`version` is `None`) or of a published version.

    Category, labels and variations (20 at most) come only when they are expanded.
    """
    live = document.live
    return _present(
        id=document.id,
        title=content.title,
        visible=content.visible,
        alternatives=_alternatives(content) or None,
        state=_state(document, version),
        dateCreated=shown(document.created),
        dateModified=shown(content.modified),
        dateImported=shown(document.imported) if document.imported else None,
        lastPublishedVersionNumber=live.number if live else None,
        datePublished=shown(live.published) if live else None,
        createdBy=_user(document.created_by),
        modifiedBy=_user(content.modified_by),
        documentVersion=version_reference(base, document, version) if version else None,
        **_expanded(base, document, content, version, expand),
        knowledgeBase=base_reference(base),
        externalId=content.external_id,
        externalUrl=content.external_url,
        readonly=document.readonly,
        selfUri=document_uri(base, document),
    )


def _state(document: Document, version: Version | None) -> str:
    if version is None:
        return "Draft"
    return "Published" if version is document.live else "Archived"


def _expanded(
    base: KnowledgeBase,
    document: Document,
    content: Content,
    version: Version | None,
    expand: Collection[str],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "category" in expand and content.category:
        found["category"] = category_view(base, base.categories.get(content.category))
    if "labels" in expand:
        labels = [base.labels.get(one) for one in content.labels if base.labels.holds(one)]
        found["labels"] = [label_view(base, label) for label in labels]
    if "variations" in expand:
        shown_ones = content.variations[:20]
        found["variations"] = [variation_view(base, document, one, version) for one in shown_ones]
    return found


def _alternatives(content: Content) -> list[dict[str, Any]]:
    return [{"phrase": a.phrase, "autocomplete": a.autocomplete} for a in content.alternatives]


def _user(user: str | None) -> dict[str, Any] | None:
    # A client-credentials writer is no user: nobody is named then (unconfirmed at the vendor).
    return {"id": user, "selfUri": f"/api/v2/users/{user}"} if user else None


def version_reference(base: KnowledgeBase, document: Document, version: Version) -> dict[str, Any]:
    """`AddressableEntityRef` of a version."""
    return {
        "id": version.id,
        "selfUri": f"{document_uri(base, document)}/versions/{version.id}",
    }


def variation_view(
    base: KnowledgeBase, document: Document, one: Variation, version: Version | None
) -> dict[str, Any]:
    """`DocumentVariationResponse`. Only a published one names its `documentVersion`.

    What is kept as JSON text goes out as it is (`orjson.Fragment`).
    """
    return _present(
        id=one.id,
        dateCreated=shown(one.created),
        dateModified=shown(one.modified),
        documentVersion=version_reference(base, document, version) if version else None,
        contexts=orjson.Fragment(one.contexts),
        document={
            "id": document.id,
            "knowledgeBase": base_reference(base),
            "selfUri": document_uri(base, document),
        },
        priority=one.priority,
        name=one.name,
        body=orjson.Fragment(one.body) if one.body is not None else None,
        selfUri=f"{document_uri(base, document)}/variations/{one.id}",
    )


def version_view(
    base: KnowledgeBase, document: Document, version: Version, expand: Collection[str] = ()
) -> dict[str, Any]:
    """`KnowledgeDocumentVersion`."""
    return _present(
        id=version.id,
        datePublished=shown(version.published),
        document=document_view(base, document, version.content, version, expand),
        versionNumber=version.number,
        dateExpires=shown(version.expires) if version.expires else None,
        selfUri=version_reference(base, document, version)["selfUri"],
    )


def _present(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: the vendor leaves out what is absent."""
    return {name: value for name, value in fields.items() if value is not None}
