"""Knowledge bases: list, read, create, change and delete."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from .base import LANGUAGES, KnowledgeBase
from .errors import invalid_value
from .order import Key
from .organization import Organization
from .paging import listed, rows
from .serving import Call, Endpoint
from .shapes import boolean, members, needed, one_of, text
from .views import ROOT, base_view

CREATE = members(
    name=needed(text(most=255, blank=False)),
    description=text(most=1000),
    coreLanguage=needed(one_of(*LANGUAGES)),
    contentSearchEnabled=boolean,
)
UPDATE = members(name=text(most=255, blank=False), description=text(most=1000))


def list_bases(org: Organization, call: Call) -> dict[str, Any]:
    """GET: with anything published, without, or both when `published` is not given."""
    found = [base for base in org.bases.values() if _wanted(base, call)]
    descending = call.query.get("sortOrder", "").upper().startswith("DESC")
    by_date = call.query.get("sortBy") == "Date"
    ranked = sorted(found, key=lambda base: _rank(base, by_date=by_date), reverse=descending)

    def entry(at: int, base: KnowledgeBase) -> tuple[Key, dict[str, Any]]:
        return (at, base.id), base_view(base)

    return listed(call, rows(entry(at, base) for at, base in enumerate(ranked)), most=100)


def _rank(base: KnowledgeBase, *, by_date: bool) -> tuple[str, str]:
    return (base.created.isoformat() if by_date else base.name.casefold(), base.id)


def _wanted(base: KnowledgeBase, call: Call) -> bool:
    published = call.flag("published")
    return (
        (published is None or base.published is published)
        and base.name.casefold().startswith(call.query.get("name", "").casefold())
        and call.query.get("coreLanguage", base.language) == base.language
    )


def get_base(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one of them."""
    return base_view(org.base(call.ids["base"]))


def create_base(org: Organization, call: Call) -> dict[str, Any]:
    """POST: an empty one."""
    org.room("knowledge", "knowledge.knowledgebases.max", len(org.bases))
    if any(base.name.casefold() == call.body["name"].casefold() for base in org.bases.values()):
        raise invalid_value("name", "a knowledge base with this name exists")
    now = org.now()
    base = KnowledgeBase(
        id=org.ids.uuid(),
        name=call.body["name"],
        description=call.body.get("description"),
        language=call.body["coreLanguage"],
        searchable=call.body.get("contentSearchEnabled", False),
        created=now,
        modified=now,
    )
    org.bases[base.id] = base
    org.audit(call.client, "Create", "KnowledgeBase", base.id, base.name)
    return base_view(base)


def change_base(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: name and description."""
    base = evolve(org.base(call.ids["base"]), modified=org.now(), **call.body)
    org.bases[base.id] = base
    org.audit(call.client, "Update", "KnowledgeBase", base.id, base.name)
    return base_view(base)


def delete_base(org: Organization, call: Call) -> dict[str, Any]:
    """DELETE: with everything in it; answers what it was."""
    base = org.base(call.ids["base"])
    gone = base_view(base)
    del org.bases[base.id]
    org.audit(call.client, "Delete", "KnowledgeBase", base.id, base.name)
    return gone


_ONE = f"{ROOT}/{{base}}"

ENDPOINTS = (
    Endpoint("GET", ROOT, list_bases, ["knowledge:knowledgebase:view"]),
    Endpoint("POST", ROOT, create_base, ["knowledge:knowledgebase:add"], CREATE),
    Endpoint("GET", _ONE, get_base, ["knowledge:knowledgebase:view"]),
    Endpoint("PATCH", _ONE, change_base, ["knowledge:knowledgebase:edit"], UPDATE),
    Endpoint("DELETE", _ONE, delete_base, ["knowledge:knowledgebase:delete"]),
)
"""The operations on knowledge bases."""
