"""Looking conversations up: one as it is now, and what analytics know, which is late."""

from __future__ import annotations

from typing import Any

from ..errors import bad_request, not_found
from ..organization import Organization
from ..serving import Call, Endpoint
from .details import details_view
from .moment import of
from .querying import QUERY, query
from .rest import ROOT, conversation_view

MOST_IDS = 100
"""Of one call; unconfirmed."""


def get_conversation(org: Organization, call: Call) -> dict[str, Any]:
    """GET: as it is now; 404 when it was purged."""
    found = org.traffic.archive.get(call.ids["conversation"])
    if found is None:
        raise not_found("conversation", call.ids["conversation"])
    return conversation_view(found)


def get_many(org: Organization, call: Call) -> dict[str, Any]:
    """GET: those of `id` that analytics know; others are simply not there."""
    ids = call.values("id")
    if len(ids) > MOST_IDS:
        raise bad_request(f"At most {MOST_IDS} ids are allowed.", field_name="id")
    found = [view for one in dict.fromkeys(ids) if (view := _view(org, one))]
    return {"conversations": found} if found else {}


def get_details(org: Organization, call: Call) -> dict[str, Any]:
    """GET: what analytics know of one."""
    found = _view(org, call.ids["conversation"])
    if found is None:
        raise not_found("conversation", call.ids["conversation"])
    return found


def query_details(org: Organization, call: Call) -> dict[str, Any]:
    """POST: one page of what matches."""
    found, total = query(org.traffic.archive, call.body, _until(org))
    return {**({"conversations": found} if found else {}), "totalHits": total}


def _view(org: Organization, conversation_id: str) -> dict[str, Any] | None:
    record = org.traffic.archive.get(conversation_id)
    return details_view(record, _until(org)) if record else None


def _until(org: Organization) -> int:
    """Until when analytics know everything; without a delay they know what was only just made."""
    if not org.traffic.habits.analytics_delay:
        return _EVER
    return of(org.clock.now()) - int(org.traffic.habits.analytics_delay * 1000)


_EVER = 2**53
_DETAILS = "/api/v2/analytics/conversations/details"
_VIEW = ["analytics:conversationDetail:view", "analytics:agentConversationDetail:view"]

ENDPOINTS = (
    Endpoint(
        "GET", f"{ROOT}/{{conversation}}", get_conversation, ["conversation:communication:view"]
    ),
    Endpoint("GET", _DETAILS, get_many, _VIEW),
    Endpoint("POST", f"{_DETAILS}/query", query_details, _VIEW, QUERY),
    Endpoint("GET", "/api/v2/analytics/conversations/{conversation}/details", get_details, _VIEW),
)
"""The operations on conversations."""
