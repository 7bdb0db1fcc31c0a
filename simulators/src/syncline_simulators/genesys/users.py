"""Users: their routing status, skills and queues. They are made by people, not through this API."""

from __future__ import annotations

from typing import Any

from . import keeping
from .dates import shown
from .divisions import division_of
from .errors import invalid_value
from .numbered import numbered, numbered_things
from .organization import Organization
from .queue_shapes import plain_number
from .queues import queue_view
from .serving import Call, Endpoint
from .shapes import listing, members, needed, one_of, read_only, text
from .thing import Thing, called

STATUSES = ("OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING")
EXPAND = ("routingStatus", "presence", "skills")

SETTABLE = members(
    status=needed(one_of("OFF_QUEUE", "IDLE")), userId=text(), **read_only("startTime")
)
"""`RoutingStatus`: who works for queues goes on and off; the rest follows from conversations."""


def _proficiency(value: Any, path: str) -> float:
    found = plain_number(value, path)
    if not 0 <= found <= 5:
        raise invalid_value(path, "must be between 0 and 5")
    return float(found)


HELD = members(
    id=needed(text()), proficiency=needed(_proficiency), **read_only("skillUri", "selfUri")
)
"""`UserRoutingSkillPost`."""


def user_view(org: Organization, user: Thing, expand: list[str]) -> dict[str, Any]:
    """`User`, with what is asked for."""
    extra: dict[str, Any] = {}
    if "routingStatus" in expand:
        extra["routingStatus"] = status_view(user)
    if "presence" in expand:
        extra["presence"] = {
            "source": "PURECLOUD",
            "presenceDefinition": {"id": user.id, "systemPresence": user.value["presence"]},
        }
    if "skills" in expand:
        extra["skills"] = skills_view(org, user)
    return {
        "id": user.id,
        "name": user.name,
        "division": division_of(org, user.id),
        "email": user.value["email"],
        "username": user.value["email"],
        "state": user.value.get("state", "active"),
        "version": user.version,
        **extra,
        "selfUri": f"{ROOT}/{user.id}",
    }


def status_view(user: Thing) -> dict[str, Any]:
    """`RoutingStatus`."""
    return {"userId": user.id, **user.value["routingStatus"]}


def skills_view(org: Organization, user: Thing) -> list[dict[str, Any]]:
    """`UserRoutingSkill`s, by name."""
    held = org.estate.user_skills.get(user.id, {})
    found = [
        {
            "id": skill,
            "name": org.estate.skills.get(skill).name,
            "proficiency": proficiency,
            "state": "active",
            "skillUri": f"{SKILLS}/{skill}",
            "selfUri": f"{ROOT}/{user.id}/routingskills/{skill}",
        }
        for skill, proficiency in held.items()
    ]
    return sorted(found, key=lambda one: str(one["name"]))


def list_users(org: Organization, call: Call) -> dict[str, Any]:
    """GET: active ones unless `state` says otherwise."""
    ids, state = set(call.values("id")), call.query.get("state") or "active"
    expand = call.values("expand")
    found = [
        user
        for user in keeping.listed(org, org.estate.users)
        if (not ids or user.id in ids) and state in ("any", user.value.get("state", "active"))
    ]
    newest = org.estate.users.newest() if call.listing.hide_newest else None
    return numbered_things(call, found, lambda user: user_view(org, user, expand), newest=newest)


