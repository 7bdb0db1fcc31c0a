"""Groups of users. They are made by people, not through this API."""

from __future__ import annotations

from typing import Any

from . import keeping
from .dates import shown
from .numbered import numbered, numbered_things
from .organization import Organization
from .serving import Call, Endpoint
from .thing import Thing
from .users import user_view

ROOT = "/api/v2/groups"


def group_view(group: Thing) -> dict[str, Any]:
    """`Group`."""
    return {
        "id": group.id,
        "name": group.name,
        "dateModified": shown(group.modified),
        "memberCount": len(group.value.get("members", ())),
        "state": "active",
        "version": group.version,
        "type": "official",
        "rulesVisible": True,
        "visibility": "public",
        "selfUri": f"{ROOT}/{group.id}",
    }


def list_groups(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by name."""
    ids = call.values("id")
    groups = keeping.listed(org, org.estate.user_groups)
    return numbered(call, [group_view(one) for one in groups if not ids or one.id in ids])


def get_group(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    return group_view(org.estate.user_groups.get(call.ids["group"]))


def list_members(org: Organization, call: Call) -> dict[str, Any]:
    """GET: who is in it."""
    ids = org.estate.user_groups.get(call.ids["group"]).value.get("members", ())
    members = [org.estate.users.get(one) for one in ids if org.estate.users.holds(one)]
    return numbered_things(call, members, lambda user: user_view(org, user, []))


ENDPOINTS = (
    Endpoint("GET", ROOT, list_groups, ["directory:group:view"]),
    Endpoint("GET", f"{ROOT}/{{group}}", get_group, ["directory:group:view"]),
    Endpoint("GET", f"{ROOT}/{{group}}/members", list_members, ["directory:group:view"]),
)
"""The operations on groups."""
