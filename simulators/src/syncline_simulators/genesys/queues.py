"""Routing queues: a full-replace PUT without any version, no PATCH, a listing that lags."""

from __future__ import annotations

from typing import Any

from . import keeping
from .dates import shown
from .divisions import division_of
from .errors import bad_request, conflict, invalid_value
from .estate import Membership
from .numbered import numbered
from .organization import Organization
from .queue_shapes import CREATE, REQUEST, completed
from .serving import Call, Endpoint
from .thing import Thing, called

ROOT = "/api/v2/routing/queues"
KIND = "Queue"


def queue_view(org: Organization, queue: Thing) -> dict[str, Any]:
    """`Queue`."""
    members = org.estate.members.get(queue.id, {})
    joined = len(org.estate.joined(queue.id))
    division = division_of(org, queue.id)
    return {
        "id": queue.id,
        **queue.value,
        "division": division,
        "dateCreated": shown(queue.created),
        "dateModified": shown(queue.modified),
        "createdBy": queue.created_by,
        "modifiedBy": queue.modified_by,
        "memberCount": len(members),
        "userMemberCount": len(members),
        "joinedMemberCount": joined,
        "selfUri": f"{ROOT}/{queue.id}",
    }


def list_queues(org: Organization, call: Call) -> dict[str, Any]:
    """GET: sorted by name; what was changed just now is still shown as it was."""
    ids, pattern = call.values("id"), call.query.get("name")
    found = [
        queue_view(org, queue)
        for queue in keeping.listed(org, org.estate.queues)
        if (not ids or queue.id in ids)
        and called(queue, pattern)
        and _in_division(org, call, queue)
    ]
    if call.query.get("sortOrder", "").lower().startswith("desc"):
        found.reverse()
    return numbered(call, found, newest=org.estate.queues.newest())


def _in_division(org: Organization, call: Call, queue: Thing) -> bool:
    wanted = call.values("divisionId")
    return not wanted or division_of(org, queue.id)["id"] in wanted


def get_queue(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them, as it is."""
    return queue_view(org, org.estate.queues.get(call.ids["queue"]))


def create_queue(org: Organization, call: Call) -> dict[str, Any]:
    """POST: `sourceQueueId` copies settings."""
    body = dict(call.body)
    source = body.pop("sourceQueueId", None)
    copied = org.estate.queues.get(source).value if source else {}
    value = settled(org, {**copied, **body})
    return queue_view(org, keeping.make(org, org.estate.queues, KIND, value, call.client))


def replace_queue(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: what the body leaves out is gone. Nothing tells that the client saw the last state."""
    old = org.estate.queues.get(call.ids["queue"])
    value = settled(org, call.body)
    return queue_view(org, keeping.change(org, org.estate.queues, KIND, old, value, call.client))


def settled(org: Organization, body: dict[str, Any]) -> dict[str, Any]:
    """A request as it is kept.

    Raises:
        Refusal: 400; a division or a flow that does not fit.
    """
    value = dict(body)
    division = value.pop("division", {}).get("id", org.division)
    if division != org.division:
        raise invalid_value(
            "division.id", "is not the division of the queue, which this does not change"
        )
    return completed(value)


def delete_queue(org: Organization, call: Call) -> None:
    """DELETE: refused while conversations are active, unless it is forced."""
    queue = org.estate.queues.get(call.ids["queue"])
    if _active(org, queue) and not call.flag("forceDelete"):
        raise bad_request("The queue has active conversations.", code="active.queue")
    keeping.remove(org, org.estate.queues, KIND, queue.id, call.client)
    for kept in (org.estate.members, org.estate.queue_codes, org.estate.observed):
        kept.pop(queue.id, None)


def _active(org: Organization, queue: Thing) -> bool:
    media = org.estate.observed.get(queue.id, {}).values()
    return any(one.get("oInteracting") or one.get("oWaiting") for one in media)


def enrol(org: Organization, queue_id: str, user_id: str, membership: Membership) -> None:
    """Put a user into a queue, or change how.

    Raises:
        Refusal: 404 or 409; there is no such user, or the user is not active.
    """
    user = org.estate.users.get(user_id)
    if user.value.get("state", "active") != "active":
        raise conflict("The user is not active.")
    org.estate.members.setdefault(queue_id, {})[user_id] = membership


_VIEW, _EDIT = ["routing:queue:view"], ["routing:queue:edit"]
_ONE = f"{ROOT}/{{queue}}"

ENDPOINTS = (
    Endpoint("GET", ROOT, list_queues, _VIEW),
    Endpoint("POST", ROOT, create_queue, ["routing:queue:add"], CREATE),
    Endpoint("GET", f"{ROOT}/divisionviews", list_queues, ["routing:queue:search"]),
    Endpoint("GET", _ONE, get_queue, _VIEW),
    Endpoint("PUT", _ONE, replace_queue, _EDIT, REQUEST),
    Endpoint("DELETE", _ONE, delete_queue, ["routing:queue:delete"]),
)
"""The operations on queues; there is no PATCH."""
