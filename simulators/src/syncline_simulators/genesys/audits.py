"""Queries of the audit trail."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any

from .audit import SERVICES, Entry
from .dates import Interval, interval
from .errors import invalid_value
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import integer, listing, members, needed, one_of, text

REACH = timedelta(days=14)
"""How far back a realtime query may look."""

REQUEST = members(
    interval=needed(text()),
    serviceName=text(),
    filters=listing(
        members(
            property=needed(
                one_of(
                    "UserId",
                    "TrusteeOrganizationId",
                    "ClientId",
                    "Action",
                    "EntityType",
                    "EntityId",
                )
            ),
            value=needed(text()),
        )
    ),
    sort=listing(
        members(
            name=needed(one_of("Timestamp")), sortOrder=needed(one_of("ascending", "descending"))
        )
    ),
    pageNumber=integer(1),
    pageSize=integer(1, 500),
)
"""`AuditRealtimeQueryRequest`."""

KINDS = (
    "KnowledgeBase",
    "KnowledgeCategory",
    "KnowledgeLabel",
    "KnowledgeDocument",
    "KnowledgeDocumentVariation",
)
ACTIONS = ("Create", "Update", "Delete", "Publish")


def query(org: Organization, call: Call) -> dict[str, Any]:
    """POST: the entries that match all filters, newest first unless sorted otherwise."""
    wanted = interval(call.body["interval"])
    if wanted.start < org.now() - REACH:
        raise invalid_value("interval", "must lie within the last 14 days")
    size, page = call.body.get("pageSize", 25), call.body.get("pageNumber", 1)
    found = _entries(org, call, wanted)
    first, named = (page - 1) * size, "user" in call.values("expand")
    return {
        "entities": [entry.as_message(named=named) for entry in islice(found, first, first + size)],
        "pageSize": size,
        "pageNumber": page,
        "total": len(found),
        "pageCount": -(-len(found) // size),
    }


def _entries(org: Organization, call: Call, wanted: Interval) -> list[Entry]:
    service = call.body.get("serviceName")
    filters = [(one["property"], one["value"]) for one in call.body.get("filters", ())]
    found = [
        entry
        for entry in org.trail.during(wanted)
        if service in (None, entry.service)
        and all(entry.matches(name, value) for name, value in filters)
    ]
    order = (call.body.get("sort") or [{"sortOrder": "descending"}])[0]["sortOrder"]
    return found[::-1] if order == "ascending" else found


def service_mapping(org: Organization, call: Call) -> dict[str, Any]:
    """GET: what can be asked for."""
    kinds = dict.fromkeys(KINDS, "Knowledge") | dict(SERVICES)
    entities: dict[str, list[dict[str, Any]]] = {}
    for kind, service in kinds.items():
        entities.setdefault(service, []).append({"name": kind, "actions": list(ACTIONS)})
    return {"services": [{"name": name, "entities": one} for name, one in entities.items()]}


_ROOT = "/api/v2/audits/query"
_VIEW = ["audits:audit:view"]

ENDPOINTS = (
    Endpoint("POST", f"{_ROOT}/realtime", query, _VIEW, REQUEST),
    Endpoint("GET", f"{_ROOT}/realtime/servicemapping", service_mapping, _VIEW),
    Endpoint("GET", f"{_ROOT}/servicemapping", service_mapping, _VIEW),
)
"""The operations on the audit trail."""
