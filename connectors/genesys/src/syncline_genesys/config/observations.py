"""What goes on in queues, and how many users are ready: one query for many queues. Read-only.

Source: Genesys Platform API, POST /api/v2/analytics/queues/observations/query; what is zero is left
out of its answer. Users of the organisation: GET /api/v2/users, expanded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from syncline.config_items import ConfigRecord, kind_and_name
from syncline.config_store import FieldWrite
from syncline.errors import StoreError
from syncline.model import JSON, Ref, Version

from ..blocks.decode import part, text
from ..blocks.words import Json
from .calls import OBSERVATIONS, USERS, Calls, chunks
from .fields import digest
from .kinds import CONVERSATIONS, MEDIA_TYPES, STATUSES
from .kinds import USERS as USER_METRICS
from .named import Absent, Found, Named
from .part import Sight, absent, name_of, read_only

BY_STATUS = "oUserRoutingStatuses"
ORGANIZATION = "organization"


@frozen
class Observations:
    """The kinds `queue-observation` and `user-status-count`."""

    _calls: Calls
    _queues: Named

    async def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        everybody = [ref for ref in refs if _queue(ref) is None]
        found = await self._found({ref: name for ref in refs if (name := _queue(ref)) is not None})
        ids = [one for one in found.values() if isinstance(one, str)]
        seen = await self.observed(list(dict.fromkeys(ids)))
        for ref, one in found.items():
            yield _sight(ref, one, seen)
        for sight in await self._everybody(everybody):
            yield sight

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        return "what is observed can only be read"

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        raise read_only(ref)

    async def _found(self, names: Mapping[Ref, str]) -> Mapping[Ref, str | Absent | StoreError]:
        """Return the queue's id of each ref.

        Ids are looked at, too: of a queue that there is not, nothing would be observed, and nothing
        is a number that rules act on.
        """
        asked = {ref: Ref(ref.connection, f"queue/{name}") for ref, name in names.items()}
        queues = await self._queues.read(list(dict.fromkeys(asked.values()))) if asked else {}
        return {ref: _id(queues[queue]) for ref, queue in asked.items()}

    async def observed(self, ids: Sequence[str]) -> Mapping[str, Json]:
        """Return what is observed of queues, by id: a hundred in one query."""
        seen: dict[str, Json] = {id: unseen() for id in ids}
        for some in chunks(ids):
            for one in await self._calls.query(OBSERVATIONS, query(some), "results"):
                add(seen, one)
        return seen

    async def _everybody(self, refs: Sequence[Ref]) -> list[Sight]:
        if not refs:
            return []
        try:
            params = {"expand": "routingStatus,presence", "state": "active"}
            users = [user async for user in self._calls.all(USERS, params)]
        except StoreError as error:
            return [(ref, error) for ref in refs]
        counts = user_counts(users)
        return [_record(ref, counts) for ref in refs]


def _queue(ref: Ref) -> str | None:
    """Return the queue that a ref is about; None: all users of the organisation."""
    kind, name = kind_and_name(ref)
    if kind != "user-status-count":
        return name
    what, _, queue = name.partition("/")
    return None if name == ORGANIZATION else queue if what == "queue" and queue else name


def _id(found: Found) -> str | Absent | StoreError:
    return text(found, "id") if isinstance(found, dict) else found


def query(ids: Iterable[str]) -> Json:
    """Return the query for everything that is told of queues."""
    predicates = [{"type": "dimension", "dimension": "queueId", "value": id} for id in ids]
    return {
        "filter": {"type": "or", "predicates": predicates},
        "metrics": [*CONVERSATIONS, *USER_METRICS, BY_STATUS],
    }


def unseen() -> Json:
    """Return what is observed where nothing goes on."""
    return {
        **dict.fromkeys((*CONVERSATIONS, *USER_METRICS), 0),
        **{medium: dict.fromkeys(CONVERSATIONS, 0) for medium in MEDIA_TYPES},
        BY_STATUS: dict.fromkeys(STATUSES, 0),
    }


def add(seen: dict[str, Json], container: Json) -> None:
    """Add one container of an answer to what is observed of its queue."""
    group = part(container, "group")
    found = seen.get(text(group, "queueId"))
    if found is None:
        return
    for one in container.get("data") or ():
        metric, count = text(one, "metric"), part(one, "stats").get("count")
        if isinstance(count, int):
            _count(found, metric, count, text(group, "mediaType"), text(one, "qualifier"))


def _count(found: Json, metric: str, count: int, medium: str, qualifier: str) -> None:
    if metric == BY_STATUS:
        statuses = found[BY_STATUS]
        statuses[qualifier] = statuses.get(qualifier, 0) + count
        return
    found[metric] = found.get(metric, 0) + count
    if medium:
        # A medium that is new to us is told, too; rules cannot know it yet.
        by_medium = found.setdefault(medium, {})
        by_medium[metric] = by_medium.get(metric, 0) + count


def status_counts(statuses: Mapping[str, Any]) -> Json:
    """Return how many users have each routing status, with their sums."""
    counts = {**dict.fromkeys(STATUSES, 0), **statuses}
    total = sum(counts.values())
    return {**counts, "total": total, "onQueue": total - counts["OFF_QUEUE"]}


def user_counts(users: Iterable[Json]) -> Json:
    """Return how many users have each routing status and each presence."""
    statuses: dict[str, int] = {}
    presences: dict[str, int] = {}
    for user in users:
        status = text(part(user, "routingStatus"), "status") or "OFF_QUEUE"
        presence = text(part(part(user, "presence"), "presenceDefinition"), "systemPresence")
        statuses[status] = statuses.get(status, 0) + 1
        if presence:
            key = presence.upper()
            presences[key] = presences.get(key, 0) + 1
    return {**status_counts(statuses), "presence": presences}


def _sight(ref: Ref, found: str | Absent | StoreError, seen: Mapping[str, Json]) -> Sight:
    match found:
        case Absent(why=why, gone=gone):
            return absent(ref, why, gone=gone)
        case StoreError():
            return ref, found
        case str(id) if kind_and_name(ref)[0] == "user-status-count":
            return _record(ref, status_counts(seen[id][BY_STATUS]))
        case id:
            return _record(ref, seen[id])


def _record(ref: Ref, values: Json) -> ConfigRecord:
    return ConfigRecord(ref=ref, version=Version(digest(values)), values=values, title=name_of(ref))


__all__ = ["Observations", "add", "query", "status_counts", "unseen", "user_counts"]
