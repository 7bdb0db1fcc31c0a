"""Labels: read by v2, written by v1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from .. import labels
from ..content import Content
from ..refusal import invalid, missing
from . import shapes_v2
from .ask import Ask
from .endpoint import Endpoint, get, write
from .paging import cut, cut_list, listed_v2, ordered, place

READ = "read:label:confluence read:confluence-content.summary"
WRITE = "write:label:confluence write:confluence-content"
_SORTS = ("created-date", "-created-date", "id", "-id", "name", "-name")


def _of_page(ask: Ask) -> Response:
    content = ask.content()
    prefix = ask.one("prefix", ("my", "team", "global", "system"))
    sort = ask.one("sort", _SORTS) or "name"
    held = list(content.labels.items()) if prefix in (None, "global") else []
    by_name = sort.removeprefix("-") == "name"
    rows = ordered(held, lambda row: row[0] if by_name else int(row[1]), sort)
    page = cut_list(ask, rows, ask.limit(), lambda row: row[1])
    return listed_v2(ask, page, lambda row: shapes_v2.label(*row))


def _all(ask: Ask) -> Response:
    ids, prefixes = ask.ids("label-id", 250), ask.many("prefix")
    known = [] if prefixes and "global" not in prefixes else list(ask.wiki.label_ids.items())
    rows = [row for row in sorted(known) if not ids or row[1] in ids]
    page = cut_list(ask, rows, ask.limit(), lambda row: row[1])
    return listed_v2(ask, page, lambda row: shapes_v2.label(*row))


def _pages(ask: Ask) -> Response:
    label_id = ask.content_id()
    name = next((n for n, i in ask.wiki.label_ids.items() if i == label_id), None)
    if name is None:
        raise missing()
    spaces = ask.ids("space-id", 100)
    body_format = ask.one("body-format", shapes_v2.LIST_FORMATS)
    rows = _labelled(ask, name, spaces)
    page = cut(ask, rows, ask.limit(), lambda content: content.id)
    return listed_v2(ask, page, lambda one: shapes_v2.page(ask.wiki, one, body_format))


def _labelled(ask: Ask, name: str, spaces: list[str]) -> Iterator[tuple[int, Content]]:
    """Current pages with this label by id, from behind the cursor."""
    after = place(ask)
    first = after if isinstance(after, int) else 0
    for number in sorted(int(one) for one in ask.wiki.labelled.get(name, ())):
        content = ask.wiki.contents[str(number)]
        here = number > first and content.status == "current" and content.kind == "page"
        if here and (not spaces or content.space in spaces) and ask.wiki.can_read(ask.who, content):
            yield number, content


def _add(ask: Ask) -> dict[str, Any]:
    content = ask.wiki.writable(ask.who, ask.content_id())
    given = ask.json if isinstance(ask.json, list) else [ask.json]
    labels.add(ask.wiki, ask.who, content, [_name(one) for one in given])
    results = [
        {"prefix": "global", "name": name, "id": label, "label": name}
        for name, label in sorted(content.labels.items())
    ]
    links = {
        "base": ask.base,
        "context": "/wiki",
        "self": f"{ask.base}/rest/api/content/{content.id}/label",
    }
    return {"results": results, "start": 0, "limit": 200, "size": len(results), "_links": links}


def _name(one: object) -> str:
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        raise invalid("Could not parse Labels")
    if set(one) - {"prefix", "name", "id", "label"}:
        raise invalid(f"A label has the unknown field '{min(set(one) - {'prefix', 'name'})}'")
    if one.get("prefix", "global") != "global":
        raise invalid(f"The label prefix '{one['prefix']}' is not supported here")
    return str(one["name"])


def _remove(ask: Ask) -> Response:
    content = ask.wiki.writable(ask.who, ask.content_id())
    name = ask.one("name")
    if not name:
        raise invalid("The query parameter 'name' is required")
    return _removed(ask, content, name)


def _remove_by_path(ask: Ask) -> Response:
    return _removed(ask, ask.wiki.writable(ask.who, ask.content_id()), ask.path("label"))


def _removed(ask: Ask, content: Content, name: str) -> Response:
    labels.remove(ask.wiki, ask.who, content, [name.lower()])
    return Response(status_code=204)


ENDPOINTS: tuple[Endpoint, ...] = (
    get(
        "/api/v2/pages/{id}/labels",
        _of_page,
        "read:page:confluence read:label:confluence",
        "prefix sort cursor limit",
    ),
    get("/api/v2/labels", _all, READ, "label-id prefix cursor sort limit"),
    get(
        "/api/v2/labels/{id}/pages",
        _pages,
        "read:page:confluence",
        "space-id body-format sort cursor limit",
    ),
    write("POST", "/rest/api/content/{id}/label", _add, WRITE),
    write("DELETE", "/rest/api/content/{id}/label", _remove, WRITE, "name", "nothing"),
    write("DELETE", "/rest/api/content/{id}/label/{label}", _remove_by_path, WRITE, "", "nothing"),
)
