"""Which objects an entry of the audit trail, or an event, is about. Pure; values are not believed.

Entity types and services: Genesys audit topic `v2.audits.entitytype.{id}.entityid.{id}`. Whether
rows of data tables are audited is unconfirmed at the vendor: nothing here relies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from syncline.config_items import item_ref
from syncline.model import JSON, Change

from ..blocks.decode import part, text
from ..blocks.words import Json

KINDS: Mapping[str, str] = {
    "Queue": "queue",
    "Schedule": "schedule",
    "ScheduleGroup": "schedule-group",
    "User": "user",
    "Users": "user",
}
"""Entity types whose objects have a kind of their own here."""
UTILIZATION = ("MaxOrgRoutingUtilizationCapacity", "RoutingUtilizationTag")
LONGEST = 300
"""Characters of a name that is taken from an event."""

NameOf = Callable[[str, str], str | None]
"""Returns the name that an object of a kind with an id had when it was read last."""


def entities(kind: str, entity: Json, name_of: NameOf) -> Iterator[str]:
    """Yield the ids (`<kind>/<name>`) of the objects that an entry may be about.

    Rules name objects by name or by id, so each is told in all its spellings.
    """
    id, name = _word(entity.get("id")), _word(entity.get("name"))
    if kind in KINDS:
        ours = KINDS[kind]
        yield from (f"{ours}/{one}" for one in _spelt(id, name, name_of("queue", id)))
        if ours == "user" and id:
            yield f"utilization/user/{id}"
    elif kind in UTILIZATION:
        yield "utilization/organization"
        if id:
            yield f"utilization/user/{id}"
    elif kind == "Row":
        table, _, key = id.partition("/")
        if key:
            spelt = _spelt(table, "", name_of("data-table", table))
            yield from (f"data-table-row/{one}/{key}" for one in spelt)


def observed(queue: str, name_of: NameOf) -> Iterator[str]:
    """Yield the ids of what can be observed of a queue."""
    for one in _spelt(_word(queue), "", name_of("queue", queue)):
        yield f"queue-observation/{one}"
        yield f"user-status-count/queue/{one}"


def status_of(user: str) -> Iterator[str]:
    """Yield the ids of what a user's routing status counts for."""
    yield f"user/{_word(user)}"
    yield "user-status-count/organization"


def of_event(detail: Mapping[str, JSON], name_of: NameOf) -> Iterator[str]:
    """Yield the ids of the objects that an event of any topic is about."""
    topic, body = detail.get("topicName"), detail.get("eventBody")
    parts = topic.split(".") if isinstance(topic, str) else []
    match parts:
        case ["v2", "audits", *_] if isinstance(body, dict):
            yield from entities(text(body, "entityType"), part(body, "entity"), name_of)
        case ["v2", "analytics", "queues", queue, *_]:
            yield from observed(queue, name_of)
        case ["v2", "users", user, "routingStatus"]:
            yield from status_of(user)
        case _:
            pass


def changes(connection: str, ids: Iterator[str]) -> tuple[Change, ...]:
    """Return hints about objects of a connection, each once."""
    return tuple(Change(ref=item_ref(connection, *id.split("/", 1))) for id in dict.fromkeys(ids))


def _spelt(*names: str | None) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))


def _word(value: object) -> str:
    """Return a text that can be an identity; empty for everything else."""
    fits = isinstance(value, str) and len(value) <= LONGEST and value.isprintable()
    return str(value) if fits else ""


__all__ = ["NameOf", "changes", "entities", "observed", "of_event", "status_of"]
