"""Listings by cursor: `entities` with `nextUri`, `previousUri` and `selfUri`.

A cursor is opaque to clients. It holds the sort key of the last (or first) entity of a page, so
that what is created, changed or deleted between two pages neither repeats nor hides anything else.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from ..kernel.listing import Listing
from .errors import bad_request, invalid_value
from .order import Key, Ordered
from .serving import Call


@frozen(kw_only=True)
class Source:
    """Where a listing comes from: keys in order, and what each stands for."""

    after: Callable[[Key | None], Iterator[Key]]
    before: Callable[[Key], Iterator[Key]]
    entity: Callable[[Key], dict[str, Any]]
    allowed: Callable[[Key], bool] = lambda key: True
    """Whether a cursor may name this key: a listing by interval refuses others."""
    newest: Callable[[], str | None] = lambda: None
    """Id of the entity that was changed last."""


def rows(entities: Iterable[tuple[Key, dict[str, Any]]]) -> Source:
    """A listing of so few entities that they are simply sorted."""
    ranked = dict(sorted(entities, key=lambda pair: pair[0]))
    order = Ordered()
    for key in ranked:
        order.add(key)
    return Source(after=order.after, before=order.before, entity=ranked.__getitem__)


def cursor(key: Key) -> str:
    """The opaque text for a sort key; a checksum tells it from what others make up."""
    text = json.dumps(key).encode()
    return base64.urlsafe_b64encode(_sum(text) + text).decode().rstrip("=")


def _sum(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(4, "big")


def read_cursor(text: str | None, name: str) -> Key | None:
    """The sort key that a cursor stands for.

    Raises:
        Refusal: 400; it was not made by this server.
    """
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if raw[:4] != _sum(raw[4:]):
        raise bad_request(f"The cursor in {name!r} is not valid.", field_name=name)
    return tuple(json.loads(raw[4:]))


def page_size(call: Call, *, most: int, usual: int) -> int:
    """The `pageSize` of a request; larger ones than the documented maximum are refused."""
    text = call.query.get("pageSize") or call.query.get("limit")
    if not text:
        return usual
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid_value("pageSize", f"must be a number from 1 to {most}")
    return int(text)


def listed(call: Call, source: Source, *, most: int = 200, usual: int = 25) -> dict[str, Any]:
    """One page of a listing, with the faults that were ordered for it."""
    size = page_size(call, most=most, usual=usual)
    after = read_cursor(call.query.get("after"), "after")
    before = read_cursor(call.query.get("before"), "before")
    for key in (after, before):
        if key is not None and not source.allowed(key):
            raise bad_request("The cursor is outside the interval.", code="invalid.value")
    try:
        keys, more, back = _window(source, size, after, before)
    except TypeError:  # a cursor of another listing: its key does not compare
        raise bad_request("The cursor belongs to another listing.") from None
    return _envelope(call, source, keys, more=more, back=back)


def _window(
    source: Source, size: int, after: Key | None, before: Key | None
) -> tuple[list[Key], bool, bool]:
    if before is not None:
        keys = list(islice(source.before(before), size + 1))
        return keys[:size][::-1], True, len(keys) > size
    keys = list(islice(source.after(after), size + 1))
    return keys[:size], len(keys) > size, after is not None


def _envelope(
    call: Call, source: Source, keys: list[Key], *, more: bool, back: bool
) -> dict[str, Any]:
    faults = call.listing
    entities = _shown([source.entity(key) for key in keys], source, faults)
    links = {"selfUri": uri(call)}
    if faults.short is None and keys and (more or faults.empty_last):
        links["nextUri"] = uri(call, after=cursor(keys[-1]))
    if faults.repeat and keys:
        links["nextUri"] = links["selfUri"]
    if back and keys:
        links["previousUri"] = uri(call, before=cursor(keys[0]))
    return {"entities": entities, **links}


def _shown(entities: list[dict[str, Any]], source: Source, faults: Listing) -> list[dict[str, Any]]:
    hidden = faults.hidden | ({source.newest()} if faults.hide_newest else set())
    shown = [entity for entity in entities if entity["id"] not in hidden]
    return shown if faults.short is None else shown[: int(len(shown) * faults.short)]


def uri(call: Call, **cursors: str) -> str:
    """This request's path and query with another cursor."""
    if not cursors:
        return call.path + (f"?{urlencode(call.query)}" if call.query else "")
    kept = {k: v for k, v in call.query.items() if k not in ("after", "before")}
    return f"{call.path}?{urlencode(kept | cursors)}"
