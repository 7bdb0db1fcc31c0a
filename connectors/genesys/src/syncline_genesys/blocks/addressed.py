"""Puts the vendor's addresses into blocks that are about to be written: the last check outward.

Whatever the blocks are made of (fresh ones, or vendor blocks that are reused as they were read),
nothing leaves with a link or a picture that is not `https:`, `mailto:` or `grn:`; only embedded
pictures that the article holds already stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from syncline.errors import Rejected

from .hrefs import Addresses
from .words import Json

_ACTIVE = re.compile(
    r"[\s\x00-\x1f]*(?:javascript|vbscript|data|blob|file|about)\s*:", re.IGNORECASE
)

_EMBEDDED = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=]+\Z")
"""A picture inside the article itself: never made here, and left where it is already."""

_WORDS = frozenset({"text", "altText", "url"})
"""Members that say something, or whose address is checked by itself."""


def addressed(blocks: Sequence[Json], addresses: Addresses, *, upgrade: bool = True) -> list[Json]:
    """Return a copy of `blocks` with addresses that Genesys takes.

    A link that it does not take leaves its text behind.

    Raises:
        Rejected: a picture or a video has no address that can be written, or the nesting is
            deeper than JSON can be read.
    """

    def replaced(members: Json) -> Json:
        if "hyperlink" in members:
            _set_link(members, addresses, upgrade)
        if "url" in members:
            members["url"] = _url(members["url"], addresses, upgrade)
        for name, value in members.items():
            if isinstance(value, str) and name not in _WORDS and _ACTIVE.match(value):
                raise Rejected(f"{name} is {value[:40]!r}, which is never written to Genesys")
        return members

    try:
        copy: list[Json] = json.loads(json.dumps(blocks), object_hook=replaced)
    except RecursionError:
        raise Rejected("the article's blocks are nested too deeply to be written") from None
    return copy


def _secured(address: Any, upgrade: bool) -> str:
    text = address if isinstance(address, str) else ""
    return "https://" + text[7:] if upgrade and text[:7].lower() == "http://" else text


def _set_link(members: Json, addresses: Addresses, upgrade: bool) -> None:
    hyperlink = addresses.hyperlink(_secured(members["hyperlink"], upgrade))
    if hyperlink:
        members["hyperlink"] = hyperlink
    else:
        del members["hyperlink"]


def _url(src: Any, addresses: Addresses, upgrade: bool) -> str:
    # A picture of ours keeps its address, also where that is http on this machine.
    known = isinstance(src, str) and addresses.asset_of(src) is not None
    url = addresses.url(src if known else _secured(src, upgrade))
    if not url and isinstance(src, str) and _EMBEDDED.match(src):
        return src
    if not url:
        raise Rejected(
            f"{str(src)[:80]!r} cannot be the address of a picture or a video in Genesys: "
            "it must be https; upload the picture to Genesys or remove it"
        )
    return url
