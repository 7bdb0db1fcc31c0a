"""Keeping a new state of a configuration object, with its line in the audit trail."""

from __future__ import annotations

from typing import Any

from .changes import differences
from .oauth import Client
from .organization import Organization, Person
from .thing import Shelf, Thing


def make(
    org: Organization, shelf: Shelf, kind: str, value: dict[str, Any], author: Client | Person
) -> Thing:
    """Keep a new object."""
    now = org.now()
    thing = Thing(
        id=org.ids.uuid(),
        value=value,
        created=now,
        modified=now,
        created_by=author.id,
        modified_by=author.id,
    )
    shelf.put(thing)
    org.audit(author, "Create", kind, thing.id, thing.name, differences({}, value))
    return thing


def change(
    org: Organization,
    shelf: Shelf,
    kind: str,
    thing: Thing,
    value: dict[str, Any],
    author: Client | Person,
) -> Thing:
    """Keep a new state of an object; even one that says the same counts as a change."""
    changed = shelf.put(thing.changed(value, org.now(), author.id))
    changes = differences(thing.value, value)
    org.audit(author, "Update", kind, thing.id, changed.name, changes)
    return changed


def remove(
    org: Organization, shelf: Shelf, kind: str, thing_id: str, author: Client | Person
) -> Thing:
    """Take an object away."""
    gone = shelf.remove(thing_id)
    org.audit(author, "Delete", kind, thing_id, gone.name)
    return gone


def listed(org: Organization, shelf: Shelf) -> list[Thing]:
    """The objects as listings show them: new ones, and changes, only when they have settled."""
    latest = org.now() - org.settling
    found = (one if one.modified <= latest else one.before for one in shelf)
    return sorted((one for one in found if one), key=lambda one: (one.name.casefold(), one.id))