def get_user(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    user = org.estate.users.get(call.ids["user"])
    return user_view(org, user, call.values("expand"))


def get_status(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the routing status."""
    return status_view(org.estate.users.get(call.ids["user"]))


def put_status(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: on or off queue."""
    user = org.estate.users.get(call.ids["user"])
    status = {"status": call.body["status"], "startTime": shown(org.now())}
    value = {**user.value, "routingStatus": status}
    return status_view(keep_status(org, user, value, call.client.id))


def keep_status(org: Organization, user: Thing, value: dict[str, Any], who: str) -> Thing:
    """Keep what a user is doing; that is no configuration, and the audit trail is silent of it."""
    changed = org.estate.users.put(user.changed(value, org.now(), who))
    org.partners.status(changed)
    return changed


def list_queues(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the queues of a user; `joined` keeps those that the user works for."""
    user, wanted = org.estate.users.get(call.ids["user"]), call.flag("joined")
    found = []
    for queue in keeping.listed(org, org.estate.queues):
        one = org.estate.members.get(queue.id, {}).get(user.id)
        if one is not None and wanted in (None, one.joined):
            brief = queue_view(org, queue)
            brief.pop("autoAnswerOnly", None)
            found.append({**brief, "joined": one.joined})
    return numbered(call, found)


def list_held(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the skills of a user."""
    return numbered(call, skills_view(org, org.estate.users.get(call.ids["user"])))


def replace_held(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: all skills of a user."""
    user = org.estate.users.get(call.ids["user"])
    org.estate.user_skills[user.id] = _held(org, call)
    return _told(org, call, user)


def add_held(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: these skills; others stay."""
    user = org.estate.users.get(call.ids["user"])
    org.estate.user_skills.setdefault(user.id, {}).update(_held(org, call))
    return _told(org, call, user)


def _held(org: Organization, call: Call) -> dict[str, float]:
    return {org.estate.skills.get(one["id"]).id: one["proficiency"] for one in call.body}


def _told(org: Organization, call: Call, user: Thing) -> dict[str, Any]:
    org.audit(call.client, "Update", "User", user.id, user.name)
    return numbered(call, skills_view(org, user))


def drop_held(org: Organization, call: Call) -> None:
    """DELETE: one skill of a user; one that is not there is no fault."""
    user = org.estate.users.get(call.ids["user"])
    org.estate.user_skills.get(user.id, {}).pop(call.ids["skill"], None)
    org.audit(call.client, "Update", "User", user.id, user.name)


def list_skills(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the skills of the organisation, by the beginning of their name."""
    start = call.query.get("name", "")
    found = [one for one in keeping.listed(org, org.estate.skills) if called(one, f"{start}*")]
    return numbered(call, [_skill_view(one) for one in found])


def _skill_view(skill: Thing) -> dict[str, Any]:
    return {
        "id": skill.id,
        "name": skill.name,
        "dateModified": shown(skill.modified),
        "state": "active",
        "version": str(skill.version),
        "selfUri": f"{SKILLS}/{skill.id}",
    }


def create_skill(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a skill that users can have."""
    value = dict(call.body)
    return _skill_view(keeping.make(org, org.estate.skills, "RoutingSkill", value, call.client))


ROOT = "/api/v2/users"
SKILLS = "/api/v2/routing/skills"
_ONE = f"{ROOT}/{{user}}"
_HELD = f"{_ONE}/routingskills"
_ASSIGN = ["routing:skill:assign"]

ENDPOINTS = (
    Endpoint("GET", ROOT, list_users, ["directory:user:view"]),
    Endpoint("GET", f"{_ONE}/routingstatus", get_status, ["directory:user:view"]),
    Endpoint("PUT", f"{_ONE}/routingstatus", put_status, ["routing:status:edit"], SETTABLE),
    Endpoint("GET", f"{_ONE}/queues", list_queues, ["routing:queue:view", "directory:user:view"]),
    Endpoint("GET", _HELD, list_held, ["directory:user:view"]),
    Endpoint("PUT", f"{_HELD}/bulk", replace_held, _ASSIGN, listing(HELD, most=50)),
    Endpoint("PATCH", f"{_HELD}/bulk", add_held, _ASSIGN, listing(HELD, most=50)),
    Endpoint("DELETE", f"{_HELD}/{{skill}}", drop_held, _ASSIGN),
    Endpoint("GET", _ONE, get_user, ["directory:user:view"]),
    Endpoint("GET", SKILLS, list_skills, ["routing:skill:view"]),
    Endpoint(
        "POST",
        SKILLS,
        create_skill,
        ["routing:skill:manage"],
        members(name=needed(text(most=256, blank=False)), **read_only("id", "selfUri")),
    ),
)
"""The operations on users."""
