"""Objects as REST v2 shows them. All ids are strings."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ..content import Attachment, Content, Draft, File, Property, Space, Version
from ..refusal import invalid
from ..storage import plain
from ..wiki import Wiki
from . import links

LIST_FORMATS = ("storage", "atlas_doc_format")
PAGE_FORMATS = (
    "storage",
    "atlas_doc_format",
    "view",
    "export_view",
    "anonymous_export_view",
    "styled_view",
    "editor",
)


def time(moment: datetime) -> str:
    """`2026-11-21T08:00:00.000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def page(wiki: Wiki, content: Content, body_format: str | None = None) -> dict[str, Any]:
    """A page in a listing."""
    above = wiki.contents.get(content.parent or "")
    shown = {
        "parentId": content.parent,
        "ownerId": content.author,
        "lastOwnerId": None,
        "authorId": content.author,
        "parentType": None if above is None else above.kind,
        "version": version(content.version),
        "id": content.id,
        "createdAt": time(content.created),
        "spaceId": content.space,
        "position": content.position,
        "status": content.status,
        "title": content.title,
        "_links": links.page_links(wiki, content),
    }
    if content.subtype == "live":
        shown["subtype"] = "live"
    return shown if body_format is None else shown | {"body": body(content.body, body_format)}


def single(wiki: Wiki, content: Content, base: str, body_format: str | None) -> dict[str, Any]:
    """A page by itself."""
    shown = page(wiki, content, body_format)
    shown["_links"]["base"] = base
    return shown


def of_version(shown: dict[str, Any], old: Version, body_format: str | None) -> dict[str, Any]:
    """A page as it was in an earlier version; its status then is `historical`."""
    shown = shown | {"title": old.title, "version": version(old), "status": "historical"}
    return shown if body_format is None else shown | {"body": body(old.body, body_format)}


def of_draft(shown: dict[str, Any], draft: Draft, body_format: str | None) -> dict[str, Any]:
    """A page with its unpublished changes."""
    shown = shown | {"title": draft.title, "status": "draft"}
    return shown if body_format is None else shown | {"body": body(draft.body, body_format)}


def version(one: Version) -> dict[str, Any]:
    """A version without its body."""
    return {
        "number": one.number,
        "message": one.message,
        "minorEdit": one.minor,
        "authorId": one.author,
        "createdAt": time(one.at),
        "ncsStepVersion": None,
    }


def page_version(content: Content, one: Version, body_format: str | None) -> dict[str, Any]:
    """A version in the list of a page's versions."""
    entity: dict[str, Any] = {"id": content.id, "title": one.title}
    if body_format is not None:
        entity["body"] = body(one.body, body_format)
    return version(one) | {"page": entity}


def body(storage: str, representation: str) -> dict[str, Any]:
    """A body in one representation. Only `storage` is exact: the others hold the plain text."""
    if representation == "storage":
        value = storage
    elif representation == "atlas_doc_format":
        value = json.dumps(_document(plain(storage)), ensure_ascii=False)
    else:
        text = plain(storage).replace("&", "&amp;").replace("<", "&lt;")
        value = f"<p>{text}</p>"
    return {representation: {"representation": representation, "value": value}}


def _document(text: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph] if text else []}


def folder(wiki: Wiki, content: Content, base: str) -> dict[str, Any]:
    """A folder."""
    above = wiki.contents.get(content.parent or "")
    return {
        "id": content.id,
        "type": "folder",
        "status": content.status,
        "title": content.title,
        "parentId": content.parent,
        "parentType": None if above is None else above.kind,
        "position": content.position,
        "authorId": content.author,
        "ownerId": content.author,
        "createdAt": time(content.created),
        "spaceId": content.space,
        "version": version(content.version),
        "_links": {"webui": links.webui(wiki, content), "base": base},
    }


def child(content: Content) -> dict[str, Any]:
    """A direct child of any type."""
    return {
        "id": content.id,
        "status": content.status,
        "title": content.title,
        "type": content.kind,
        "spaceId": content.space,
        "childPosition": content.position,
    }


def descendant(content: Content, depth: int) -> dict[str, Any]:
    """A content below another, so many levels down."""
    return {
        "id": content.id,
        "status": content.status,
        "title": content.title,
        "type": content.kind,
        "parentId": content.parent,
        "depth": depth,
        "childPosition": content.position,
    }


def space(wiki: Wiki, one: Space, base: str | None = None) -> dict[str, Any]:
    """A space; in a listing without its base."""
    shown: dict[str, Any] = {
        "id": one.id,
        "key": one.key,
        "name": one.name,
        "type": one.type,
        "status": "current",
        "authorId": one.author,
        "currentActiveAlias": one.key,
        "createdAt": time(one.created),
        "homepageId": one.homepage,
        "description": None,
        "icon": None,
        "_links": {"webui": f"/spaces/{one.key}"},
    }
    if base is not None:
        shown["_links"]["base"] = base
    return shown


def label(name: str, label_id: str) -> dict[str, str]:
    """A label; those of people and programs alike have the prefix `global`."""
    return {"id": label_id, "name": name, "prefix": "global"}


def content_property(one: Property) -> dict[str, Any]:
    """A content property with its value."""
    return {
        "id": one.id,
        "key": one.key,
        "value": one.value,
        "version": {
            "number": one.number,
            "message": one.message,
            "minorEdit": True,
            "authorId": one.author,
            "createdAt": time(one.at),
        },
    }


def attachment(one: Attachment, file: File | None = None) -> dict[str, Any]:
    """An attachment, its newest version or this one."""
    file = file or one.file
    return {
        "id": one.id,
        "status": one.status,
        "title": one.title,
        "createdAt": time(one.created),
        "pageId": one.page,
        "mediaType": file.media_type,
        "mediaTypeDescription": file.media_type,
        "comment": file.comment,
        "fileId": file.file_id,
        "fileSize": len(file.content),
        "webuiLink": links.attachment_webui(one),
        "downloadLink": links.download_v2(one),
        "version": {
            "number": file.number,
            "message": file.comment,
            "minorEdit": file.minor,
            "authorId": file.author,
            "createdAt": time(file.at),
        },
        "_links": {"webui": links.attachment_webui(one), "download": links.download_v2(one)},
    }


def written_body(raw: object) -> str:
    """The storage format in a write, in its flat or its nested form.

    Raises:
        Refusal: 400, it is malformed or in a representation that is not simulated.
    """
    if not isinstance(raw, dict):
        raise invalid("The field 'body' must be a JSON object")
    nested = raw.get("storage")
    if isinstance(nested, dict) and set(raw) == {"storage"}:
        given = {"representation": "storage", **nested}
    else:
        given = raw
    unknown = set(given) - {"representation", "value"}
    if unknown:
        raise invalid(f"The body has the unknown field '{min(unknown)}'")
    value = given.get("value", "")
    if given.get("representation") != "storage":
        raise invalid(f"Representation {given.get('representation')!r} is not supported here")
    if not isinstance(value, str):
        raise invalid("The field 'value' of the body must be a string")
    return value
