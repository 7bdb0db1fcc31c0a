"""What goes on in queues right now: `POST /api/v2/analytics/queues/observations/query`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import invalid_value, missing_field
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import listing, members, needed, one_of, text
from .thing import Thing

BY_MEDIA = ("oAlerting", "oInteracting", "oWaiting")
"""Conversations: what a person says through the admin API, by media type."""
BY_USER = (
    "oActiveUsers", "oMemberUsers", "oOffQueueUsers", "oOnQueueUsers", "oUserPresences",
    "oUserRoutingStatuses",
)  # fmt: skip
"""Users: follows from the members of a queue, their routing statuses and presences."""
METRICS = (*BY_MEDIA, *BY_USER)
MEDIA_TYPES = ("voice", "callback", "chat", "email", "message")

_PREDICATE = members(
    type=one_of("dimension", "property", "metric"),
    dimension=needed(one_of("mediaType", "queueId")),
    operator=one_of("matches", "exists", "notExists"),
    value=text(),
)
_PREDICATES = listing(_PREDICATE)
REQUEST = members(
    filter=needed(
        members(
            type=needed(one_of("and", "or")),
            clauses=listing(
                members(type=needed(one_of("and", "or")), predicates=needed(_PREDICATES))
            ),
            predicates=_PREDICATES,
        )
    ),
    metrics=needed(listing(one_of(*METRICS), least=1)),
    detailMetrics=listing(one_of(*METRICS)),
)
"""`QueueObservationQuery`."""


def query(org: Organization, call: Call) -> dict[str, Any]:
    """POST: a container for each queue and media type in which there is something."""
    wanted, metrics = call.body["filter"], call.body["metrics"]
    if not _names_queue(wanted):
        raise missing_field("filter.predicates with the dimension queueId")
    containers = (
        {"group": group, "data": data}
        for queue in org.estate.queues
        for group, data in _containers(org, queue, metrics)
        if _meets(wanted, group)
    )
    results = [one for one in containers if one["data"]]
    return {"results": results} if results else {}


def _names_queue(wanted: Mapping[str, Any]) -> bool:
    parts = [wanted, *wanted.get("clauses", ())]
    return any(
        one["dimension"] == "queueId" for part in parts for one in part.get("predicates", ())
    )


def _meets(wanted: Mapping[str, Any], group: Mapping[str, str]) -> bool:
    found = [_meets(clause, group) for clause in wanted.get("clauses", ())]
    found += [_holds(one, group) for one in wanted.get("predicates", ())]
    return all(found) if wanted["type"] == "and" else any(found)


def _holds(one: Mapping[str, Any], group: Mapping[str, str]) -> bool:
    has = group.get(one["dimension"])
    match one.get("operator", "matches"):
        case "exists":
            return has is not None
        case "notExists":
            return has is None
        case _:
            return has == one.get("value")


def _containers(
    org: Organization, queue: Thing, metrics: list[str]
) -> Iterator[tuple[dict[str, str], list[dict[str, Any]]]]:
    users = [one for metric in metrics for one in _of_users(org, queue, metric)]
    yield {"queueId": queue.id}, users
    for medium, counts in org.estate.observed.get(queue.id, {}).items():
        shown = [_data(metric, counts[metric]) for metric in metrics if metric in counts]
        yield {"queueId": queue.id, "mediaType": medium}, shown


def _data(metric: str, count: int, qualifier: str = "") -> dict[str, Any]:
    stats = {"count": count}
    return {"metric": metric, **({"qualifier": qualifier} if qualifier else {}), "stats": stats}


def _of_users(org: Organization, queue: Thing, metric: str) -> Iterator[dict[str, Any]]:
    members = org.estate.members.get(queue.id, {})
    joined = [org.estate.users.get(user) for user in org.estate.joined(queue.id)]
    statuses = Counter(str(one.value["routingStatus"]["status"]) for one in joined)
    presences = Counter(str(one.value["presence"]) for one in joined)
    match metric:
        case "oMemberUsers":
            yield from [_data(metric, len(members))] if members else []
        case "oActiveUsers":
            active = len(joined) - presences["OFFLINE"]
            yield from [_data(metric, active)] if active else []
        case "oUserRoutingStatuses":
            yield from (_data(metric, count, status) for status, count in statuses.items())
        case "oUserPresences":
            yield from (_data(metric, count, presence) for presence, count in presences.items())
        case "oOnQueueUsers":
            on = {status: count for status, count in statuses.items() if status != "OFF_QUEUE"}
            yield from (_data(metric, count, status) for status, count in on.items())
        case "oOffQueueUsers":
            off = [one for one in joined if one.value["routingStatus"]["status"] == "OFF_QUEUE"]
            away = Counter(str(one.value["presence"]) for one in off)
            yield from (_data(metric, count, presence) for presence, count in away.items())
        case _:
            pass


def observe(org: Organization, queue: Thing, medium: str, counts: Mapping[str, Any]) -> None:
    """Say what is going on in a queue.

    Raises:
        Refusal: 400; there is no such media type or metric, or a number is none.
    """
    one_of(*MEDIA_TYPES)(medium, "mediaType")
    for metric, count in counts.items():
        one_of(*BY_MEDIA)(metric, "metric")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise invalid_value(metric, "a whole number from 0 on is expected")
    kept = org.estate.observed.setdefault(queue.id, {}).setdefault(medium, {})
    kept.update(counts)
    org.partners.observed(queue, medium, kept)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v2/analytics/queues/observations/query",
        query,
        ["analytics:queueObservation:view"],
        REQUEST,
    ),
)
"""The query."""
