"""Attachments: read by v2, uploaded by v1, downloaded from another host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from .. import files
from ..content import Attachment, Content, File
from ..refusal import Refusal, invalid, missing
from . import shapes_v1, shapes_v2
from .ask import Ask
from .endpoint import Endpoint, get, write
from .paging import Page, cut, cut_list, listed_v1, listed_v2, ordered, row_place
from .signed import signed_path

READ = "read:attachment:confluence readonly:content.attachment:confluence"
WRITE = "write:attachment:confluence write:confluence-file"
_IGNORED = frozenset({"type", "fileName", "contentType"})
"""Fields of no effect that clients in wide use send with every upload."""
_STATUSES = ("current", "archived", "trashed")
_SORTS = ("created-date", "-created-date", "modified-date", "-modified-date")


def _of_page(ask: Ask) -> Response:
    sort = ask.one("sort", _SORTS) or "created-date"
    created = sort.endswith("created-date")
    held = ask.content().attachments.values()
    rows = ordered(held, lambda one: (one.created if created else one.file.at, one.id), sort)
    wanted = _wanted(ask)
    page = cut_list(ask, filter(wanted, rows), ask.limit(50), lambda one: one.id)
    return listed_v2(ask, page, shapes_v2.attachment)


def _all(ask: Ask) -> Response:
    sort = ask.one("sort", _SORTS) or "created-date"
    order = ask.wiki.attachment_orders[sort.removeprefix("-")]
    wanted, wiki = _wanted(ask), ask.wiki
    found = (
        (row, wiki.attachments[f"att{row[1]}"])
        for row in order.after(row_place(ask, int), descending=sort.startswith("-"))
    )
    seen = (
        (row, one)
        for row, one in found
        if wanted(one) and wiki.can_read(ask.who, wiki.contents[one.page])
    )
    page = cut(ask, seen, ask.limit(50), lambda one: one.id)
    return listed_v2(ask, page, shapes_v2.attachment)


def _wanted(ask: Ask) -> Callable[[Attachment], bool]:
    """What the query's filters let through."""
    statuses = ask.many("status", _STATUSES) or ["current", "archived"]
    name, media = ask.one("filename"), ask.one("mediaType")

    def wanted(one: Attachment) -> bool:
        named = name is None or one.title == name
        return one.status in statuses and named and media in (None, one.file.media_type)

    return wanted


def _read(ask: Ask) -> dict[str, Any]:
    _, found = files.readable(ask.wiki, ask.who, ask.path("id"))
    file = files.version(found, _version_asked(ask))
    shown = shapes_v2.attachment(found, file)
    shown["_links"]["base"] = ask.base
    return shown


def _version_asked(ask: Ask) -> int | None:
    return None if ask.one("version") is None else ask.number("version", 1)


def _delete(ask: Ask) -> Response:
    content, found = files.readable(ask.wiki, ask.who, ask.path("id"))
    ask.wiki.writable(ask.who, content.id)
    files.discard(ask.wiki, found, purge=ask.flag("purge"))
    return Response(status_code=204)


def _list_v1(ask: Ask) -> dict[str, Any]:
    start, limit = ask.number("start", 0), ask.number("limit", 25)
    name, media = ask.one("filename"), ask.one("mediaType")
    found = [
        one
        for one in ask.content().attachments.values()
        if one.status == "current"
        and (name is None or one.title == name)
        and (media is None or one.file.media_type == media)
    ]
    page = Page(rows=found[start : start + limit], next=None)
    shown = listed_v1(
        ask, page, lambda one: shapes_v1.attachment(ask.wiki, one, ask.base), start, limit
    )
    if start + limit < len(found):
        here = shown["_links"]["self"].removeprefix(ask.base)
        shown["_links"]["next"] = f"{here}?limit={limit}&start={start + limit}"
    return shown


def _create(ask: Ask) -> dict[str, Any]:
    return _uploaded(ask, replace=False)


def _create_or_update(ask: Ask) -> dict[str, Any]:
    return _uploaded(ask, replace=True)


