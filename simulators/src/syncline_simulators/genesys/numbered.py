"""Listings by page number: `entities` with `pageNumber`, `pageCount`, `total` and links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from .errors import invalid_value
from .paging import page_size
from .serving import Call


def numbered(
    call: Call,
    entities: Sequence[dict[str, Any]],
    *,
    most: int = 500,
    identity: str = "id",
    newest: str | None = None,
) -> dict[str, Any]:
    """One page of these entities, with the faults that were ordered for the listing.

    `identity` is the member that tells entities apart; `newest` the entity that changed last.
    """
    hidden = call.listing.hidden | ({newest} if call.listing.hide_newest else set())
    seen = [one for one in entities if one[identity] not in hidden]
    size, page = page_size(call, most=most, usual=25), _page(call)
    shown = list(seen[(page - 1) * size : page * size])
    if call.listing.short is not None:
        shown = shown[: int(len(shown) * call.listing.short)]
    count = -(-len(seen) // size)
    return {
        "entities": shown,
        "pageSize": size,
        "pageNumber": page,
        "total": len(seen),
        "pageCount": count,
        **_links(call, page, count),
    }


def _page(call: Call) -> int:
    text = call.query.get("pageNumber") or "1"
    if not text.isdecimal() or int(text) < 1:
        raise invalid_value("pageNumber", "must be a number from 1 on")
    return int(text)


def _links(call: Call, page: int, count: int) -> dict[str, str]:
    places = {"firstUri": 1, "selfUri": page, "lastUri": max(1, count)}
    if page < count:
        places["nextUri"] = page + 1
    if page > 1:
        places["previousUri"] = page - 1
    if call.listing.repeat:
        places["nextUri"] = page
    return {name: _uri(call, number) for name, number in places.items()}


def _uri(call: Call, page: int) -> str:
    return f"{call.path}?{urlencode({**call.query, 'pageNumber': str(page)})}"
