"""An article: a draft that is worked on, and the versions that were published from it.

Values only; every change returns another document. Bodies are kept as the JSON text in which they
are answered, shared by all states that hold the same content.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from .errors import bad_request, conflict, not_found

ARCHIVE = timedelta(days=365)
"""How long a superseded version is announced to stay (`dateExpires`): our own choice."""


@frozen(kw_only=True)
class Variation:
    """One rendering of the article, for the contexts that it names; none is the default one."""

    id: str
    created: datetime
    modified: datetime
    contexts: str = "[]"
    """JSON text of `contexts`."""
    name: str | None = None
    priority: int | None = None
    body: bytes | None = None
    """JSON text of a `DocumentBody`."""


@frozen(kw_only=True)
class Alternative:
    """Another phrasing of the title."""

    phrase: str
    autocomplete: bool


@frozen(kw_only=True)
class Content:
    """What a draft holds and a version preserves. The metadata are drafted like the text."""

    title: str
    modified: datetime
    modified_by: str | None = None
    visible: bool = True
    alternatives: tuple[Alternative, ...] = ()
    category: str | None = None
    labels: tuple[str, ...] = ()
    external_id: str | None = None
    external_url: str | None = None
    variations: tuple[Variation, ...] = ()

    def variation(self, variation_id: str) -> Variation:
        """The variation with this id.

        Raises:
            Refusal: 404.
        """
        for one in self.variations:
            if one.id == variation_id:
                return one
        raise not_found("document variation", variation_id)


@frozen(kw_only=True)
class Version:
    """One published state."""

    id: str
    number: int
    published: datetime
    content: Content
    expires: datetime | None = None
    """Set when a later version has replaced it."""


@frozen(kw_only=True)
class Document:
    """An article with its draft and its versions, oldest first."""

    id: str
    number: int
    """Order of creation in its knowledge base."""
    created: datetime
    draft: Content
    versions: tuple[Version, ...] = ()
    created_by: str | None = None
    imported: datetime | None = None
    readonly: bool = False
    """Owned by a source that the vendor manages: nobody else may write it."""

    @property
    def live(self) -> Version | None:
        """What searchers see: the version published last."""
        return self.versions[-1] if self.versions else None

    @property
    def open(self) -> bool:
        """Whether the draft has changed since it was last published (or never was)."""
        return self.live is None or self.live.content is not self.draft

    def version(self, version_id: str) -> Version:
        """The version with this id.

        Raises:
            Refusal: 404.
        """
        for one in self.versions:
            if one.id == version_id:
                return one
        raise not_found("document version", version_id)


def drafted(document: Document, now: datetime, author: str | None, **changes: Any) -> Document:
    """The document with a changed draft; what is published stays as it is.

    Raises:
        Refusal: 400 for a document that belongs to a managed source.
    """
    writable(document)
    draft = evolve(document.draft, modified=now, modified_by=author, **changes)
    return evolve(document, draft=draft)


def writable(document: Document) -> None:
    """Refuse to change a document that belongs to a managed source."""
    if document.readonly:
        raise bad_request(
            "The document belongs to an integration source and is read-only.",
            code="document.read.only",
        )


def with_variation(content: Content, one: Variation) -> tuple[Variation, ...]:
    """The variations with this one in the place of its namesake, or at the end."""
    if any(other.id == one.id for other in content.variations):
        return tuple(one if other.id == one.id else other for other in content.variations)
    return (*content.variations, one)


def published(document: Document, version_id: str, now: datetime) -> Document:
    """The document with its draft as the next version.

    Raises:
        Refusal: 400 without a variation; 409 when nothing changed since the last version (the
            vendor's own answer is unconfirmed).
    """
    writable(document)
    if not document.draft.variations:
        raise bad_request("A document cannot be published without a variation.")
    if not document.open:
        raise conflict("The document has no unpublished changes.")
    return _versioned(document, evolve(document.draft, modified=now), version_id, now)


def restored(document: Document, source: str, version_id: str, now: datetime) -> Document:
    """The document with the content of an earlier version as its next version and its draft."""
    writable(document)
    content = evolve(document.version(source).content, modified=now)
    return _versioned(document, content, version_id, now)


def _versioned(document: Document, content: Content, version_id: str, now: datetime) -> Document:
    earlier = document.versions
    if earlier:
        earlier = (*earlier[:-1], evolve(earlier[-1], expires=now + ARCHIVE))
    number = earlier[-1].number + 1 if earlier else 1
    version = Version(id=version_id, number=number, published=now, content=content)
    return evolve(document, draft=content, versions=(*earlier, version))


def without(
    document: Document, *, category: str | None = None, label: str | None = None
) -> Document:
    """The document after a category or a label has ceased to exist, in draft and published."""
    draft = _without(document.draft, category, label)
    live = document.live
    if live is None:
        return evolve(document, draft=draft)
    content = draft if not document.open else _without(live.content, category, label)
    return evolve(
        document, draft=draft, versions=(*document.versions[:-1], evolve(live, content=content))
    )


def _without(content: Content, category: str | None, label: str | None) -> Content:
    return evolve(
        content,
        category=None if content.category == category else content.category,
        labels=tuple(one for one in content.labels if one != label),
    )
