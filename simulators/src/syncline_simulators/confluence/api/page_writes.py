"""Pages of REST v2: creating, updating, renaming, deleting."""

from __future__ import annotations

from typing import Any, cast

from starlette.responses import Response

from .. import pages
from ..content import Content, Space, Status
from ..refusal import invalid, missing
from ..rules import check_version
from . import shapes_v2
from .ask import Ask, fields
from .endpoint import Endpoint, write

WRITE = "write:page:confluence"

_CREATE = {
    "status": str,
    "title": str,
    "parentId": str,
    "body": dict,
    "subtype": str,
}


def _create(ask: Ask) -> dict[str, Any]:
    given = fields(ask.json, {"spaceId": str}, _CREATE)
    space = ask.wiki.spaces.get(given["spaceId"])
    if space is None or not ask.wiki.can_read_space(ask.who, space):
        raise missing()
    status = _status(given)
    if status == "current" and not given.get("title"):
        raise invalid("The title is required for a published page")
    root = ask.flag("root-level")
    if root and given.get("parentId"):
        raise invalid("A parentId must not be given together with root-level=true")
    if given.get("subtype") not in (None, "live"):
        raise invalid("The field 'subtype' must be 'live'")
    content = pages.create(
        ask.wiki,
        ask.who,
        space,
        title=given.get("title") or "",
        body=_body(given),
        parent=None if root else given.get("parentId") or _homepage(ask, space),
        status=status,
        private=ask.flag("private"),
        live=given.get("subtype") == "live",
    )
    return shapes_v2.single(ask.wiki, content, ask.base, "storage")


def _homepage(ask: Ask, space: Space) -> str | None:
    """Where a page without a parent goes; to the top when somebody deleted the homepage."""
    home = ask.wiki.contents.get(space.homepage)
    return home.id if home is not None and home.status == "current" else None


def _status(given: dict[str, Any]) -> Status:
    status = given.get("status") or "current"
    if status not in ("current", "draft"):
        raise invalid("The field 'status' must be 'current' or 'draft'")
    return cast(Status, status)


def _body(given: dict[str, Any]) -> str:
    return "" if given.get("body") is None else shapes_v2.written_body(given["body"])


_UPDATE = {"id": str, "status": str, "title": str, "body": dict, "version": dict}


def _update(ask: Ask) -> dict[str, Any]:
    content = _writable_page(ask)
    given = fields(ask.json, _UPDATE, {"spaceId": str, "parentId": str, "ownerId": str})
    version = fields(given["version"], {"number": int}, {"message": str}, "version")
    if given["id"] != content.id:
        raise invalid(f"The id in the body, {given['id']}, is not the id in the path")
    if given.get("spaceId") not in (None, content.space):
        raise invalid("Moving a page to a different space is not supported")
    number, body = version["number"], shapes_v2.written_body(given["body"])
    if _status(given) == "draft":
        _update_draft(ask, content, given["title"], body, number)
    elif content.status == "trashed":
        check_version(content, number)
        pages.restore(ask.wiki, ask.who, content)
    elif content.status == "archived":
        raise invalid("An archived page cannot be edited; unarchive it first")
    else:
        check_version(content, number)
        pages.save(
            ask.wiki,
            ask.who,
            content,
            title=given["title"],
            body=body,
            message=version.get("message") or "",
            parent=given.get("parentId"),
        )
    return shapes_v2.single(ask.wiki, content, ask.base, "storage")


def _writable_page(ask: Ask) -> Content:
    content = ask.wiki.writable(ask.who, ask.content_id())
    if content.kind != "page":
        raise missing()
    return content


def _update_draft(ask: Ask, content: Content, title: str, body: str, number: int) -> None:
    if content.status not in ("current", "draft"):
        raise invalid(f"A page that is {content.status} has no draft")
    if number != 1:
        raise invalid("Updating a draft requires the version number 1")
    pages.save_draft(ask.wiki, ask.who, content, title=title, body=body)


def _rename(ask: Ask) -> dict[str, Any]:
    content = _writable_page(ask)
    given = fields(ask.json, {"status": str, "title": str}, {})
    if _status(given) == "draft":
        pages.save_draft(ask.wiki, ask.who, content, title=given["title"], body=content.body)
    elif content.status != "current":
        raise missing()
    else:
        pages.save(ask.wiki, ask.who, content, title=given["title"], body=content.body)
    return shapes_v2.single(ask.wiki, content, ask.base, "storage")


def _delete(ask: Ask) -> Response:
    content = _writable_page(ask)
    purge, draft = ask.flag("purge"), ask.flag("draft")
    if draft and content.status == "draft":
        pages.purge(ask.wiki, ask.who, content)
    elif draft and content.draft is not None:
        content.draft = None
    elif purge and content.status == "trashed":
        pages.purge(ask.wiki, ask.who, content)
    elif purge or draft:
        raise invalid(
            f"The page is {content.status}: purge=true takes a trashed page, draft=true a draft"
        )
    elif content.status in ("trashed", "draft"):
        raise missing()
    else:
        pages.trash(ask.wiki, ask.who, content)
    return Response(status_code=204)


ENDPOINTS: tuple[Endpoint, ...] = (
    write("POST", "/api/v2/pages", _create, WRITE, "embedded private root-level"),
    write("PUT", "/api/v2/pages/{id}", _update, WRITE),
    write("PUT", "/api/v2/pages/{id}/title", _rename, WRITE),
    write(
        "DELETE",
        "/api/v2/pages/{id}",
        _delete,
        "delete:page:confluence",
        "purge draft",
        "nothing",
    ),
)
