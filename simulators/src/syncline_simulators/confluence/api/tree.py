"""The page tree: ancestors, children, descendants, folders, moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.responses import Response

from .. import pages
from ..content import Content
from ..refusal import invalid, missing
from . import shapes_v2
from .ask import Ask, fields
from .endpoint import Endpoint, get, write
from .paging import cut_list, listed_v2, ordered

HIERARCHY = "read:hierarchical-content:confluence"
_CHILD_SORTS = tuple(
    f"{sign}{name}"
    for name in ("created-date", "id", "child-position", "modified-date", "title")
    for sign in ("", "-")
)


def _content(ask: Ask) -> Content:
    """The page or folder of the path; each has paths of its own."""
    content = ask.content()
    wanted = "folder" if "/folders/" in ask.request.url.path else "page"
    if content.kind != wanted:
        raise missing()
    return content


def _ancestors(ask: Ask) -> dict[str, Any]:
    """Root first. The nearest ones are given when there are more than the limit: calling again
    with the first of them goes further up."""
    chain = ask.wiki.ancestors(_content(ask))
    shown = chain[-ask.limit() :]
    results = [{"id": one.id, "type": one.kind} for one in shown]
    return {"results": results, "_links": {"base": ask.base}}


def _direct_children(ask: Ask) -> Response:
    return _children(ask, ("page", "folder"))


def _child_pages(ask: Ask) -> Response:
    return _children(ask, ("page",))


def _children(ask: Ask, kinds: tuple[str, ...]) -> Response:
    content = _content(ask)
    found = (ask.wiki.contents[one] for one in content.children)
    seen = (one for one in found if one.kind in kinds and ask.wiki.can_read(ask.who, one))
    sort = ask.one("sort", _CHILD_SORTS)
    rows: Iterable[Content] = seen
    if sort is not None:
        rows = ordered(seen, lambda one: _sort_key(one, sort.removeprefix("-")), sort)
    page = cut_list(ask, rows, ask.limit(), lambda one: one.id)
    return listed_v2(ask, page, shapes_v2.child)


def _sort_key(content: Content, name: str) -> Any:
    return {
        "created-date": content.created,
        "id": content.number,
        "child-position": content.position,
        "modified-date": content.version.at,
        "title": content.title.casefold(),
    }[name]


def _descendants(ask: Ask) -> Response:
    found = _below(ask, _content(ask), ask.number("depth", 2, 1, 10), 1)
    page = cut_list(ask, found, ask.limit(), lambda row: row[0].id)
    return listed_v2(ask, page, lambda row: shapes_v2.descendant(*row))


def _below(ask: Ask, content: Content, depth: int, level: int) -> Iterator[tuple[Content, int]]:
    """What stands below, level by level within each branch, as far as the caller may see."""
    for child in content.children:
        one = ask.wiki.contents[child]
        if ask.wiki.can_read(ask.who, one):
            yield one, level
            if level < depth:
                yield from _below(ask, one, depth, level + 1)


def _folder(ask: Ask) -> dict[str, Any]:
    return shapes_v2.folder(ask.wiki, _content(ask), ask.base)


def _types(ask: Ask) -> dict[str, Any]:
    given = fields(ask.json, {"contentIds": list}, {})["contentIds"]
    if len(given) > 100 or not all(isinstance(one, str | int | float) for one in given):
        raise invalid("The field 'contentIds' takes at most 100 ids")
    types = {str(one): _type(ask, str(one)) for one in given}
    return {"results": {one: kind for one, kind in types.items() if kind is not None}}


def _type(ask: Ask, content_id: str) -> str | None:
    if content_id in ask.wiki.attachments:
        return "attachment"
    content = ask.wiki.contents.get(content_id)
    return content.kind if content and ask.wiki.can_read(ask.who, content) else None


def _move(ask: Ask) -> dict[str, str]:
    content = ask.wiki.writable(ask.who, ask.content_id("page_id"))
    target = ask.wiki.readable(ask.who, ask.content_id("target_id"))
    position = ask.path("position")
    if content.status != "current" or target.status != "current" or target is content:
        raise invalid("Both the page and the target of a move must be current and different")
    if target.space != content.space:
        raise invalid("Moving to another space is not simulated")
    if position == "append":
        pages.move(ask.wiki, ask.who, content, target)
    elif position in ("before", "after"):
        _move_beside(ask, content, target, position)
    else:
        raise invalid(f"Position '{position}' is not one of before, after, append")
    return {"pageId": content.id}


def _move_beside(ask: Ask, content: Content, target: Content, position: str) -> None:
    above = ask.wiki.contents.get(target.parent or "")
    siblings = [one for one in ask.wiki.siblings(target) if one != content.id]
    index = siblings.index(target.id) + (position == "after")
    pages.move(ask.wiki, ask.who, content, above, index)


_LIST = "cursor limit sort"
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/api/v2/pages/{id}/ancestors", _ancestors, f"{HIERARCHY} read:page:confluence", "limit"),
    get("/api/v2/pages/{id}/direct-children", _direct_children, HIERARCHY, _LIST),
    get("/api/v2/pages/{id}/children", _child_pages, f"{HIERARCHY} read:page:confluence", _LIST),
    get("/api/v2/pages/{id}/descendants", _descendants, HIERARCHY, "cursor limit depth"),
    get(
        "/api/v2/folders/{id}",
        _folder,
        f"read:folder:confluence {HIERARCHY}",
        "include-collaborators include-direct-children include-operations include-properties",
    ),
    get("/api/v2/folders/{id}/ancestors", _ancestors, HIERARCHY, "limit"),
    get("/api/v2/folders/{id}/direct-children", _direct_children, HIERARCHY, _LIST),
    get("/api/v2/folders/{id}/descendants", _descendants, HIERARCHY, "cursor limit depth"),
    write(
        "POST",
        "/api/v2/content/convert-ids-to-types",
        _types,
        f"read:content.metadata:confluence read:page:confluence {HIERARCHY}",
    ),
    write(
        "PUT",
        "/rest/api/content/{page_id}/move/{position}/{target_id}",
        _move,
        "write:confluence-content write:page:confluence",
        takes="nothing",
    ),
)
