"""Objects as what is left of REST v1 shows them."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any

from ..accounts import Account, Group
from ..content import Attachment, Content, Members, Space, Version
from ..restrictions import OPERATIONS, members
from ..wiki import Wiki
from . import links
from .shapes_v2 import body, time

_CONTENT_EXPANDABLE = [
    "body",
    "version",
    "metadata",
    "history",
    "restrictions",
    "descendants",
    "space",
    "childTypes",
    "operations",
    "children",
    "ancestors",
    "container",
    "draftVersion",
    "schedulePublishInfo",
    "schedulePublishDate",
]


def user(account: Account) -> dict[str, Any]:
    """A person or technical user."""
    return {
        "type": "known",
        "accountId": account.id,
        "accountType": "atlassian",
        "email": account.email,
        "publicName": account.name,
        "displayName": account.name,
        "timeZone": account.time_zone,
        "isExternalCollaborator": False,
        "profilePicture": {"path": "/wiki/aa-avatar", "width": 48, "height": 48, "isDefault": True},
        "_expandable": {"operations": "", "personalSpace": ""},
        "_links": {},
    }


def group(one: Group) -> dict[str, Any]:
    """A group."""
    return {"type": "group", "name": one.name, "id": one.id, "_links": {}}


def space(one: Space, base: str) -> dict[str, Any]:
    """A space; its id is a number here."""
    expandable = "settings metadata operations lookAndFeel permissions icon description theme"
    return {
        "id": int(one.id),
        "key": one.key,
        "alias": one.key,
        "name": one.name,
        "type": one.type,
        "status": "current",
        "_expandable": dict.fromkeys((expandable + " history homepage").split(), ""),
        "_links": {"webui": f"/spaces/{one.key}", "self": f"{base}/rest/api/space/{one.key}"},
    }


def version(wiki: Wiki, one: Version) -> dict[str, Any]:
    """A version of a content."""
    author = wiki.directory.accounts.get(one.author)
    return {
        "by": None if author is None else user(author),
        "when": time(one.at),
        "friendlyWhen": one.at.strftime("%b %d, %Y"),
        "message": one.message,
        "number": one.number,
        "minorEdit": one.minor,
        "contentTypeModified": False,
        "_expandable": {"collaborators": "", "content": ""},
        "_links": {},
    }


def ari(wiki: Wiki, kind: str, number: str) -> dict[str, str]:
    """The resource identifier, plain and in base64."""
    plain = f"ari:cloud:confluence:{wiki.cloud_id}:{kind}/{number}"
    coded = f"ari:cloud:confluence:{wiki.cloud_id}:content/{number}"
    return {"ari": plain, "base64EncodedAri": base64.b64encode(coded.encode()).decode()}


def content(wiki: Wiki, one: Content, base: str, expand: Collection[str] = ()) -> dict[str, Any]:
    """A page or folder, expanded as asked."""
    key = wiki.spaces[one.space].key
    shown: dict[str, Any] = {
        "id": one.id,
        "type": one.kind,
        **ari(wiki, one.kind, one.id),
        "status": one.status,
        "title": one.title,
        "macroRenderedOutput": {},
        "extensions": {"position": one.position},
    }
    expanded = _expanded(wiki, one, base, expand)
    shown |= expanded
    shown["_expandable"] = {
        name: _expandable(name, one.id, key) for name in _CONTENT_EXPANDABLE if name not in expanded
    }
    shown["_links"] = {
        "self": f"{base}/rest/api/content/{one.id}",
        **links.page_links(wiki, one),
    }
    return shown


def _expandable(name: str, content_id: str, key: str) -> str:
    paths = {
        "container": f"/rest/api/space/{key}",
        "space": f"/rest/api/space/{key}",
        "restrictions": f"/rest/api/content/{content_id}/restriction/byOperation",
        "history": f"/rest/api/content/{content_id}/history",
        "descendants": f"/rest/api/content/{content_id}/descendant",
        "children": f"/rest/api/content/{content_id}/child",
    }
    return paths.get(name, "")


def _expanded(wiki: Wiki, one: Content, base: str, expand: Collection[str]) -> dict[str, Any]:
    """The parts that were asked for; a part of a part asks for the part."""
    heads = {path.partition(".")[0] for path in expand}
    shown: dict[str, Any] = {}
    if "version" in heads:
        shown["version"] = version(wiki, one.version)
    if "space" in heads:
        shown["space"] = space(wiki.spaces[one.space], base)
    if "body" in heads:
        formats = [path.split(".")[1] for path in expand if path.startswith("body.")]
        shown["body"] = {name: _body(one, name) for name in formats} | {"_expandable": {}}
    if "history" in heads:
        shown["history"] = _history(wiki, one)
    if "metadata" in heads:
        shown["metadata"] = {"labels": labels(one), "_expandable": {}}
    if "ancestors" in heads:
        deeper = [p.removeprefix("ancestors.") for p in expand if p.startswith("ancestors.")]
        chain = wiki.ancestors(one)
        shown["ancestors"] = [content(wiki, above, base, deeper) for above in chain]
    if "restrictions" in heads:
        shown["restrictions"] = {
            operation: restriction(wiki, one, operation, base) for operation in OPERATIONS
        } | {"_expandable": {}, "_links": {}}
    return shown


def _body(one: Content, name: str) -> dict[str, Any]:
    expandable = {"content": f"/rest/api/content/{one.id}"}
    return {**body(one.body, name)[name], "embeddedContent": [], "_expandable": expandable}


def _history(wiki: Wiki, one: Content) -> dict[str, Any]:
    author = wiki.directory.accounts.get(one.author)
    return {
        "latest": True,
        "createdBy": None if author is None else user(author),
        "createdDate": time(one.created),
        "lastUpdated": version(wiki, one.version),
        "_expandable": {"previousVersion": "", "contributors": "", "nextVersion": ""},
        "_links": {},
    }


def labels(one: Content) -> dict[str, Any]:
    """The labels of a content."""
    results = [
        {"prefix": "global", "name": name, "id": label, "label": name}
        for name, label in sorted(one.labels.items())
    ]
    return {"results": results, "start": 0, "limit": 200, "size": len(results), "_links": {}}


def restriction(
    wiki: Wiki, one: Content, operation: str, base: str, start: int = 0, limit: int = 100
) -> dict[str, Any]:
    """Who an operation is restricted to. Both lists are there, and empty, for an open content:
    the presence of the entry means nothing [capture]."""
    gate = members(one, operation)
    self_link = f"{base}/rest/api/content/{one.id}/restriction/byOperation/{operation}"
    return {
        "operation": operation,
        "restrictions": {
            "user": _sublist(_users(wiki, gate), start, limit),
            "group": _sublist(_groups(wiki, gate), start, limit),
            "_expandable": {},
        },
        "_expandable": {"content": f"/rest/api/content/{one.id}"},
        "_links": {"self": self_link},
    }


def _users(wiki: Wiki, gate: Members) -> list[dict[str, Any]]:
    return [user(wiki.directory.accounts[one]) for one in gate.users]


def _groups(wiki: Wiki, gate: Members) -> list[dict[str, Any]]:
    by_id = {one.id: one for one in wiki.directory.groups.values()}
    return [group(by_id[one]) for one in gate.groups]


def _sublist(rows: list[dict[str, Any]], start: int, limit: int) -> dict[str, Any]:
    shown = rows[start : start + limit]
    return {"results": shown, "start": start, "limit": limit, "size": len(shown)}


def attachment(wiki: Wiki, one: Attachment, base: str) -> dict[str, Any]:
    """An attachment with its newest version."""
    file, number = one.file, one.id.removeprefix("att")
    author = wiki.directory.accounts.get(file.author)
    return {
        "id": one.id,
        "type": "attachment",
        **ari(wiki, "attachment", number),
        "status": one.status,
        "title": one.title,
        "macroRenderedOutput": {},
        "metadata": {"mediaType": file.media_type, "comment": file.comment},
        "version": {
            "by": None if author is None else user(author),
            "when": time(file.at),
            "friendlyWhen": file.at.strftime("%b %d, %Y"),
            "message": file.comment,
            "number": file.number,
            "minorEdit": file.minor,
            "_expandable": {"collaborators": "", "content": ""},
            "_links": {},
        },
        "extensions": {
            "mediaType": file.media_type,
            "fileSize": len(file.content),
            "comment": file.comment,
            "mediaTypeDescription": file.media_type,
            "fileId": file.file_id,
            "collectionName": f"contentId-{one.page}",
        },
        "_expandable": {
            "container": f"/rest/api/content/{one.page}",
            "restrictions": f"/rest/api/content/{one.id}/restriction/byOperation",
            "history": f"/rest/api/content/{one.id}/history",
            "body": "",
            "descendants": f"/rest/api/content/{one.id}/descendant",
            "space": "",
            "childTypes": "",
            "schedulePublishInfo": "",
            "operations": "",
            "schedulePublishDate": "",
            "children": f"/rest/api/content/{one.id}/child",
            "ancestors": "",
            "draftVersion": "",
        },
        "_links": {
            "webui": links.attachment_webui(one),
            "self": f"{base}/rest/api/content/{one.id}",
            "download": links.download_v1(one),
        },
    }
