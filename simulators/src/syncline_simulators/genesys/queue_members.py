"""Members and wrap-up codes of queues: no part of a queue's body, and with calls of their own."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from starlette.responses import Response

from . import keeping
from .dates import shown
from .errors import not_found
from .estate import Membership
from .numbered import numbered
from .organization import Organization
from .queues import ROOT, enrol
from .serving import Call, Endpoint, correlation
from .shapes import boolean, integer, listing, members, needed, read_only, text
from .thing import Thing

MOST = 100
"""Members, or codes, in one call."""

ADDED = listing(members(id=needed(text())), most=MOST)
JOINED = listing(
    members(
        id=needed(text()), joined=boolean, ringNumber=integer(1, 6), **read_only("name", "user")
    ),
    most=MOST,
)
ONE = members(
    id=text(), joined=boolean, ringNumber=integer(1, 6), **read_only("name", "user", "selfUri")
)
CODE = members(
    name=needed(text(most=256, blank=False)),
    description=text(),
    division=members(id=text(), name=text(), **read_only("selfUri")),
    **read_only("id", "dateCreated", "dateModified", "createdBy", "modifiedBy", "selfUri"),
)


def list_members(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by name; `joined` keeps those who work for it now."""
    queue, wanted = org.estate.queues.get(call.ids["queue"]), call.flag("joined")
    found = [
        _member(org, queue.id, user, one)
        for user, one in org.estate.members.get(queue.id, {}).items()
        if wanted in (None, one.joined)
    ]
    page = numbered(call, sorted(found, key=lambda one: str(one["name"])), most=100)
    return {name: value for name, value in page.items() if name not in ("total", "pageCount")}


def _member(org: Organization, queue_id: str, user: str, one: Membership) -> dict[str, Any]:
    person = org.estate.users.get(user)
    return {
        "id": user,
        "name": person.name,
        "ringNumber": one.ring,
        "joined": one.joined,
        "memberBy": "user",
        "routingStatus": {"userId": user, **person.value["routingStatus"]},
        "selfUri": f"{ROOT}/{queue_id}/members/{user}",
    }


def add_members(org: Organization, call: Call) -> None:
    """POST: up to 100 users; `delete=true` takes them out."""
    queue = org.estate.queues.get(call.ids["queue"])
    for one in call.body:
        org.estate.users.get(one["id"])
    for one in call.body:
        if call.flag("delete"):
            org.estate.members.get(queue.id, {}).pop(one["id"], None)
        else:
            enrol(org, queue.id, one["id"], Membership())
    _audit(org, call, queue, "MemberRemove" if call.flag("delete") else "MemberAdd")


def join_members(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: up to 100 users join or leave."""
    queue = org.estate.queues.get(call.ids["queue"])
    for one in call.body:
        _join(org, queue, one["id"], one)
    _audit(org, call, queue, "MemberUpdate")
    return list_members(org, call)


def change_member(org: Organization, call: Call) -> Response:
    """PATCH: 202 without a body."""
    queue = org.estate.queues.get(call.ids["queue"])
    _join(org, queue, call.ids["member"], call.body)
    _audit(org, call, queue, "MemberUpdate")
    return Response(status_code=202, headers=correlation())


def _join(org: Organization, queue: Thing, user: str, given: dict[str, Any]) -> None:
    found = org.estate.members.get(queue.id, {}).get(user)
    if found is None:
        raise not_found("member", user)
    joined, ring = given.get("joined", found.joined), given.get("ringNumber", found.ring)
    org.estate.members[queue.id][user] = evolve(found, joined=joined, ring=ring)


def drop_member(org: Organization, call: Call) -> None:
    """DELETE: one user."""
    queue = org.estate.queues.get(call.ids["queue"])
    if call.ids["member"] not in org.estate.members.get(queue.id, {}):
        raise not_found("member", call.ids["member"])
    del org.estate.members[queue.id][call.ids["member"]]
    _audit(org, call, queue, "MemberRemove")


def _audit(org: Organization, call: Call, queue: Thing, action: str) -> None:
    org.audit(call.client, action, "Queue", queue.id, queue.name)


def code_view(code: Thing) -> dict[str, Any]:
    """`WrapupCode`."""
    return {
        "id": code.id,
        **code.value,
        "dateCreated": shown(code.created),
        "dateModified": shown(code.modified),
        "createdBy": code.created_by,
        "selfUri": f"{CODES}/{code.id}",
    }


def list_queue_codes(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the codes of one queue."""
    queue = org.estate.queues.get(call.ids["queue"])
    codes = [org.estate.codes.get(one) for one in org.estate.queue_codes.get(queue.id, [])]
    return numbered(call, [code_view(one) for one in codes], most=100)


def add_queue_codes(org: Organization, call: Call) -> list[dict[str, Any]]:
    """POST: up to 100 codes."""
    queue = org.estate.queues.get(call.ids["queue"])
    codes = [org.estate.codes.get(one["id"]) for one in call.body]
    kept = org.estate.queue_codes.setdefault(queue.id, [])
    kept += [one.id for one in codes if one.id not in kept]
    _audit(org, call, queue, "WrapupCodeAdd")
    return [code_view(one) for one in codes]


def drop_queue_code(org: Organization, call: Call) -> None:
    """DELETE: the queue loses it, the organisation keeps it."""
    queue, code = org.estate.queues.get(call.ids["queue"]), call.ids["code"]
    if code not in org.estate.queue_codes.get(queue.id, []):
        raise not_found("wrap-up code", code)
    org.estate.queue_codes[queue.id].remove(code)
    _audit(org, call, queue, "WrapupCodeRemove")


def list_codes(org: Organization, call: Call) -> dict[str, Any]:
    """GET: all codes of the organisation."""
    found = [code_view(one) for one in keeping.listed(org, org.estate.codes)]
    return numbered(call, found, newest=org.estate.codes.newest())


def create_code(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a code that queues can use."""
    value = {name: found for name, found in call.body.items() if name != "division"}
    return code_view(keeping.make(org, org.estate.codes, "WrapupCode", value, call.client))


def get_code(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    return code_view(org.estate.codes.get(call.ids["code"]))


CODES = "/api/v2/routing/wrapupcodes"
_MEMBERS = f"{ROOT}/{{queue}}/members"
_QUEUE_CODES = f"{ROOT}/{{queue}}/wrapupcodes"
_VIEW = ["routing:queue:view"]
_EDIT = ["routing:queue:edit"]
_ENROL = [*_EDIT, "routing:queueMember:manage"]

ENDPOINTS = (
    Endpoint("GET", _MEMBERS, list_members, _VIEW),
    Endpoint("POST", _MEMBERS, add_members, _ENROL, ADDED),
    Endpoint("PATCH", _MEMBERS, join_members, _ENROL, JOINED),
    Endpoint("PATCH", f"{_MEMBERS}/{{member}}", change_member, _ENROL, ONE),
    Endpoint("DELETE", f"{_MEMBERS}/{{member}}", drop_member, _ENROL),
    Endpoint("GET", _QUEUE_CODES, list_queue_codes, _VIEW),
    Endpoint("POST", _QUEUE_CODES, add_queue_codes, _EDIT, ADDED),
    Endpoint("DELETE", f"{_QUEUE_CODES}/{{code}}", drop_queue_code, _EDIT),
    Endpoint("GET", CODES, list_codes, ["routing:wrapupCode:view"]),
    Endpoint("POST", CODES, create_code, ["routing:wrapupCode:add"], CODE),
    Endpoint("GET", f"{CODES}/{{code}}", get_code, ["routing:wrapupCode:view"]),
)
"""The operations on members and wrap-up codes."""
