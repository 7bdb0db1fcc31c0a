"""What people do to the configuration in the console: `create`, `edit` and `delete` of a `kind`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..kernel.simulator import BadAction
from . import datatables, divisions, keeping, observations, utilizations
from .dates import shown
from .estate import Membership
from .estate_items import SHELVES, item_of, utilization
from .organization import Organization
from .partners import Subscription
from .queue_shapes import FIELDS
from .queues import enrol, settled
from .schedules import GROUPS, LISTS, SCHEDULES, keep
from .shapes import members
from .thing import Thing
from .users import STATUSES, keep_status

Action = Mapping[str, Any]

AUDITED = {
    "queue": "Queue",
    "wrapup-code": "WrapupCode",
    "utilization-label": "RoutingUtilizationTag",
    "schedule": "Schedule",
    "schedule-group": "ScheduleGroup",
    "data-table": "DataTable",
    "user": "User",
    "skill": "RoutingSkill",
    "group": "Group",
}
"""What the audit trail calls each kind."""


def estate_act(org: Organization, action: Action) -> dict[str, Any]:
    """Carry out an action that names a `kind`.

    Raises:
        BadAction: it is malformed, or names nothing that there is.
        Refusal: the product refuses it.
    """
    do, kind = str(action.get("do")), str(action.get("kind"))
    special = _SPECIAL.get((do, kind))
    if special is not None:
        return special(org, action)
    if kind not in SHELVES:
        kinds = ", ".join(sorted({*SHELVES, *(kind for _, kind in _SPECIAL)}))
        raise BadAction(f"'kind' is one of {kinds}, not {kind!r}")
    deeds = {"create": _create, "edit": _edit, "delete": _delete}
    if do not in deeds:
        raise BadAction(f"'do' is one of {', '.join(deeds)} for a {kind}, not {do!r}")
    return deeds[do](org, kind, action)


def _one(org: Organization, kind: str, action: Action, key: str = "id") -> Thing:
    wanted = action.get(key, action.get("name"))
    found = SHELVES[kind][0](org).named(wanted) if isinstance(wanted, str) else []
    if len(found) != 1:
        raise BadAction(f"there is no single {kind} {wanted!r}")
    return found[0]


def _create(org: Organization, kind: str, action: Action) -> dict[str, Any]:
    value = {name: given for name, given in action.items() if name not in ("do", "kind")}
    kept = _checked(org, kind, value)
    thing = keeping.make(org, SHELVES[kind][0](org), AUDITED[kind], kept, org.person)
    return item_of(org, kind, thing)


def _edit(org: Organization, kind: str, action: Action) -> dict[str, Any]:
    """Change the fields of `set`, by dotted path; null takes one away. A queue's `members` are
    `{user: joined}`, with null for those who leave; a user's `skills` are `{skill: level}`."""
    thing = _one(org, kind, action)
    fields = dict(_fields(action))
    if kind == "queue":
        _enrolled(org, thing, fields.pop("members", {}))
    if kind == "user":
        _skilled(org, thing, fields.pop("skills", {}))
    if fields:
        value = _checked(org, kind, edited(thing.value, fields))
        if kind == "user" and fields.keys() <= {"routingStatus", "presence"}:
            return item_of(org, kind, keep_status(org, thing, value, org.person.id))
        shelf = SHELVES[kind][0](org)
        thing = keeping.change(org, shelf, AUDITED[kind], thing, value, org.person)
    return item_of(org, kind, thing)


def _fields(action: Action) -> Mapping[str, Any]:
    fields = action.get("set")
    if not isinstance(fields, dict) or not fields:
        raise BadAction("'set' is an object with dotted paths and their values")
    return fields


