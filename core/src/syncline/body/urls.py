"""Which URLs a body may hold, and their one spelling."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

import nh3

SCHEMES = frozenset({"http", "https", "mailto", "tel", "syncline"})

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLAIN = re.compile(
    # A host whose last label starts with a letter cannot be a malformed address, and
    # without "xn--" it cannot be malformed punycode.
    r"https?://(?!\S*xn--)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?"
    r"(?::\d{1,4})?(?:[/?#][A-Za-z0-9/?#.,;:!$&'()*+=@_~%-]*)?",
)
_DOCUMENT = re.compile(r"syncline:doc/[A-Za-z0-9_.-]+:[^\s#<>\"\\]+(?:#\S+)?")
_ASSET = re.compile(r"syncline:asset/[0-9a-f]{64}")
# What browsers drop or would read in another way than a person.
_STRIPPED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ENCODED = {ord(c): quote(c) for c in ' "<>`{}|^\\\xa0\u2028\u2029'}

_judge = nh3.Cleaner(
    tags={"a"},
    attributes={"a": {"href"}},
    link_rel=None,
    url_schemes=set(SCHEMES),
    url_relative="deny",
)


def href(value: str) -> str | None:
    """Return the link target in its one spelling, None when a body may not hold it.

    `http`, `https`, `mailto`, `tel`, `syncline:doc/…`, `syncline:asset/…` and `#anchor`.
    """
    value = _tidy(value)
    if value.startswith("#"):
        return value if len(value) > 1 else None
    return _checked(value, ("http", "https", "mailto", "tel"))


def source(value: str) -> str | None:
    """Return the source of an image or a video; None unless http, https or an asset."""
    value = _tidy(value)
    if value.startswith("syncline:doc/"):
        return None
    return _checked(value, ("http", "https"))


def _tidy(value: str) -> str:
    value = value.strip(" \t\n\r\f\x00")
    if not value.isprintable():
        value = _STRIPPED.sub("", value)
    return value.translate(_ENCODED)


def _checked(value: str, schemes: tuple[str, ...]) -> str | None:
    if _PLAIN.fullmatch(value):
        return value
    found = _SCHEME.match(value)
    if found is None:
        return None
    scheme = found[1].lower()
    value = scheme + value[found.end(1) :]
    if scheme == "syncline":
        return value if _DOCUMENT.fullmatch(value) or _ASSET.fullmatch(value) else None
    return value if scheme in schemes and _accepted(value) else None


@lru_cache(maxsize=4096)
def _accepted(value: str) -> bool:
    """Ask the sanitiser that has the last word, so that it never takes a link away later."""
    text = value.replace("&", "&amp;")
    return "href" in _judge.clean(f'<a href="{text}">x</a>') and not value.endswith(":")
