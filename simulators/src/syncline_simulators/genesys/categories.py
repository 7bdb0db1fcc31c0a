"""Categories: list, read, create, change and delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from .base import Category, KnowledgeBase
from .errors import invalid_value
from .order import Key
from .organization import Organization
from .paging import listed, rows
from .serving import Call, Endpoint
from .shapes import clearable, members, needed, read_only, text, uuid
from .views import ROOT, category_view

FIELDS = {
    "name": "name",
    "description": "description",
    "externalId": "external_id",
    "parentCategoryId": "parent",
}
"""Attributes by the member that sets them."""
CREATE = members(
    name=needed(text(most=255, blank=False)),
    parentCategoryId=uuid,
    description=text(most=1000),
    externalId=text(most=255),
    **read_only("id", "selfUri"),
)
UPDATE = members(
    name=text(most=255, blank=False),
    parentCategoryId=clearable(uuid),
    description=text(most=1000),
    externalId=clearable(text(most=255)),
    **read_only("id", "selfUri"),
)


def list_categories(org: Organization, call: Call) -> dict[str, Any]:
    """GET: by name, or by path with `sortBy=Hierarchy`; `name` is a prefix."""
    base = org.base(call.ids["base"])
    by_path = call.query.get("sortBy", "Name") == "Hierarchy"
    count, deep = bool(call.flag("includeDocumentCount")), _deep(call)

    def entry(one: Category) -> tuple[Key, dict[str, Any]]:
        names = [c.name.casefold() for c in base.ancestors(one)[::-1]] if by_path else []
        rank = "\x00".join([*names, one.name.casefold()])
        return (rank, one.id), category_view(base, one, count=count, deep=deep)

    return listed(call, rows(entry(one) for one in base.categories if _wanted(one, call)))


def _deep(call: Call) -> bool:
    expand = call.query.get("expand", "")
    if expand not in ("", "Ancestors"):
        raise invalid_value("expand", "must be Ancestors")
    return bool(expand)


def _wanted(one: Category, call: Call) -> bool:
    root, parent = call.flag("isRoot"), call.query.get("parentId")
    return (
        one.name.casefold().startswith(call.query.get("name", "").casefold())
        and (not root or one.parent is None)
        and (not parent or one.parent == parent)
    )


def get_category(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    base = org.base(call.ids["base"])
    return category_view(base, base.categories.get(call.ids["category"]))


def create_category(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a new one; its name must be free."""
    base = org.base(call.ids["base"])
    category = create(org, base, call.body)
    org.audit(call.client, "Create", "KnowledgeCategory", category.id, category.name)
    return category_view(base, category)


def create(org: Organization, base: KnowledgeBase, body: Mapping[str, Any]) -> Category:
    """Put a new category into the base.

    Raises:
        Refusal: 400 or 404.
    """
    key = "knowledge.categories.per.knowledgebase.max"
    org.room("knowledge", key, len(base.categories))
    now = org.now()
    fields = {FIELDS[name]: value for name, value in body.items()}
    return base.keep_category(Category(id=org.ids.uuid(), created=now, modified=now, **fields))


def change_category(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: what is given."""
    base = org.base(call.ids["base"])
    old = base.categories.get(call.ids["category"])
    fields = {FIELDS[name]: value for name, value in call.body.items()}
    category = base.keep_category(evolve(old, modified=org.now(), **fields))
    org.audit(call.client, "Update", "KnowledgeCategory", category.id, category.name)
    return category_view(base, category)


def delete_category(org: Organization, call: Call) -> dict[str, Any]:
    """DELETE: answers what it was; documents lose it."""
    base = org.base(call.ids["base"])
    gone = category_view(base, base.categories.get(call.ids["category"]))
    category = base.drop_category(call.ids["category"])
    org.audit(call.client, "Delete", "KnowledgeCategory", category.id, category.name)
    return gone


_MANY = f"{ROOT}/{{base}}/categories"
_ONE = f"{_MANY}/{{category}}"

ENDPOINTS = (
    Endpoint("GET", _MANY, list_categories, ["knowledge:category:view"]),
    Endpoint("POST", _MANY, create_category, ["knowledge:category:add"], CREATE),
    Endpoint("GET", _ONE, get_category, ["knowledge:category:view"]),
    Endpoint("PATCH", _ONE, change_category, ["knowledge:category:edit"], UPDATE),
    Endpoint("DELETE", _ONE, delete_category, ["knowledge:category:delete"]),
)
"""The operations on categories."""
