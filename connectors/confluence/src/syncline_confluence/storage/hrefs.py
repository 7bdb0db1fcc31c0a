"""Links as URLs: which may leave Confluence, and which mean a page of the same site."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_plus, urlsplit

from .resolver import Resolver

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_NOISE = re.compile("[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202f\ufeff]")
_ALLOWED = frozenset({"http", "https", "mailto", "tel"})
_PAGE_PATH = re.compile(r"/spaces/[^/]+/pages/(?:edit-v2/)?(\d+)(?:/|$)")
_PAGE_ACTION = re.compile(r"/pages/\w+\.action$")
_PAGE_QUERY = re.compile(r"(?:^|&)(?:pageId|draftId)=(\d+)")
_DISPLAY = re.compile(r"/display/([^/]+)/([^/]+)$")
_TINY = re.compile(r"/x/([A-Za-z0-9_-]+)$")


def outward(href: str, resolver: Resolver) -> str | None:
    """Return `href` as it may appear in a body, or None when it may not.

    Pages of the same site become internal links, relative links absolute ones. A pure `#anchor`
    and every scheme but http, https, mailto and tel is None.
    """
    url = _NOISE.sub("", href)
    if not url or url.startswith("#"):
        return None
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in _ALLOWED:
        return None
    absolute = url if scheme else _absolute(url, resolver.base)
    if absolute is None:
        return None
    return _internal(absolute, resolver) or absolute


def _absolute(url: str, base: str) -> str | None:
    if url.startswith("//"):
        return f"https:{url}"
    if not base:
        return None
    parts = urlsplit(base)
    if url.startswith("/"):
        return f"{parts.scheme}://{parts.netloc}{url}"
    return f"{base.rstrip('/')}/{url.removeprefix('./')}"


def _internal(url: str, resolver: Resolver) -> str | None:
    """Return the internal link for a URL of a known page of this site."""
    if not resolver.base or not url.startswith(resolver.base):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    page = _page_id(parts.path, parts.query, resolver)
    if page is None or page not in resolver.names:
        return None
    return resolver.doc(page, unquote_plus(parts.fragment))


def _page_id(path: str, query: str, resolver: Resolver) -> str | None:
    if match := _PAGE_PATH.search(path):
        return match[1]
    if _PAGE_ACTION.search(path) and (match := _PAGE_QUERY.search(query)):
        return match[1]
    if match := _DISPLAY.search(path):
        return resolver.page_id(unquote_plus(match[2]), unquote_plus(match[1]))
    if match := _TINY.search(path):
        return _tiny(match[1])
    return None


def _tiny(code: str) -> str | None:
    """Return the id behind `/x/{tiny}`: the base64 of its little-endian bytes."""
    try:
        raw = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except (ValueError, binascii.Error):
        return None
    return str(int.from_bytes(raw, "little")) if raw else None


__all__ = ["outward"]
