"""Vendor documents as heads and records. Pure."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from attrs import frozen

from syncline.body import assets as assets_in
from syncline.body import finish, opaque_keys
from syncline.model import Asset, Document, Head, Record, Ref, Status, Version

from .blocks import Addresses, decode
from .blocks.decode import canonical, entries, part, text
from .blocks.words import Json
from .origins import Marks

LANGUAGES = {"en-UK": "en-GB"}
"""Genesys's own names for languages where they differ from BCP 47."""


def moment(value: object) -> datetime | None:
    """Return an ISO 8601 time; None when there is none that can be read."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def interval(start: datetime, end: datetime) -> str:
    """Return a time span as the API takes it: ISO 8601, UTC, milliseconds."""
    spelled = (
        at.astimezone(timezone.utc).isoformat(timespec="milliseconds") for at in (start, end)
    )
    return "/".join(text.replace("+00:00", "Z") for text in spelled)


def number(document: Json) -> int:
    """Return the number of the version that is published; 0 when none ever was."""
    value = document.get("lastPublishedVersionNumber")
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def version_of(document: Json) -> Version:
    """Return the token that changes when something is published, and by nothing else.

    `dateModified` moves with every edit of a draft, `lastPublishedVersionNumber` does not.
    """
    return Version(str(number(document) or document.get("datePublished") or "draft"))


def label_names(document: Json) -> list[str]:
    """Return the names of a document's labels."""
    return sorted({str(one["name"]) for one in entries(document.get("labels")) if one.get("name")})


def category_id(document: Json) -> str:
    """Return the id of a document's category; empty when it has none."""
    return text(part(document, "category"), "id")


def phrases(document: Json) -> tuple[str, ...]:
    """Return a document's alternative phrases."""
    found = (text(one, "phrase") for one in entries(document.get("alternatives")))
    return tuple(phrase for phrase in found if phrase)


def aux_of(document: Json, path: Sequence[str]) -> str:
    """Return the digest of what may change without a new version: names of labels and
    categories, the visibility."""
    facts = [list(path), label_names(document), document.get("visible") is not False]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def status_of(document: Json, retired: frozenset[str]) -> Status:
    """Return a document's status. `visible=false` is a setting, not a restriction."""
    if document.get("state") == "Archived" or retired & set(label_names(document)):
        return Status.ARCHIVED
    return Status.LIVE if number(document) or document.get("state") == "Published" else Status.DRAFT


def defaults(variations: object) -> list[Json]:
    """Return the variations without contexts; there is one, as a rule."""
    return [one for one in entries(variations) if not one.get("contexts")]


def default_variation(variations: object) -> Json | None:
    """Return the variation without contexts: the one that is ours. Others belong to people."""
    return next(iter(defaults(variations)), None)


def blocks_of(variations: object) -> list[Json]:
    """Return the blocks of the variation without contexts."""
    return entries(part(default_variation(variations) or {}, "body").get("blocks"))


def content_key(variations: object) -> str:
    """Return what tells two states of the content apart: ids, names, contexts and bodies."""
    keep = ("id", "name", "priority", "contexts", "body")
    found = [{k: one[k] for k in keep if k in one} for one in entries(variations)]
    return canonical({"variations": sorted(found, key=lambda one: str(one.get("id")))})


def details_of(document: Json) -> Json:
    """Return the metadata that a draft has and that a publication makes public."""
    return {
        "title": document.get("title"),
        "visible": document.get("visible") is not False,
        "alternatives": sorted(phrases(document)),
        "category": category_id(document),
        "labels": sorted(text(one, "id") for one in entries(document.get("labels"))),
        "externalId": document.get("externalId") or "",
        "externalUrl": document.get("externalUrl") or "",
    }


def digest(value: Any) -> str:
    """Return a short digest of some JSON."""
    return hashlib.sha256(canonical({"value": value}).encode("utf-8", "replace")).hexdigest()[:24]


def said(blocks: object, addresses: Addresses) -> str:
    """Return the digest of what blocks say, however the server has decorated them."""
    return digest(finish(decode(blocks, addresses).nodes))


@frozen(kw_only=True)
class Lens:
    """How one connection sees vendor documents."""

    connection: str
    addresses: Addresses
    path_of: Callable[[str], tuple[str, ...]]
    """The path of a category by its id."""
    asset_of: Callable[[str], Asset | None]
    """What is known of an uploaded image by its sha256."""
    marks: Marks = Marks()
    retired: frozenset[str] = frozenset()
    scope: frozenset[str] | None = None
    """Ids of the categories in scope; None: all articles are."""

    def ref(self, document: Json) -> Ref:
        """Return a document's reference."""
        return Ref(self.connection, text(document, "id"))

    def head(self, document: Json) -> Head:
        """Return the listing's entry for a document."""
        return Head(
            ref=self.ref(document),
            version=version_of(document),
            status=status_of(document, self.retired),
            title=text(document, "title"),
            aux=self._aux(document),
            updated_at=moment(document.get("datePublished"))
            or moment(document.get("dateModified")),
        )

    def record(self, document: Json, variations: object, *, draft: bool) -> Record:
        """Return a published document with its content.

        Raises:
            Rejected: its body cannot be held by the profile: too deep, or too large.
        """
        head = self.head(document)
        live = head.status is Status.LIVE
        return Record(
            ref=head.ref,
            version=head.version,
            status=head.status,
            value=self._value(document, variations) if live else None,
            aux=head.aux,
            updated_at=head.updated_at,
            updated_by=text(part(document, "modifiedBy"), "id") or None,
            origin=self.marks.origin(document.get("externalId")),
            draft=draft,
            in_scope=self.scope is None or category_id(document) in self.scope,
            writable=document.get("readonly") is not True,
            reason="" if live else f"the article is {head.status.value} in Genesys",
        )

    def body(self, blocks: object) -> str:
        """Return what blocks say, as a body."""
        return finish(decode(blocks, self.addresses).nodes)

    def _aux(self, document: Json) -> str:
        return aux_of(document, self.path_of(category_id(document)))

    def _value(self, document: Json, variations: object) -> Document:
        found = decode(blocks_of(variations), self.addresses)
        body = finish(found.nodes)
        known = ((sha256, self.asset_of(sha256)) for sha256 in assets_in(body))
        base = part(document, "knowledgeBase")
        language = text(base, "languageCode")
        kept = set(opaque_keys(body))
        return Document(
            title=line(text(document, "title")),
            body=body,
            category=self.path_of(category_id(document)),
            labels=frozenset(label_names(document)),
            alternatives=tuple(dict.fromkeys(line(phrase) for phrase in phrases(document))),
            container=text(base, "id"),
            language=LANGUAGES.get(language, language),
            opaques={key: value for key, value in found.opaques.items() if key in kept},
            assets={sha256: asset for sha256, asset in known if asset},
        )


def line(text: str) -> str:
    """Return `text` as one line in NFC, as titles and phrases are compared."""
    return " ".join(unicodedata.normalize("NFC", text).split())
