"""The organisation's effective limits."""

from __future__ import annotations

from typing import Any

from .errors import not_found
from .organization import Organization
from .serving import Call, Endpoint

ROOT = "/api/v2/organizations/limits/namespaces"


def list_namespaces(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the names under which limits are kept."""
    names = sorted(org.limits)
    return {
        "entities": names,
        "pageSize": 100,
        "pageNumber": 1,
        "total": len(names),
        "pageCount": 1,
    }


def get_namespace(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the limits of one namespace."""
    name = call.ids["namespace"]
    if name not in org.limits:
        raise not_found("limit namespace", name)
    limits = org.limits[name].items()
    return {"entities": [{"key": k, "namespace": name, "value": v} for k, v in limits]}


ENDPOINTS = (
    Endpoint("GET", ROOT, list_namespaces),
    Endpoint("GET", f"{ROOT}/{{namespace}}", get_namespace),
)
"""The operations on limits."""
