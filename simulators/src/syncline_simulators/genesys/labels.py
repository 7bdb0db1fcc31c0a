"""Labels: list, read, create, change and delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from .base import KnowledgeBase, Label
from .order import Key
from .organization import Organization
from .paging import listed, rows
from .serving import Call, Endpoint
from .shapes import clearable, colour, members, needed, read_only, text
from .views import ROOT, label_view

FIELDS = {"name": "name", "color": "color", "externalId": "external_id"}
"""Attributes by the member that sets them."""
CREATE = members(
    name=needed(text(most=255, blank=False)),
    color=needed(colour),
    externalId=text(most=255),
    **read_only("id", "selfUri"),
)
UPDATE = members(
    name=text(most=255, blank=False),
    color=colour,
    externalId=clearable(text(most=255)),
    **read_only("id", "selfUri"),
)


def list_labels(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by name; the parameter `name` is a part of it."""
    base = org.base(call.ids["base"])
    count = bool(call.flag("includeDocumentCount"))
    part = call.query.get("name", "").casefold()

    def entry(one: Label) -> tuple[Key, dict[str, Any]]:
        return (one.name.casefold(), one.id), label_view(base, one, count=count)

    return listed(call, rows(entry(one) for one in base.labels if part in one.name.casefold()))


def get_label(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    base = org.base(call.ids["base"])
    return label_view(base, base.labels.get(call.ids["label"]))


def create_label(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a new one; its name must be free."""
    base = org.base(call.ids["base"])
    label = create(org, base, call.body)
    org.audit(call.client, "Create", "KnowledgeLabel", label.id, label.name)
    return label_view(base, label)


def create(org: Organization, base: KnowledgeBase, body: Mapping[str, Any]) -> Label:
    """Put a new label into the base.

    Raises:
        Refusal: 400.
    """
    org.room("knowledge", "knowledge.labels.per.knowledgebase.max", len(base.labels))
    now = org.now()
    fields = {FIELDS[name]: value for name, value in body.items()}
    return base.labels.put(Label(id=org.ids.uuid(), created=now, modified=now, **fields))


def change_label(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: what is given."""
    base = org.base(call.ids["base"])
    old = base.labels.get(call.ids["label"])
    fields = {FIELDS[name]: value for name, value in call.body.items()}
    label = base.labels.put(evolve(old, modified=org.now(), **fields))
    org.audit(call.client, "Update", "KnowledgeLabel", label.id, label.name)
    return label_view(base, label)


def delete_label(org: Organization, call: Call) -> dict[str, Any]:
    """DELETE: answers what it was; documents lose it."""
    base = org.base(call.ids["base"])
    label = base.drop_label(call.ids["label"])
    org.audit(call.client, "Delete", "KnowledgeLabel", label.id, label.name)
    return label_view(base, label)


_MANY = f"{ROOT}/{{base}}/labels"
_ONE = f"{_MANY}/{{label}}"

ENDPOINTS = (
    Endpoint("GET", _MANY, list_labels, ["knowledge:label:view"]),
    Endpoint("POST", _MANY, create_label, ["knowledge:label:add"], CREATE),
    Endpoint("GET", _ONE, get_label, ["knowledge:label:view"]),
    Endpoint("PATCH", _ONE, change_label, ["knowledge:label:edit"], UPDATE),
    Endpoint("DELETE", _ONE, delete_label, ["knowledge:label:delete"]),
)
"""The operations on labels."""
