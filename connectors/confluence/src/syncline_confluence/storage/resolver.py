"""What a page refers to, resolved beforehand: the codec itself never asks the network."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from attrs import field, frozen

from syncline.model import Asset

ExternalImages = Literal["link", "keep", "drop"]


@lru_cache(maxsize=4096)
def title_key(title: str) -> str:
    """Return what two titles or file names must share to be the same one.

    Confluence stores file names as uploaded (macOS: NFD); titles are unique regardless of case.
    """
    return unicodedata.normalize("NFC", title).strip().casefold()


@frozen(kw_only=True)
class PageName:
    """How storage format names a page: by its space and its title."""

    space: str
    title: str


@frozen(kw_only=True)
class Resolver:
    """Facts about everything that one body refers to. Unknown is an answer: keep it opaque."""

    connection: str = "confluence"
    """The first half of the refs in `syncline:doc/...` links."""
    page: str = ""
    """The id of the page that holds the body."""
    space: str = ""
    """The key of its space: a link without a space key means this one."""
    base: str = ""
    """The site's `https://.../wiki`: relative links and links to spaces stand on it."""
    pages: Mapping[tuple[str, str], str] = field(factory=dict)
    """(space key, `title_key` of the title) -> page id."""
    names: Mapping[str, PageName] = field(factory=dict)
    """Page id -> how to write a link to it."""
    files: Mapping[tuple[str, str], Asset] = field(factory=dict)
    """(page id, `title_key` of the file name) -> the attachment's bytes by hash."""
    uploads: Mapping[str, str] = field(factory=dict)
    """Asset hash -> file name of an attachment of this page, as stored."""
    people: Mapping[str, str] = field(factory=dict)
    """Account id -> display name, where policy lets names travel."""
    external_images: ExternalImages = "link"

    def page_id(self, title: str, space: str = "") -> str | None:
        """Return the id of the page called `title`, or None when it is out of reach."""
        return self.pages.get((space or self.space, title_key(title)))

    def file(self, name: str, page: str = "") -> Asset | None:
        """Return the attachment `name` of `page` (of this page when empty)."""
        return self.files.get((page or self.page, title_key(name)))

    def doc(self, page_id: str, anchor: str = "") -> str:
        """Return the internal link to a page."""
        if not anchor and page_id.isdecimal():
            return f"syncline:doc/{self.connection}:{page_id}"
        fragment = f"#{quote(anchor, safe='')}" if anchor else ""
        return f"syncline:doc/{self.connection}:{quote(page_id, safe='')}{fragment}"


def asset_href(asset: Asset) -> str:
    """Return the internal link to a file."""
    return f"syncline:asset/{asset.sha256}"


__all__ = ["ExternalImages", "PageName", "Resolver", "asset_href", "title_key"]
