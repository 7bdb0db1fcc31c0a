"""Schedules and schedule groups: the `version` in a body has to be the current one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from . import keeping
from .dates import shown
from .errors import Refusal, bad_request, conflict, invalid_value, missing_field
from .estate import Estate
from .numbered import numbered
from .organization import Organization
from .queue_shapes import DIVISION, REF
from .serving import Call, Endpoint
from .shapes import Member, Shape, integer, listing, members, needed, read_only, text
from .thing import Shelf, Thing, called

_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?")
_SERVED = read_only(
    "id", "dateCreated", "dateModified", "modifiedBy", "createdBy", "state", "modifiedByApp",
    "createdByApp", "selfUri",
)  # fmt: skip


def local(value: Any, path: str) -> str:
    """A date and time of day without a zone, with milliseconds as the vendor shows it."""
    if not isinstance(value, str) or not _LOCAL.fullmatch(value):
        raise invalid_value(path, "a date such as 2026-03-02T09:00:00.000 is expected")
    try:
        return datetime.fromisoformat(value).isoformat(timespec="milliseconds")
    except ValueError:
        raise invalid_value(path, f"{value!r} is not a date") from None


def _rule(value: Any, path: str) -> str:
    found = str(text()(value, path))
    if found and "FREQ=" not in found:
        raise invalid_value(path, "is not a recurrence rule")
    return found


def _zone(value: Any, path: str) -> str:
    try:
        return ZoneInfo(text(blank=False)(value, path)).key
    except (KeyError, ValueError, OSError):
        raise invalid_value(path, f"{value!r} is not a time zone") from None


_COMMON: dict[str, Shape | Member] = {
    "name": needed(text(most=256, blank=False)),
    "division": DIVISION,
    "description": text(),
    "version": integer(0),
}
SCHEDULE = members(**_COMMON, start=needed(local), end=needed(local), rrule=_rule, **_SERVED)
GROUP = members(
    **_COMMON,
    timeZone=_zone,
    openSchedules=listing(REF),
    closedSchedules=listing(REF),
    holidaySchedules=listing(REF),
    **_SERVED,
)
LISTS = ("openSchedules", "closedSchedules", "holidaySchedules")


@frozen(kw_only=True)
class Family:
    """What schedules and their groups have in common."""

    root: str
    kind: str
    permission: str
    shelf: Callable[[Estate], Shelf]
    shape: Callable[[Any, str], Any]
    check: Callable[[Organization, Mapping[str, Any]], None]


def view(org: Organization, family: Family, thing: Thing) -> dict[str, Any]:
    """`Schedule` or `ScheduleGroup`."""
    author = "createdByApp" if org.clients.holds(thing.created_by) else "createdBy"
    editor = "modifiedByApp" if org.clients.holds(thing.modified_by) else "modifiedBy"
    return {
        "id": thing.id,
        **thing.value,
        "division": {"id": org.division, "name": "Home"},
        "version": thing.version,
        "dateCreated": shown(thing.created),
        "dateModified": shown(thing.modified),
        author: thing.created_by,
        editor: thing.modified_by,
        "state": "active",
        "selfUri": f"{family.root}/{thing.id}",
    }


def keep(family: Family, body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a body that is kept as it is."""
    return {name: value for name, value in body.items() if name not in ("division", "version")}


def stale(org: Organization, given: int, current: int) -> Refusal:
    """409, or the 400 that the vendor is known for as well."""
    message = f"The version [{given}] does not match the current version [{current}]."
    if org.estate.stale == 400:
        return bad_request(message, code="bad.request", field_name="version")
    return conflict(message)


def _in_order(org: Organization, body: Mapping[str, Any]) -> None:
    if datetime.fromisoformat(body["end"]) <= datetime.fromisoformat(body["start"]):
        raise invalid_value("end", "must be after start")


def _all_known(org: Organization, body: Mapping[str, Any]) -> None:
    for name in LISTS:
        for one in body.get(name, ()):
            if not org.estate.schedules.holds(one.get("id", "")):
                raise invalid_value(name, f"there is no schedule {one.get('id')!r}")


SCHEDULES = Family(
    root="/api/v2/architect/schedules",
    kind="Schedule",
    permission="routing:schedule",
    shelf=lambda estate: estate.schedules,
    shape=SCHEDULE,
    check=_in_order,
)
GROUPS = Family(
    root="/api/v2/architect/schedulegroups",
    kind="ScheduleGroup",
    permission="routing:scheduleGroup",
    shelf=lambda estate: estate.groups,
    shape=GROUP,
    check=_all_known,
)


def using(org: Organization, schedule_id: str) -> list[Thing]:
    """The groups that name a schedule."""
    return [
        group
        for group in org.estate.groups
        if any(one["id"] == schedule_id for name in LISTS for one in group.value.get(name, ()))
    ]


def _endpoints(family: Family) -> tuple[Endpoint, ...]:
    def listing_(org: Organization, call: Call) -> dict[str, Any]:
        wanted = set(call.values("scheduleIds"))
        found = [
            view(org, family, one)
            for one in keeping.listed(org, family.shelf(org.estate))
            if called(one, call.query.get("name")) and _names_any(one, wanted)
        ]
        if call.query.get("sortOrder", "").lower().startswith("desc"):
            found.reverse()
        return numbered(call, found, most=500, newest=family.shelf(org.estate).newest())

    def get(org: Organization, call: Call) -> dict[str, Any]:
        return view(org, family, family.shelf(org.estate).get(call.ids["thing"]))

    def create(org: Organization, call: Call) -> dict[str, Any]:
        family.check(org, call.body)
        value, shelf = keep(family, call.body), family.shelf(org.estate)
        return view(org, family, keeping.make(org, shelf, family.kind, value, call.client))

    def replace(org: Organization, call: Call) -> dict[str, Any]:
        shelf = family.shelf(org.estate)
        old = shelf.get(call.ids["thing"])
        if "version" not in call.body:
            raise missing_field("version")
        if call.body["version"] != old.version:
            raise stale(org, call.body["version"], old.version)
        family.check(org, call.body)
        value = keep(family, call.body)
        return view(org, family, keeping.change(org, shelf, family.kind, old, value, call.client))

    def delete(org: Organization, call: Call) -> None:
        shelf = family.shelf(org.estate)
        thing = shelf.get(call.ids["thing"])
        if using(org, thing.id):
            raise conflict("The schedule is assigned to a schedule group.")
        keeping.remove(org, shelf, family.kind, thing.id, call.client)

    one, may = f"{family.root}/{{thing}}", family.permission
    return (
        Endpoint("GET", family.root, listing_, [f"{may}:view"]),
        Endpoint("POST", family.root, create, [f"{may}:add"], family.shape),
        Endpoint("GET", one, get, [f"{may}:view"]),
        Endpoint("PUT", one, replace, [f"{may}:edit"], family.shape),
        Endpoint("DELETE", one, delete, [f"{may}:delete"]),
    )


def _names_any(one: Thing, wanted: set[str]) -> bool:
    if not wanted:
        return True
    return any(found["id"] in wanted for name in LISTS for found in one.value.get(name, ()))


ENDPOINTS = (*_endpoints(SCHEDULES), *_endpoints(GROUPS))
"""The operations on schedules and schedule groups."""
