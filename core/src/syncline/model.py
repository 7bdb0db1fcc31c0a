"""The canonical model: what Syncline moves, and how a store holds it.

Values carry no vendor fields. A `Record` is a value as one store holds it now: identity,
version, status and the facts needed to decide. All times are timezone-aware UTC.
Nothing here performs I/O.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import NewType, TypeAlias

from attrs import evolve, field, frozen

from .side import Side

Scalar: TypeAlias = str | int | float | bool | None
JSON: TypeAlias = "Scalar | list[JSON] | dict[str, JSON]"

Version = NewType("Version", str)
"""A store's opaque version token (page version, ETag, `_rev`). Equality only."""

Digest = NewType("Digest", str)
"""`sha256:<hex>` of a value's canonical JSON."""

Cursor = NewType("Cursor", str)
"""A store's opaque position in its change feed."""


class Status(Enum):
    """What a store knows about one item: a closed set, and each is a different answer."""

    LIVE = "live"
    DRAFT = "draft"
    """Never published; not ours to copy."""
    ARCHIVED = "archived"
    TRASHED = "trashed"
    PURGED = "purged"
    """Gone for good, and the store can tell that it is."""
    RESTRICTED = "restricted"
    """It exists and must not leave its audience."""
    UNREADABLE = "unreadable"
    """403, a broken body: it exists and cannot be read."""
    UNKNOWN = "unknown"
    """Nothing could be learnt about it (an unexplained 404 is this, too)."""

    @property
    def gone(self) -> bool:
        """True where the store confirms that the item no longer counts as live."""
        return self in (Status.ARCHIVED, Status.TRASHED, Status.PURGED)


@frozen(order=True)
class Ref:
    """Identity of one item: the configured connection, and the store's own id."""

    connection: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Return the reference that `str` gave.

        Raises:
            ValueError: there is no `connection:id` in `text`.
        """
        connection, colon, id_ = text.partition(":")
        if not (connection and colon and id_):
            raise ValueError(f"{text!r} is not a reference such as 'wiki:98312'")
        return cls(connection, id_)


RULES = "rule"
"""Stands where refs have a connection, for what a rule says: `rule:<job>/<name of the rule>`."""


def _utc(_: object, attribute: object, value: datetime | None) -> None:
    if value is not None and value.tzinfo is None:
        name = getattr(attribute, "name", "time")
        raise ValueError(f"{name} has no timezone: {value.isoformat()}")


@frozen(kw_only=True)
class Opaque:
    """Vendor markup that the body profile cannot say; put back verbatim on its own side."""

    key: str
    """`<system>.<kind>.<hash of raw without its volatile attributes>`, as in `data-opaque`."""
    raw: str
    """The vendor's own markup, as read."""
    text: str = ""
    """What other systems show instead; may be empty."""


@frozen(kw_only=True)
class Asset:
    """A file that a body refers to as `syncline:asset/<sha256>`; its bytes stay in the store."""

    sha256: str
    name: str
    media_type: str
    size: int
    """Bytes."""


@frozen(kw_only=True)
class Document:
    """A knowledge article.

    A field that is None is absent: the store cannot hold it. Absent is not empty.
    """

    title: str
    body: str = ""
    """An HTML fragment in the body profile's normal form (see `syncline.body`). Links to other
    items are `syncline:doc/<connection>:<id>`, keyed by the ref where they were read."""
    category: tuple[str, ...] | None = None
    """Path from the root category, outermost first."""
    labels: frozenset[str] | None = None
    alternatives: tuple[str, ...] | None = None
    """Other phrases that should find the article, in order."""
    container: str = ""
    """Where the store keeps it (a space key, a knowledge base). A fact, never digested."""
    path: tuple[str, ...] = ()
    """Titles of its ancestors inside the container, outermost first. A fact, never digested."""
    language: str = ""
    """BCP 47 tag. A fact, never digested."""
    url: str | None = None
    """Where a person opens it. A fact, never digested."""
    opaques: Mapping[str, Opaque] = field(factory=dict, eq=False, repr=False)
    """What the `data-opaque` keys of `body` stand for."""
    assets: Mapping[str, Asset] = field(factory=dict, eq=False, repr=False)
    """By sha256: the files that `body` refers to."""
    _digest: Digest | None = field(default=None, init=False, eq=False, repr=False)
    _key: str | None = field(default=None, init=False, eq=False, repr=False)
    """What `digest`, and `state.values.key_of`, once found: each is asked for several times."""

    def canonical(self) -> dict[str, JSON]:
        """Return the fields that count as content; absent ones are left out."""
        values: dict[str, JSON] = {"title": self.title, "body": self.body}
        if self.category is not None:
            values["category"] = list(self.category)
        if self.labels is not None:
            values["labels"] = [*sorted(self.labels)]
        if self.alternatives is not None:
            values["alternatives"] = list(self.alternatives)
        return values


