"""Listings by page number: `entities` with `pageNumber`, `pageCount`, `total` and links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from .errors import invalid_value
from .paging import page_size
from .serving import Call
from .thing import Thing

T = TypeVar("T")


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
    hidden = _hidden(call, newest)
    return _numbered(call, [one for one in entities if one[identity] not in hidden], most, _same)


def numbered_things(
    call: Call,
    things: Sequence[Thing],
    view: Callable[[Thing], dict[str, Any]],
    *,
    most: int = 500,
    newest: str | None = None,
) -> dict[str, Any]:
    """The same for so many objects that only those of the page are to be made into entities."""
    hidden = _hidden(call, newest)
    seen = [one for one in things if one.id not in hidden] if hidden else things
    return _numbered(call, seen, most, view)


def _hidden(call: Call, newest: str | None) -> frozenset[str | None]:
    return frozenset(call.listing.hidden | ({newest} if call.listing.hide_newest else set()))


def _same(one: dict[str, Any]) -> dict[str, Any]:
    return one


def _numbered(
    call: Call, seen: Sequence[T], most: int, view: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    size, page = page_size(call, most=most, usual=25), _page(call)
    shown = [view(one) for one in seen[(page - 1) * size : page * size]]
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
