"""Routing utilization of the organisation and of users, and utilization labels.

Neither has a version. A PUT replaces the whole map: a medium that it leaves out goes back to the
default, of the system or of the organisation.
"""

from __future__ import annotations

from typing import Any

from . import keeping
from .changes import differences
from .errors import conflict, invalid_value
from .estate import MEDIA, UTILIZATION
from .numbered import numbered
from .oauth import Client
from .organization import Organization, Person
from .serving import Call, Endpoint
from .shapes import boolean, integer, listing, members, needed, one_of, text
from .thing import Thing, called

_MEDIUM = members(
    maximumCapacity=integer(0, 25),
    interruptableMediaTypes=listing(one_of(*MEDIA)),
    includeNonAcd=boolean,
)
_LABEL = members(maximumCapacity=integer(0, 25), interruptingLabelIds=listing(text()))


def _by_label(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid_value(path, "an object is expected")
    return {label: _LABEL(one, f"{path}.{label}") for label, one in value.items()}


REQUEST = members(
    utilization=members(**dict.fromkeys(MEDIA, _MEDIUM)),
    labelUtilizations=_by_label,
    maxInboundCalls=integer(0),
)
"""`UtilizationRequest`."""

KIND, LABEL_KIND = "MaxOrgRoutingUtilizationCapacity", "RoutingUtilizationTag"


def organization_view(org: Organization) -> dict[str, Any]:
    """`UtilizationResponse`."""
    return _view(org, org.estate.utilization, UTILIZATION)


def user_view(org: Organization, user_id: str) -> dict[str, Any]:
    """`AgentMaxUtilizationResponse`: `level` says whose numbers these are."""
    shared = organization_view(org)
    own = org.estate.agents.get(user_id)
    if own is None:
        return {**shared, "level": "Organization"}
    return {**_view(org, own, shared["utilization"]), "level": "Agent"}


def _view(org: Organization, own: dict[str, Any], others: Any) -> dict[str, Any]:
    labels = own.get("labelUtilizations", {})
    shown = {
        "utilization": {m: {**others[m], **own.get("utilization", {}).get(m, {})} for m in MEDIA},
        "labelUtilizations": {
            label: {**one, "labelName": org.estate.labels.get(label).name}
            for label, one in labels.items()
        },
    }
    most = {"maxInboundCalls": own["maxInboundCalls"]} if "maxInboundCalls" in own else {}
    return {**shown, **most}


def get_organization(org: Organization, call: Call) -> dict[str, Any]:
    """GET: what agents have who have nothing of their own."""
    return organization_view(org)


def replace_organization(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: what is left out goes back to the system's default."""
    keep_organization(org, call.body, call.client)
    return organization_view(org)


def keep_organization(org: Organization, value: dict[str, Any], author: Client | Person) -> None:
    """Replace the organisation's utilization.

    Raises:
        Refusal: 400; there is no such label.
    """
    _known(org, value)
    before = organization_view(org)
    org.estate.utilization = value
    org.audit(author, "Update", KIND, org.id, org.name, differences(before, organization_view(org)))


def reset_organization(org: Organization, call: Call) -> None:
    """DELETE: back to the system's default."""
    keep_organization(org, {}, call.client)


def get_user(org: Organization, call: Call) -> dict[str, Any]:
    """GET: what holds for a user."""
    return user_view(org, org.estate.users.get(call.ids["user"]).id)


def replace_user(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: what is left out goes back to what the organisation has."""
    keep_user(org, call.ids["user"], call.body, call.client)
    return user_view(org, call.ids["user"])


def keep_user(
    org: Organization, user_id: str, value: dict[str, Any] | None, author: Client | Person
) -> None:
    """Replace a user's utilization; None takes it away.

    Raises:
        Refusal: 400 or 404; there is no such label or user.
    """
    user = org.estate.users.get(user_id)
    _known(org, value or {})
    before = user_view(org, user.id)
    if value is None:
        org.estate.agents.pop(user.id, None)
    else:
        org.estate.agents[user.id] = value
    changes = differences(before, user_view(org, user.id))
    org.audit(author, "Update", KIND, user.id, user.name, changes)


def reset_user(org: Organization, call: Call) -> None:
    """DELETE: back to what the organisation has."""
    keep_user(org, call.ids["user"], None, call.client)


def _known(org: Organization, value: dict[str, Any]) -> None:
    for label in value.get("labelUtilizations", {}):
        if not org.estate.labels.holds(label):
            raise invalid_value(f"labelUtilizations.{label}", "there is no such label")


def label_view(label: Thing) -> dict[str, Any]:
    """`UtilizationLabel`."""
    return {"id": label.id, "name": label.name, "selfUri": f"{LABELS}/{label.id}"}


def list_labels(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by name."""
    pattern = call.query.get("name")
    labels = [one for one in keeping.listed(org, org.estate.labels) if called(one, pattern)]
    return numbered(call, [label_view(one) for one in labels], most=100)


def create_label(org: Organization, call: Call) -> dict[str, Any]:
    """POST: with what the organisation shall have for it, if that is given."""
    value = {"name": call.body["name"]}
    label = keeping.make(org, org.estate.labels, LABEL_KIND, value, call.client)
    if "utilization" in call.body:
        shared = org.estate.utilization
        labels = {**shared.get("labelUtilizations", {}), label.id: call.body["utilization"]}
        keep_organization(org, {**shared, "labelUtilizations": labels}, call.client)
    return label_view(label)


def get_label(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    return label_view(org.estate.labels.get(call.ids["label"]))


def rename_label(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: its name."""
    old = org.estate.labels.get(call.ids["label"])
    return label_view(
        keeping.change(org, org.estate.labels, LABEL_KIND, old, dict(call.body), call.client)
    )


def delete_label(org: Organization, call: Call) -> None:
    """DELETE: refused while it is used, unless it is forced."""
    label = org.estate.labels.get(call.ids["label"])
    users = [org.estate.utilization, *org.estate.agents.values()]
    using = [one for one in users if label.id in one.get("labelUtilizations", {})]
    if using and not call.flag("forceDelete"):
        raise conflict("The label is used by a utilization.")
    for one in using:
        del one["labelUtilizations"][label.id]
    keeping.remove(org, org.estate.labels, LABEL_KIND, label.id, call.client)


ROOT = "/api/v2/routing/utilization"
LABELS = f"{ROOT}/labels"
_USER = "/api/v2/routing/users/{user}/utilization"
_LABEL_PATH = f"{LABELS}/{{label}}"
_VIEW = ["routing:utilization:view", "routing:utilization:manage"]
_MANAGE = ["routing:utilization:manage"]
_NAMED = needed(text(most=256, blank=False))

ENDPOINTS = (
    Endpoint("GET", LABELS, list_labels, _VIEW),
    Endpoint("POST", LABELS, create_label, _MANAGE, members(name=_NAMED, utilization=_LABEL)),
    Endpoint("GET", _LABEL_PATH, get_label, _VIEW),
    Endpoint("PUT", _LABEL_PATH, rename_label, _MANAGE, members(name=_NAMED)),
    Endpoint("DELETE", _LABEL_PATH, delete_label, _MANAGE),
    Endpoint("GET", ROOT, get_organization, _VIEW),
    Endpoint("PUT", ROOT, replace_organization, _MANAGE, REQUEST),
    Endpoint("DELETE", ROOT, reset_organization, _MANAGE),
    Endpoint("GET", _USER, get_user, _VIEW),
    Endpoint("PUT", _USER, replace_user, _MANAGE, REQUEST),
    Endpoint("DELETE", _USER, reset_user, _MANAGE),
)
"""The operations on utilization."""
