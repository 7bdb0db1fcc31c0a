"""Content properties of pages: any JSON under a key, with versions of their own."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from ..content import Content, Property
from ..refusal import conflict, invalid, missing
from ..rules import moment
from . import shapes_v2
from .ask import Ask, fields
from .endpoint import Endpoint, get, write
from .paging import cut_list, listed_v2, ordered

READ = "read:page:confluence read:content.property:confluence read:confluence-props"
WRITE = "write:page:confluence write:content.property:confluence write:confluence-props"
MAX_VALUE = 32 * 1024
_ANY = (dict, list, str, int, float, bool)


def _list(ask: Ask) -> Response:
    content = ask.content("page_id")
    key, sort = ask.one("key"), ask.one("sort", ("key", "-key")) or "key"
    held = [one for one in content.properties.values() if key is None or one.key == key]
    rows = ordered(held, lambda one: one.key, sort)
    page = cut_list(ask, rows, ask.limit(), lambda one: one.id)
    return listed_v2(ask, page, shapes_v2.content_property)


def _found(ask: Ask) -> tuple[Content, Property]:
    content = ask.content("page_id")
    held = ask.wiki.properties.get(ask.content_id("property_id"))
    if held is None or held[0] is not content:
        raise missing()
    return held


def _read(ask: Ask) -> dict[str, Any]:
    return shapes_v2.content_property(_found(ask)[1])


def _create(ask: Ask) -> dict[str, Any]:
    content = ask.wiki.writable(ask.who, ask.content_id("page_id"))
    given = fields(ask.json, {"key": str, "value": _ANY}, {})
    key = _key(given["key"])
    if key in content.properties:
        raise conflict(f"Property with key [{key}] already exists")
    held = Property(
        id=ask.wiki.ids.number(),
        key=key,
        value=_value(given["value"]),
        number=1,
        author=ask.who.id,
        at=moment(ask.wiki),
    )
    content.properties[key] = held
    ask.wiki.properties[held.id] = (content, held)
    return shapes_v2.content_property(held)


def _key(key: str) -> str:
    if not 0 < len(key) <= 255:
        raise invalid("The key of a property has 1 to 255 characters")
    return key


def _value(value: Any) -> Any:
    size = len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > MAX_VALUE:
        raise invalid(f"The value of a property has at most {MAX_VALUE} bytes, not {size}")
    return value


def _update(ask: Ask) -> dict[str, Any]:
    content, held = _found(ask)
    ask.wiki.writable(ask.who, content.id)
    given = fields(ask.json, {"key": str, "value": _ANY, "version": dict}, {})
    version = fields(given["version"], {"number": int}, {"message": str}, "version")
    if given["key"] != held.key:
        raise invalid(f"The key of property {held.id} is '{held.key}', not '{given['key']}'")
    if version["number"] != held.number + 1:
        raise conflict(
            "Version must be incremented when updating a property. "
            f"Current Version: [{held.number}]. Provided version: [{version['number']}]"
        )
    held.value, held.number = _value(given["value"]), version["number"]
    held.author, held.at, held.message = ask.who.id, moment(ask.wiki), version.get("message") or ""
    return shapes_v2.content_property(held)


def _delete(ask: Ask) -> Response:
    content, held = _found(ask)
    ask.wiki.writable(ask.who, content.id)
    del content.properties[held.key]
    del ask.wiki.properties[held.id]
    return Response(status_code=204)


_ONE = "/api/v2/pages/{page_id}/properties/{property_id}"
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/api/v2/pages/{page_id}/properties", _list, READ, "key sort cursor limit"),
    write("POST", "/api/v2/pages/{page_id}/properties", _create, WRITE),
    get(_ONE, _read, READ),
    write("PUT", _ONE, _update, WRITE),
    write("DELETE", _ONE, _delete, WRITE, takes="nothing"),
)
