"""Restrictions and permission checks of REST v1.

They show what is set on the content itself; what it inherits from above has to be looked up on
each ancestor, or is evaluated by the permission check.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import Response

from ..content import Content, Members
from ..refusal import invalid, missing
from ..restrictions import OPERATIONS, members, named, permitted, replace, united
from . import shapes_v1
from .ask import Ask, fields
from .endpoint import Endpoint, get, write

READ = "read:content-details:confluence read:confluence-content.all"
WRITE = "write:confluence-content"


def _content(ask: Ask) -> Content:
    """The page or folder of the path, as far as the endpoint knows folders.

    Raises:
        Refusal: 400 or 404.
    """
    content = ask.content()
    if content.kind == "folder" and not ask.wiki.settings.folder_restrictions:
        raise missing()
    return content


def _writable(ask: Ask) -> Content:
    return ask.wiki.writable(ask.who, _content(ask).id)


def _list(ask: Ask) -> dict[str, Any]:
    return _shown(ask, _content(ask))


def _shown(ask: Ask, content: Content) -> dict[str, Any]:
    start, limit = ask.number("start", 0), ask.number("limit", 100)
    results = [
        shapes_v1.restriction(ask.wiki, content, operation, ask.base, start, limit)
        for operation in OPERATIONS
    ]
    gates = repr([members(content, operation) for operation in OPERATIONS])
    return {
        "results": results,
        "start": start,
        "limit": limit,
        "size": len(results),
        "restrictionsHash": hashlib.sha256(gates.encode()).hexdigest()[:16],
        "_links": {"self": f"{ask.base}/rest/api/content/{content.id}/restriction"},
    }


def _by_operation(ask: Ask) -> dict[str, Any]:
    content = _content(ask)
    shown: dict[str, Any] = {
        operation: shapes_v1.restriction(ask.wiki, content, operation, ask.base)
        for operation in OPERATIONS
    }
    self_link = f"{ask.base}/rest/api/content/{content.id}/restriction/byOperation"
    return shown | {"_links": {"self": self_link}}


def _operation(ask: Ask) -> str:
    name = ask.path("operation")
    if name not in OPERATIONS:
        raise invalid(f"There is no operation '{name}'")
    return name


def _for_operation(ask: Ask) -> dict[str, Any]:
    content, operation = _content(ask), _operation(ask)
    start, limit = ask.number("start", 0), ask.number("limit", 100)
    return shapes_v1.restriction(ask.wiki, content, operation, ask.base, start, limit)


def _group_listed(ask: Ask) -> Response:
    gate = members(_content(ask), _operation(ask))
    return _listed(ask.path("group_id") in gate.groups)


def _user_listed(ask: Ask) -> Response:
    gate = members(_content(ask), _operation(ask))
    return _listed(ask.one("accountId") in gate.users)


def _listed(found: bool) -> Response:
    if not found:
        raise missing()
    return Response(status_code=200)


def _add(ask: Ask) -> dict[str, Any]:
    content = _writable(ask)
    for operation, gate in _given(ask).items():
        replace(ask.wiki, ask.who, content, operation, united(members(content, operation), gate))
    return _shown(ask, content)


def _replace(ask: Ask) -> dict[str, Any]:
    content = _writable(ask)
    given = _given(ask)
    for operation in OPERATIONS:
        replace(ask.wiki, ask.who, content, operation, given.get(operation, Members()))
    return _shown(ask, content)


def _clear(ask: Ask) -> dict[str, Any]:
    content = _writable(ask)
    for operation in OPERATIONS:
        replace(ask.wiki, ask.who, content, operation, Members())
    return _shown(ask, content)


def _given(ask: Ask) -> dict[str, Members]:
    """Operation to members, from the array form or the object with `results`."""
    raw = ask.json
    if isinstance(raw, dict):
        raw = fields(raw, {"results": list}, {"restrictionsHash": str})["results"]
    if not isinstance(raw, list):
        raise invalid("Restrictions are an array of operations")
    return dict(_one(ask, entry) for entry in raw)


def _one(ask: Ask, entry: object) -> tuple[str, Members]:
    given = fields(entry, {"operation": str, "restrictions": dict}, {}, "restriction")
    if given["operation"] not in OPERATIONS:
        raise invalid(f"There is no operation '{given['operation']}'")
    lists = fields(given["restrictions"], {}, {"user": list, "group": list}, "restrictions")
    people = [_identifier(one, "accountId") for one in lists.get("user") or []]
    groups = [_identifier(one, "id", "name") for one in lists.get("group") or []]
    return given["operation"], named(ask.wiki, [*people, *groups])


def _identifier(one: object, *names: str) -> str:
    found = [str(one[name]) for name in names if name in one] if isinstance(one, dict) else []
    if not found:
        raise invalid(f"A member of a restriction needs the field '{names[0]}'")
    return found[0]


def _check(ask: Ask) -> dict[str, Any]:
    content = _content(ask)
    given = fields(ask.json, {"subject": dict, "operation": str}, {})
    subject = fields(given["subject"], {"type": str, "identifier": str}, {}, "subject")
    if given["operation"] not in ("read", "update", "delete"):
        raise invalid(f"There is no operation '{given['operation']}'")
    allowed = permitted(ask.wiki, ask.who, content, subject, given["operation"])
    text = f"The {subject['type']} has no permission to {given['operation']} the content"
    errors = [] if allowed else [{"translation": text, "args": []}]
    return {"hasPermission": allowed, "errors": errors, "_links": {}}


_BASE = "/rest/api/content/{id}/restriction"
ENDPOINTS: tuple[Endpoint, ...] = (
    get(_BASE + "/byOperation/{operation}", _for_operation, READ, "expand start limit"),
    get(_BASE + "/byOperation", _by_operation, READ, "expand"),
    get(_BASE, _list, READ, "expand start limit"),
    get(_BASE + "/byOperation/{operation}/byGroupId/{group_id}", _group_listed, READ),
    get(_BASE + "/byOperation/{operation}/user", _user_listed, READ, "key username accountId"),
    write("POST", _BASE, _add, WRITE, "expand"),
    write("PUT", _BASE, _replace, WRITE, "expand"),
    write("DELETE", _BASE, _clear, WRITE, "expand", "nothing"),
    write(
        "POST",
        "/rest/api/content/{id}/permission/check",
        _check,
        "read:content.permission:confluence read:confluence-content.permission",
    ),
)
