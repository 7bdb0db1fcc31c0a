"""Pages of REST v2: listing, reading, writing, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from starlette.responses import Response

from ..content import Content, Status, Version
from ..order import Row
from ..refusal import missing
from ..wiki import ORDERS, lets_through, rows_of
from . import shapes_v2
from .ask import Ask
from .endpoint import Endpoint, get
from .paging import cut, cut_list, listed_v2, ordered, row_place

READ = "read:page:confluence"
_LISTED = ("current", "archived", "trashed", "deleted", "draft")
_SORTS = tuple(f"{sign}{order}" for order in ORDERS for sign in ("", "-"))
_INLINE = 50
_FLAGS = (
    "include-labels include-properties include-operations include-likes include-versions "
    "include-version include-favorited-by-current-user-status include-webresources "
    "include-collaborators include-direct-children"
)


def _list(ask: Ask) -> Response:
    spaces = ask.ids("space-id", 100) or ask.wiki.spaces
    return _listing(ask, list(dict.fromkeys(spaces)), ask.ids("id", 250) or None)


def _list_in_space(ask: Ask) -> Response:
    space = ask.wiki.space(ask.content_id())
    if not ask.wiki.can_read_space(ask.who, space):
        raise missing()
    roots = ask.one("depth", ("all", "root")) == "root"
    return _listing(ask, [space.id], space.roots if roots else None)


def _listing(ask: Ask, spaces: list[str], ids: list[str] | None) -> Response:
    sort = ask.one("sort", _SORTS) or "id"
    order, descending = sort.removeprefix("-"), sort.startswith("-")
    given = dict.fromkeys(ask.many("status", _LISTED) or ["current", "archived"])
    statuses = cast(list[Status], [status for status in given if status != "deleted"])
    after = row_place(ask, str if order == "title" else int)
    body_format = ask.one("body-format", shapes_v2.LIST_FORMATS)
    subtype = ask.one("subtype", ("live", "page"))

    def newest() -> str | None:
        rows = ask.wiki.listed(spaces, statuses, "modified-date", None, descending=True)
        return next((content.id for _, content in rows), None)

    if ids is not None or ask.one("title") is not None:
        rows = _picked(ask, spaces, statuses, ids, order, after, descending)
    else:
        rows = ask.wiki.listed(spaces, statuses, order, after, descending=descending)
    visible = (
        row
        for row in rows
        if subtype in (None, row[1].subtype) and ask.wiki.can_read(ask.who, row[1])
    )
    page = cut(ask, visible, ask.limit(), lambda content: content.id, newest)
    return listed_v2(ask, page, lambda one: shapes_v2.page(ask.wiki, one, body_format))


def _picked(
    ask: Ask,
    spaces: list[str],
    statuses: list[Status],
    ids: list[str] | None,
    order: str,
    after: Row | None,
    descending: bool,
) -> Iterator[tuple[Row, Content]]:
    """The pages that ids or a title pick, in order, from behind the cursor on."""
    title = ask.one("title")
    if ids is not None:
        found = [ask.wiki.contents[one] for one in ids if one in ask.wiki.contents]
    else:
        found = [
            one
            for s in spaces
            for status in statuses
            for one in ask.wiki.titled(s, title or "", status)
        ]
    kept = [
        one
        for one in found
        if one.kind == "page"
        and one.space in spaces
        and one.status in statuses
        and (title is None or one.title.casefold() == title.strip().casefold())
    ]
    rows = sorted(((dict(rows_of(one))[order], one) for one in kept), key=lambda row: row[0])
    for row in reversed(rows) if descending else rows:
        if after is None or (row[0] < after if descending else row[0] > after):
            yield row


def _read(ask: Ask) -> dict[str, Any]:
    content = _page(ask)
    wanted = ask.many(
        "status", ("current", "archived", "trashed", "deleted", "historical", "draft")
    )
    body_format = ask.one("body-format", shapes_v2.PAGE_FORMATS)
    shown = shapes_v2.single(ask.wiki, content, ask.base, body_format)
    if ask.flag("get-draft"):
        if content.draft is not None:
            shown = shapes_v2.of_draft(shown, content.draft, body_format)
    elif wanted and content.status not in wanted and "historical" not in wanted:
        raise missing()
    if ask.one("version") is not None:
        old = version_of(content, ask.number("version", 0))
        if old is not content.version:
            shown = shapes_v2.of_version(shown, old, body_format)
    if not ask.flag("include-version", default=True):
        del shown["version"]
    return shown | _included(ask, content)


def version_of(content: Content, number: int) -> Version:
    """This version of a page.

    Raises:
        Refusal: 404, there is none with this number.
    """
    found = next((one for one in content.versions if one.number == number), None)
    if found is None:
        raise missing()
    return found


def _page(ask: Ask) -> Content:
    content = ask.content()
    if content.kind != "page":
        raise missing()
    return content


def _included(ask: Ask, content: Content) -> dict[str, Any]:
    """What the `include-…` flags ask for, at most fifty entries of each."""
    lists: dict[str, list[Any]] = {}
    if ask.flag("include-labels"):
        lists["labels"] = [shapes_v2.label(*label) for label in sorted(content.labels.items())]
    if ask.flag("include-properties"):
        keys = sorted(content.properties)
        lists["properties"] = [shapes_v2.content_property(content.properties[k]) for k in keys]
    if ask.flag("include-versions"):
        lists["versions"] = [shapes_v2.version(one) for one in reversed(content.versions)]
    if ask.flag("include-operations"):
        lists["operations"] = _operations(ask, content)
    if ask.flag("include-likes"):
        lists["likes"] = []
    if ask.flag("include-direct-children"):
        below = [ask.wiki.contents[one] for one in content.children]
        seen = [one for one in below if ask.wiki.can_read(ask.who, one)]
        lists["directChildren"] = [shapes_v2.child(one) for one in seen]
    shown: dict[str, Any] = {name: _inline(ask, name, rows) for name, rows in lists.items()}
    if ask.flag("include-favorited-by-current-user-status"):
        shown["isFavoritedByCurrentUser"] = False
    return shown


def _inline(ask: Ask, name: str, rows: list[Any]) -> dict[str, Any]:
    self_link = f"/wiki/api/v2/pages/{ask.path('id')}/{name}"
    meta = {"hasMore": len(rows) > _INLINE}
    return {"results": rows[:_INLINE], "meta": meta, "_links": {"self": self_link}}


def _operations(ask: Ask, content: Content) -> list[dict[str, str]]:
    may_edit = not content.editors or lets_through(content.editors, ask.who)
    names = ["read", *(["update", "delete", "move"] if may_edit else [])]
    return [{"operation": name, "targetType": "page"} for name in names]


def _permitted(ask: Ask) -> dict[str, Any]:
    return {"operations": _operations(ask, _page(ask))}


def _versions(ask: Ask) -> Response:
    content = _page(ask)
    body_format = ask.one("body-format", shapes_v2.LIST_FORMATS)
    sort = ask.one("sort", ("modified-date", "-modified-date")) or "-modified-date"
    rows = ordered(content.versions, lambda one: one.number, sort)
    page = cut_list(ask, rows, ask.limit(), lambda one: str(one.number))
    return listed_v2(ask, page, lambda one: shapes_v2.page_version(content, one, body_format))


def _version(ask: Ask) -> dict[str, Any]:
    content = ask.content("page_id")
    number = ask.content_id("number")
    one = version_of(content, int(number))
    shown = shapes_v2.version(one) | {"contentTypeModified": False, "collaborators": [one.author]}
    if one.number > 1:
        shown["prevVersion"] = one.number - 1
    if one is not content.version:
        shown["nextVersion"] = one.number + 1
    return shown


_PAGE = "body-format cursor limit sort status title"
ENDPOINTS: tuple[Endpoint, ...] = (
    get(
        "/api/v2/pages/{id}",
        _read,
        READ,
        f"body-format get-draft status version {_FLAGS}",
    ),
    get("/api/v2/pages", _list, READ, f"id space-id subtype {_PAGE}"),
    get("/api/v2/spaces/{id}/pages", _list_in_space, READ, f"depth {_PAGE}"),
    get("/api/v2/pages/{id}/versions", _versions, READ, "body-format cursor limit sort"),
    get("/api/v2/pages/{page_id}/versions/{number}", _version, READ),
    get("/api/v2/pages/{id}/operations", _permitted, READ),
)