FIELDS: tuple[str, ...] = ("title", "body", "category", "labels", "alternatives")
"""The content fields of a `Document`, in the order in which people are shown them."""
_OPTIONAL = frozenset({"category", "labels", "alternatives"})


def restrict(value: Document, fields: frozenset[str]) -> Document:
    """Return `value` with only `fields` present; title and body always are."""
    if fields >= _OPTIONAL:
        return value
    return evolve(
        value,
        category=value.category if "category" in fields else None,
        labels=value.labels if "labels" in fields else None,
        alternatives=value.alternatives if "alternatives" in fields else None,
    )


_canonical_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def digest(value: Document) -> Digest:
    """Return the content digest: equal content, equal digests."""
    known = value._digest
    if known is None:
        raw = _canonical_json(value.canonical()).encode("utf-8", "surrogatepass")
        known = Digest("sha256:" + hashlib.sha256(raw).hexdigest())
        object.__setattr__(value, "_digest", known)
    return known


@frozen(kw_only=True)
class Head:
    """One entry of a listing: everything that can be known without reading the body."""

    ref: Ref
    version: Version
    status: Status = Status.LIVE
    title: str = ""
    parent: Ref | None = None
    aux: str = ""
    """Digest of what changes without a version: labels, attachment versions, position."""
    updated_at: datetime | None = field(default=None, validator=_utc)


@frozen(kw_only=True)
class Complete:
    """The last entry of a listing that was read to its end."""

    count: int
    """How many heads came before."""
    scope: str
    """Fingerprint of filters, containers and principal: absence means deletion only while equal."""


@frozen(kw_only=True)
class Incomplete:
    """The last entry of a listing that broke off: nothing may be inferred from absence."""

    reason: str


@frozen(kw_only=True)
class Record:
    """An item as one store holds it now."""

    ref: Ref
    version: Version
    status: Status = Status.LIVE
    value: Document | None = None
    """Present exactly when `status` is live; restricted content is never read into memory."""
    aux: str = ""
    """As in `Head.aux`, computed the same way."""
    updated_at: datetime | None = field(default=None, validator=_utc)
    updated_by: str | None = None
    """The store's own id of the person or client that made this version."""
    origin: Ref | None = None
    """Where Syncline copied it from, when the item carries that mark."""
    parent: Ref | None = None
    draft: bool = False
    """True when a person's open draft differs from the published state."""
    unpublished: Document | None = None
    """What that draft holds; it is kept for its author before the item is taken away."""
    in_scope: bool = True
    """False when it lives, but outside what the connection is configured to cover."""
    writable: bool = True
    """False for items that the store owns itself (a managed source): never written."""
    review: bool = False
    """True while the item, which Syncline made, waits for a person to look it over."""
    reason: str = ""
    """Why the status is not live, for people."""


@frozen(kw_only=True)
class Change:
    """A hint: look at this item again. Identity, never content."""

    ref: Ref
    subtree: bool = False
    """True when everything below it has to be looked at, too."""


@frozen(kw_only=True)
class ChangePage:
    """A page of a change feed and the cursor to save with it, in one transaction."""

    changes: tuple[Change, ...]
    cursor: Cursor | None
    """None: keep the cursor that is saved (this page is not the last of a newest-first feed)."""
    reset: bool = False
    """True when the feed restarted from nothing (an expired cursor): a full pass is due."""


@frozen(kw_only=True)
class Costs:
    """How many API calls an operation takes, for the plan's estimate."""

    fetch: float = 1
    create: float = 1
    update: float = 1
    delete: float = 1
    heads_per_call: int = 250
    calls_per_minute: float | None = None
    """The limit that the connection paces itself to; None when there is none."""


__all__ = [
    "FIELDS",
    "JSON",
    "Asset",
    "Change",
    "ChangePage",
    "Complete",
    "Costs",
    "Cursor",
    "Digest",
    "Document",
    "Head",
    "Incomplete",
    "Opaque",
    "Record",
    "Ref",
    "Scalar",
    "Side",
    "Status",
    "Version",
    "digest",
    "restrict",
]
