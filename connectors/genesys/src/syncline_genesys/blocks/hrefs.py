"""Which addresses Genesys can hold, and how ours and theirs correspond. Pure.

A hyperlink is `https:`, `mailto:` or a `grn:` of Genesys itself (DocumentText.hyperlink in the
vendor's SDK); an image or a video has an `https:` address. Nothing else is ever written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote, unquote

from attrs import frozen

DOC = "syncline:doc/"
ASSET = "syncline:asset/"

_HTTPS = re.compile(r"https://[^\s/?#\\\"<>]+[^\s\\\"<>]*\Z", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:[^\s\\\"<>]+\Z", re.IGNORECASE)
_GRN = re.compile(r"grn:knowledge:::(\w+)/([\w-]+)/([\w-]+)(?:/([\w-]+))?\Z")
_ASSET = re.compile(r"syncline:asset/[0-9a-f]{64}\Z")
_LOCAL = re.compile(r"http://(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?/[^\s\\\"<>]*\Z")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0]")


def _https(url: str, upgrade: bool) -> str:
    if upgrade and url[:7].lower() == "http://":
        url = "https://" + url[7:]
    return url if _HTTPS.match(url) and not _CONTROL.search(url) else ""


def _own(url: str) -> str:
    """Return an address that Genesys gave to a picture: https, except from a simulator here."""
    return url if _LOCAL.match(url) else _https(url, False)


def held_href(href: str, *, upgrade: bool) -> str:
    """Return the nearest link target that Genesys can hold; empty when there is none.

    An anchor inside another article is lost: Genesys has none.
    """
    if href.startswith(DOC):
        return href.partition("#")[0]
    if _MAILTO.match(href) and not _CONTROL.search(href):
        return href
    return _https(href, upgrade)


def held_src(src: str, *, upgrade: bool) -> str:
    """Return the nearest image or video address that Genesys can hold; empty when there is none."""
    return src if _ASSET.match(src) else _https(src, upgrade)


def doc_href(connection: str, id: str) -> str:
    """Return the profile's link to a document."""
    return f"{DOC}{quote(connection, safe='')}:{quote(id, safe='')}"


def doc_target(href: str) -> tuple[str, str] | None:
    """Return connection and id of a `syncline:doc/` link."""
    connection, colon, id_ = href.removeprefix(DOC).partition("#")[0].partition(":")
    if not (href.startswith(DOC) and colon and id_):
        return None
    return unquote(connection), unquote(id_)


@frozen(kw_only=True)
class Addresses:
    """Translates addresses between one knowledge base and the profile."""

    knowledge_base: str
    connection: str
    asset_of: Callable[[str], str | None] = lambda url: None
    """The sha256 of the picture that Syncline knows to be at an address."""
    url_of: Callable[[str], str | None] = lambda sha256: None
    """Where Genesys keeps the picture with this sha256."""

    def href(self, hyperlink: str) -> str:
        """Return the profile's form of a hyperlink as read; empty when it has none."""
        if match := _GRN.match(hyperlink):
            kind, base, id_, _ = match.groups()
            ours = kind in ("document", "documentVariation") and base == self.knowledge_base
            return doc_href(self.connection, id_) if ours else ""
        scheme = hyperlink.partition(":")[0].lower()
        return hyperlink if scheme in ("https", "http", "mailto") else ""

    def src(self, url: str) -> str:
        """Return the profile's form of a picture's or video's address; empty when it has none."""
        if sha256 := self.asset_of(url):
            return ASSET + sha256
        return url if url.partition(":")[0].lower() in ("https", "http") else ""

    def hyperlink(self, href: str) -> str:
        """Return what to write for a link target; empty: the text stays without a link."""
        if _GRN.match(href):
            return href
        match doc_target(href):
            case (self.connection, id_):
                grn = f"grn:knowledge:::document/{self.knowledge_base}/{id_}"
                return grn if _GRN.match(grn) else ""
            case None if not href.startswith("syncline:"):
                return held_href(href, upgrade=False)
            case _:
                return ""

    def url(self, src: str) -> str:
        """Return what to write for a picture's or video's address; empty when it is not known."""
        if src.startswith(ASSET):
            return _own(self.url_of(src.removeprefix(ASSET)) or "")
        return _own(src) if self.asset_of(src) else _https(src, False)


class Reader(Protocol):
    """Gives addresses as read their form in the profile; empty when they have none."""

    def href(self, hyperlink: str) -> str: ...

    def src(self, url: str) -> str: ...


class Symbolic:
    """Reads blocks that were not addressed yet: addresses are as the profile has them."""

    def href(self, hyperlink: str) -> str:
        return hyperlink

    def src(self, url: str) -> str:
        return url


SYMBOLIC = Symbolic()


@frozen
class Mixed:
    """Reads blocks of which some were not addressed yet."""

    reader: Reader

    def href(self, hyperlink: str) -> str:
        return hyperlink if hyperlink.startswith(DOC) else self.reader.href(hyperlink)

    def src(self, url: str) -> str:
        return url if _ASSET.match(url) else self.reader.src(url)


def is_grn(hyperlink: str) -> bool:
    """True for an address inside Genesys."""
    return bool(_GRN.match(hyperlink))
