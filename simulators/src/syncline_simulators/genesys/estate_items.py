"""Configuration objects as people see them: each one whole, with its members, rows and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import utilizations
from .organization import Organization
from .queues import queue_view
from .schedules import GROUPS, SCHEDULES, view
from .thing import Shelf, Thing
from .users import status_view


def _queue(org: Organization, queue: Thing) -> dict[str, Any]:
    members = org.estate.members.get(queue.id, {})
    codes = [org.estate.codes.get(one).name for one in org.estate.queue_codes.get(queue.id, [])]
    return {
        **queue_view(org, queue),
        "members": {user: one.joined for user, one in sorted(members.items())},
        "wrapupCodes": sorted(codes),
        "observations": org.estate.observed.get(queue.id, {}),
    }


def _table(org: Organization, table: Thing) -> dict[str, Any]:
    rows = org.estate.rows.get(table.id, {})
    return {"id": table.id, **table.value, "rows": [rows[key] for key in sorted(rows)]}


def _user(org: Organization, user: Thing) -> dict[str, Any]:
    held = org.estate.user_skills.get(user.id, {})
    return {
        "id": user.id,
        **user.value,
        "routingStatus": status_view(user),
        "skills": {org.estate.skills.get(one).name: level for one, level in held.items()},
        "utilization": utilizations.user_view(org, user.id),
    }


def _plain(org: Organization, thing: Thing) -> dict[str, Any]:
    return {"id": thing.id, **thing.value}


SHELVES: Mapping[
    str,
    tuple[Callable[[Organization], Shelf], Callable[[Organization, Thing], dict[str, Any]]],
] = {
    "queue": (lambda org: org.estate.queues, _queue),
    "wrapup-code": (lambda org: org.estate.codes, _plain),
    "utilization-label": (lambda org: org.estate.labels, _plain),
    "schedule": (lambda org: org.estate.schedules, lambda org, one: view(org, SCHEDULES, one)),
    "schedule-group": (lambda org: org.estate.groups, lambda org, one: view(org, GROUPS, one)),
    "data-table": (lambda org: org.estate.tables, _table),
    "user": (lambda org: org.estate.users, _user),
    "skill": (lambda org: org.estate.skills, _plain),
    "group": (lambda org: org.estate.user_groups, _plain),
}
"""Each kind: where its objects are, and how one is shown."""


def items(org: Organization) -> list[dict[str, Any]]:
    """Every object; the utilization only where somebody has configured anything at all."""
    found = [item_of(org, kind, one) for kind, (shelf, _) in SHELVES.items() for one in shelf(org)]
    return [*found, utilization(org)] if found or org.estate.utilization else []


def item(org: Organization, item_id: str) -> dict[str, Any] | None:
    """One object by `<kind>/<id or name>`, such as `queue/Support`."""
    kind, _, name = item_id.partition("/")
    if kind == "utilization":
        return utilization(org)
    if kind not in SHELVES:
        return None
    return next((item_of(org, kind, one) for one in _named(org, kind, name)), None)


def _named(org: Organization, kind: str, name: str) -> Iterator[Thing]:
    yield from SHELVES[kind][0](org).named(name)


def item_of(org: Organization, kind: str, thing: Thing) -> dict[str, Any]:
    """An object with what every item of a simulator has; `body` is the whole of it."""
    body = SHELVES[kind][1](org, thing)
    return _item(f"{kind}/{thing.id}", kind, thing.name, thing.version, body)


def utilization(org: Organization) -> dict[str, Any]:
    """The organisation's utilization."""
    body = utilizations.organization_view(org)
    return _item("utilization/organization", "utilization", org.name, 0, body)


def _item(
    item_id: str, kind: str, title: str, version: int, body: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": item_id,
        "kind": kind,
        "title": title,
        "body": body,
        "state": "active",
        "version": version,
        "parent": None,
        "restricted": False,
        "labels": [],
    }