def _uploaded(ask: Ask, *, replace: bool) -> dict[str, Any]:
    _check_xsrf(ask)
    content = _open_to_upload(ask)
    uploads, comment, minor = _form(ask.form or FormData())
    for upload in uploads:
        if not replace and files.named(content, upload.filename or "") is not None:
            files.attach(ask.wiki, ask.who, content, title=upload.filename or "", data=b"")
    saved = [
        files.attach(
            ask.wiki,
            ask.who,
            content,
            title=upload.filename or "",
            data=upload.file.read(),
            media_type=upload.content_type,
            comment=comment,
            minor=minor,
            replace=replace,
        )
        for upload in uploads
    ]
    page = Page(rows=saved, next=None)
    return listed_v1(ask, page, lambda one: shapes_v1.attachment(ask.wiki, one, ask.base), 0, 50)


def _open_to_upload(ask: Ask) -> Content:
    content = ask.wiki.writable(ask.who, ask.content_id())
    if content.status not in ("current", "draft"):
        raise missing()
    return content


def _check_xsrf(ask: Ask) -> None:
    """Refuse an upload without the header that browsers cannot be tricked into sending.

    Raises:
        Refusal: 403.
    """
    token = ask.request.headers.get("x-atlassian-token", "").lower()
    if token not in ("no-check", "nocheck"):
        raise Refusal(403, "FORBIDDEN", "XSRF check failed")


def _form(form: FormData) -> tuple[list[UploadFile], str, bool]:
    """The files, the comment and whether it is a minor edit."""
    unknown = set(form) - {"file", "comment", "minorEdit"} - _IGNORED
    if unknown:
        raise invalid(f"The form has the unknown field '{min(unknown)}'")
    uploads = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
    if not uploads or not all(one.filename for one in uploads):
        raise invalid("At least one file with a name is required")
    minor = str(form.get("minorEdit", "false")).strip('"').lower()
    if minor not in ("true", "false"):
        raise invalid("The field 'minorEdit' must be true or false")
    return uploads, str(form.get("comment", "")), minor == "true"


def _new_version(ask: Ask) -> dict[str, Any]:
    _check_xsrf(ask)
    content = _open_to_upload(ask)
    found = content.attachments.get(ask.path("attachment_id"))
    if found is None or found.status != "current":
        raise missing()
    uploads, comment, minor = _form(ask.form or FormData())
    if len(uploads) != 1:
        raise invalid("Exactly one file is required")
    data, kind = uploads[0].file.read(), uploads[0].content_type
    files.add_version(ask.wiki, ask.who, found, data, kind, comment, minor=minor)
    return shapes_v1.attachment(ask.wiki, found, ask.base)


def _download(ask: Ask) -> Response:
    found = ask.content().attachments.get(ask.path("attachment_id"))
    if found is None or found.status != "current":
        raise missing()
    return _redirect(ask, found, files.version(found, _version_asked(ask)))


def _download_by_name(ask: Ask) -> Response:
    found = files.named(ask.content(), ask.path("name"))
    if found is None:
        raise missing()
    return _redirect(ask, found, files.version(found, _version_asked(ask)))


def _thumbnail(ask: Ask) -> Response:
    _, found = files.readable(ask.wiki, ask.who, ask.path("id"))
    return _redirect(ask, found, files.version(found, _version_asked(ask)))


def _redirect(ask: Ask, found: Attachment, file: File) -> Response:
    """302 to a signed address on the media host, which wants no credentials."""
    return RedirectResponse(ask.side + signed_path(ask.wiki, found, file), 302)


_LIST = "sort cursor status mediaType filename limit"
_V1 = "/rest/api/content/{id}/child/attachment"
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/api/v2/pages/{id}/attachments", _of_page, READ, _LIST),
    get("/api/v2/attachments", _all, READ, _LIST),
    get(
        "/api/v2/attachments/{id}",
        _read,
        READ,
        "version include-labels include-properties include-operations include-versions "
        "include-version include-collaborators",
    ),
    write(
        "DELETE",
        "/api/v2/attachments/{id}",
        _delete,
        "delete:attachment:confluence",
        "purge",
        "nothing",
    ),
    get("/api/v2/attachments/{id}/thumbnail/download", _thumbnail, READ, "version height width"),
    get(_V1, _list_v1, READ, "expand start limit filename mediaType"),
    write("POST", _V1, _create, WRITE, "status", "form"),
    write("PUT", _V1, _create_or_update, WRITE, "status", "form"),
    write("POST", _V1 + "/{attachment_id}/data", _new_version, WRITE, "", "form"),
    get(_V1 + "/{attachment_id}/download", _download, READ, "version status"),
    get(
        "/download/attachments/{id}/{name:path}",
        _download_by_name,
        READ,
        "version modificationDate cacheVersion api",
    ),
)
