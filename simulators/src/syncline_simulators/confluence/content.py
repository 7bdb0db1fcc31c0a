"""What a wiki consists of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import attrs

Kind = Literal["page", "folder"]
Status = Literal["current", "archived", "trashed", "draft"]

HOLDS_TITLE = frozenset({"current", "archived", "draft"})
"""States in which a page keeps its title from being used again in the space."""


@attrs.frozen(kw_only=True)
class Version:
    """One saved state of a page."""

    number: int
    title: str
    body: str
    message: str
    author: str
    at: datetime
    minor: bool = False


@attrs.define(kw_only=True)
class Members:
    """Who a restriction lets through; nobody listed means everybody."""

    users: list[str] = attrs.field(factory=list)
    groups: list[str] = attrs.field(factory=list)

    def __bool__(self) -> bool:
        return bool(self.users or self.groups)


@attrs.define(kw_only=True)
class Property:
    """A content property: a versioned JSON value under a key."""

    id: str
    key: str
    value: Any
    number: int
    author: str
    at: datetime
    message: str = ""


@attrs.frozen(kw_only=True)
class File:
    """One version of an attachment."""

    number: int
    content: bytes
    media_type: str
    comment: str
    file_id: str
    author: str
    at: datetime
    minor: bool = False


@attrs.define(kw_only=True)
class Attachment:
    """A file that belongs to a page; its title is the file name exactly as uploaded."""

    id: str
    page: str
    title: str
    created: datetime
    files: list[File] = attrs.field(factory=list)
    status: Status = "current"

    @property
    def file(self) -> File:
        """The newest version."""
        return self.files[-1]


@attrs.frozen(kw_only=True)
class Draft:
    """Unpublished changes of a page."""

    title: str
    body: str
    author: str
    at: datetime


@attrs.define(kw_only=True, eq=False)
class Content:
    """A page or a folder."""

    id: str
    kind: Kind
    space: str
    title: str
    status: Status
    parent: str | None
    author: str
    created: datetime
    versions: list[Version] = attrs.field(factory=list)
    subtype: Literal["page", "live"] = "page"
    draft: Draft | None = None
    labels: dict[str, str] = attrs.field(factory=dict)
    """Label name to the label's own id."""
    properties: dict[str, Property] = attrs.field(factory=dict)
    attachments: dict[str, Attachment] = attrs.field(factory=dict)
    readers: Members = attrs.field(factory=Members)
    editors: Members = attrs.field(factory=Members)
    children: list[str] = attrs.field(factory=list)
    """Current pages and folders directly under it, in the order of the page tree."""
    links: frozenset[str] = frozenset()
    position: int = 0
    """Grows from one sibling to the next."""
    comments: list[str] = attrs.field(factory=list)
    """References of the inline comments that are anchored in the body."""
    body: str = ""
    """As stored now; inline comments change it without a new version."""

    @property
    def version(self) -> Version:
        """The newest version."""
        return self.versions[-1]

    @property
    def number(self) -> int:
        """The content id as a number."""
        return int(self.id)


@attrs.define(kw_only=True, eq=False)
class Space:
    """A space with the pages in it; its homepage is made with it."""

    id: str
    key: str
    name: str
    type: str
    author: str
    created: datetime
    homepage: str = ""
    readers: Members = attrs.field(factory=Members)
    """Who may see the space at all; unlike a restriction, nobody listed means nobody."""
    roots: list[str] = attrs.field(factory=list)
    """Current pages at the top, in the order of the page tree; the homepage is one of them."""