def edited(value: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with these paths exchanged; null takes one away."""
    found: dict[str, Any] = copy.deepcopy(dict(value))
    for path, new in fields.items():
        *parents, last = path.split(".")
        place = found
        for name in parents:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise BadAction(f"there is no field {path!r}")
        if new is None:
            place.pop(last, None)
        else:
            place[last] = new
    return found


def _enrolled(org: Organization, queue: Thing, given: Mapping[str, Any]) -> None:
    for name, joined in given.items():
        user = _one(org, "user", {"id": name})
        if joined is None:
            org.estate.members.get(queue.id, {}).pop(user.id, None)
        else:
            enrol(org, queue.id, user.id, Membership(joined=bool(joined)))
    if given:
        org.audit(org.person, "MemberUpdate", "Queue", queue.id, queue.name)


def _skilled(org: Organization, user: Thing, given: Mapping[str, Any]) -> None:
    held = org.estate.user_skills.setdefault(user.id, {})
    for name, level in given.items():
        skill = _one(org, "skill", {"id": name}).id
        if level is None:
            held.pop(skill, None)
        else:
            held[skill] = float(level)
    if given:
        org.audit(org.person, "Update", "User", user.id, user.name)


def _checked(org: Organization, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """The value as the API itself would keep it."""
    match kind:
        case "queue":
            return settled(org, members(**FIELDS)(value, ""))
        case "schedule" | "schedule-group":
            family = SCHEDULES if kind == "schedule" else GROUPS
            named = {n: _schedules(org, v) if n in LISTS else v for n, v in value.items()}
            body = family.shape(named, "")
            family.check(org, body)
            return keep(family, body)
        case "data-table":
            schema = _schema(value)
            return dict(datatables.TABLE({**value, "schema": schema}, ""))
        case "user":
            return _user(org, value)
        case "group":
            people = [_one(org, "user", {"id": one}) for one in value.get("members", ())]
            return {**value, "members": [one.id for one in people]}
        case _:
            return value


def _schedules(org: Organization, names: Any) -> list[dict[str, str]]:
    """References to schedules, which people name."""
    given = [one["id"] if isinstance(one, dict) else one for one in names]
    found = [_one(org, "schedule", {"id": one}) for one in given]
    return [{"id": one.id, "name": one.name} for one in found]


def _schema(value: dict[str, Any]) -> Any:
    """The schema, or one made of `columns`: `{name: type}`."""
    columns = value.pop("columns", None)
    if columns is None:
        return value.get("schema")
    typed = {
        name: {"type": kind, "title": name, "displayOrder": at}
        for at, (name, kind) in enumerate(columns.items(), 1)
    }
    key = {"type": "string", "title": "key", "displayOrder": 0, "maxLength": datatables.MOST_KEY}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["key"],
        "properties": {"key": key, **typed},
        "additionalProperties": False,
    }


def _user(org: Organization, value: dict[str, Any]) -> dict[str, Any]:
    status = value.get("routingStatus", "OFF_QUEUE")
    text = status["status"] if isinstance(status, dict) else status
    if text not in STATUSES:
        raise BadAction(f"'routingStatus' is one of {', '.join(STATUSES)}, not {text!r}")
    name = str(value.get("name", "Agent"))
    started = status if isinstance(status, dict) else {"startTime": shown(org.now())}
    return {
        "email": f"{name.lower().replace(' ', '.')}@example.com",
        "presence": "AVAILABLE",
        "state": "active",
        **value,
        "name": name,
        "routingStatus": {**started, "status": text},
    }


def _delete(org: Organization, kind: str, action: Action) -> dict[str, Any]:
    thing = _one(org, kind, action)
    gone = item_of(org, kind, thing)
    keeping.remove(org, SHELVES[kind][0](org), AUDITED[kind], thing.id, org.person)
    for kept in (org.estate.members, org.estate.queue_codes, org.estate.observed, org.estate.rows):
        kept.pop(thing.id, None)
    return {**gone, "state": "deleted"}


# -- what is no object of its own


def _utilization(org: Organization, action: Action) -> dict[str, Any]:
    """Change the utilization of the organisation, or of `user`; labels may be named."""
    fields = _fields(action)
    names = {one.name: one.id for one in org.estate.labels}
    paths = {_by_id(path, names): value for path, value in fields.items()}
    user = _one(org, "user", action, "user") if "user" in action else None
    old = org.estate.agents.get(user.id, {}) if user else org.estate.utilization
    value = utilizations.REQUEST(edited(old, paths), "")
    if user is not None:
        utilizations.keep_user(org, user.id, value, org.person)
        return item_of(org, "user", user)
    utilizations.keep_organization(org, value, org.person)
    return utilization(org)


def _by_id(path: str, names: Mapping[str, str]) -> str:
    parts = path.split(".")
    if parts[0] == "labelUtilizations":
        return ".".join([parts[0], names.get(parts[1], parts[1]), *parts[2:]])
    return path if parts[0] in ("utilization", "maxInboundCalls") else f"utilization.{path}"


def _row(org: Organization, action: Action) -> dict[str, Any]:
    """Write a row, or the fields of `set` of one."""
    table, key = _one(org, "data-table", action, "table"), str(action.get("key"))
    old = org.estate.rows.get(table.id, {}).get(key, {})
    row = datatables.fitting(table, {**edited(old, _fields(action)), "key": key})
    datatables.keep_row(org, table, row, org.person)
    return item_of(org, "data-table", table)


def _no_row(org: Organization, action: Action) -> dict[str, Any]:
    table, key = _one(org, "data-table", action, "table"), str(action.get("key"))
    if key not in org.estate.rows.get(table.id, {}):
        raise BadAction(f"there is no row {key!r} in {table.name!r}")
    datatables.drop_row(org, table, key, org.person)
    return item_of(org, "data-table", table)


def _observation(org: Organization, action: Action) -> dict[str, Any]:
    """Say what goes on in a queue: `set` has metrics, for the media type `mediaType`."""
    queue = _one(org, "queue", action)
    medium = str(action.get("mediaType", "voice"))
    observations.observe(org, queue, medium, _fields(action))
    return item_of(org, "queue", queue)


def _place(org: Organization, action: Action) -> dict[str, Any]:
    """Put a user or queue into the division `division`, which is made where there is none."""
    kind = str(action.get("kind"))
    thing = _one(org, kind, action)
    divisions.place(org, thing.id, str(action.get("division")), org.person)
    return item_of(org, kind, thing)


_SPECIAL: Mapping[tuple[str, str], Callable[[Organization, Action], dict[str, Any]]] = {
    ("edit", "utilization"): _utilization,
    ("create", "data-table-row"): _row,
    ("edit", "data-table-row"): _row,
    ("delete", "data-table-row"): _no_row,
    ("edit", "queue-observation"): _observation,
    ("place", "user"): _place,
    ("place", "queue"): _place,
}


# -- the organisation as a whole


def settings(org: Organization, action: Action) -> dict[str, Any]:
    """Change how the server behaves: `staleVersion` (409 or 400), `auditedRows`,
    `settleSeconds`."""
    known = {"staleVersion", "auditedRows", "settleSeconds"}
    unknown = sorted(set(action) - known - {"do"})
    if unknown or action.get("staleVersion", 409) not in (400, 409):
        raise BadAction(f"settings are {', '.join(sorted(known))}; staleVersion is 400 or 409")
    org.estate.stale = action.get("staleVersion", org.estate.stale)
    org.estate.audited_rows = bool(action.get("auditedRows", org.estate.audited_rows))
    if "settleSeconds" in action:
        org.settle(float(action["settleSeconds"]))
    return {
        "staleVersion": org.estate.stale,
        "auditedRows": org.estate.audited_rows,
        "settleSeconds": org.settling.total_seconds(),
    }


def subscribe(org: Organization, action: Action) -> dict[str, Any]:
    """Send partner events to `url` from now on; with `queue`, as messages of that SQS queue."""
    url = str(action.get("url", ""))
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
        raise BadAction(f"'url' is an http address on 127.0.0.1, not {url!r}")
    subscription = Subscription(
        url=url,
        queue=str(action.get("queue", "")),
        region=str(action.get("region", "us-east-1")),
        header=str(action.get("header", "X-Syncline-Secret" if action.get("secret") else "")),
        secret=str(action.get("secret", "")),
        drop=float(action.get("drop", 0)),
        duplicate=float(action.get("duplicate", 0)),
        reorder=bool(action.get("reorder", False)),
    )
    org.partners.subscribe(subscription)
    return {"url": url, "queue": subscription.queue}
