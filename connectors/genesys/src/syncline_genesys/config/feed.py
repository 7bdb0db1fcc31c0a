"""The audit trail as a change feed, and as the answer to who changed something.

Source: Genesys Platform API, POST /api/v2/audits/query/realtime: the last 14 days, entries appear
with some delay. Entries of our own client are told like all others: a hint does no harm, and
another program may write with the same credential.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta, timezone

from attrs import define, field

from syncline.config_items import Author, kind_and_name
from syncline.model import ChangePage, Cursor, Ref
from syncline.ports import Clock

from ..blocks.decode import part, text
from ..blocks.words import Json
from ..client import entities
from ..documents import moment
from . import audited
from .calls import AUDITS, PAGES, Calls
from .directory import Directory, is_id
from .races import Races

REACH = timedelta(days=13)
"""How far back is asked: a day less than the vendor keeps, for clocks that differ."""
AHEAD = timedelta(minutes=1)
SIZE = 100
REMEMBERED = 20_000
"""Ids of entries that were told already: the overlap of two polls is not told twice."""

TYPES: Mapping[str, str] = {
    "queue": "Queue",
    "schedule": "Schedule",
    "schedule-group": "ScheduleGroup",
    "utilization": "MaxOrgRoutingUtilizationCapacity",
    "user": "User",
}
"""What the trail calls our kinds."""


@define
class Feed:
    """Reads the trail of a connection's organisation."""

    _calls: Calls
    _clock: Clock
    _directory: Directory
    _races: Races
    _connection: str
    _client: str
    _overlap: timedelta
    _told: OrderedDict[str, None] = field(factory=OrderedDict)

    async def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """Yield hints since `cursor`, a time; with the last page comes the time to go on from."""
        now = self._clock.now()
        since = _since(cursor)
        if since is None or since < now - REACH:
            yield ChangePage(changes=(), cursor=_cursor(now), reset=cursor is not None)
            return
        # Oldest first and up to a fixed end: no page shifts while others are read.
        body = {"interval": span(since - self._overlap, now + AHEAD), "sort": _sorted("ascending")}
        async for page in self._pages(body):
            hints = audited.changes(self._connection, self._ids(page))
            if hints:
                yield ChangePage(changes=hints, cursor=None)
        yield ChangePage(changes=(), cursor=_cursor(now))

    async def _pages(self, body: Json) -> AsyncIterator[list[Json]]:
        for number in range(1, PAGES + 1):
            asked = {**body, "pageSize": SIZE, "pageNumber": number}
            page = await self._calls.page(AUDITS, asked, {"expand": "user"})
            found = entities(page, AUDITS)
            yield found
            if len(found) < SIZE and number >= int(page.get("pageCount") or 0):
                return

    def _ids(self, entries: list[Json]) -> Iterator[str]:
        for entry in entries:
            if self._is_new(text(entry, "id")):
                self._races.look(entry)
                kind, entity = text(entry, "entityType"), part(entry, "entity")
                yield from audited.entities(kind, entity, self._directory.name_of)

    def _is_new(self, id: str) -> bool:
        if id in self._told:
            return False
        self._told[id] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True

    async def author(self, ref: Ref, path: str, since: datetime | None) -> Author | None:
        """Return who changed a field last, as far as the trail reaches back."""
        kind, name = kind_and_name(ref)
        if kind not in TYPES:
            return None
        now = self._clock.now()
        start = max(since or now - REACH, now - REACH)
        body = {
            "interval": span(start, now + AHEAD),
            "filters": self._filters(kind, name),
            "sort": _sorted("descending"),
            "pageSize": SIZE,
            "pageNumber": 1,
        }
        page = await self._calls.page(AUDITS, body, {"expand": "user"})
        return author_of(entities(page, AUDITS), path, self._client)

    def _filters(self, kind: str, name: str) -> list[Json]:
        filters = [{"property": "EntityType", "value": TYPES[kind]}]
        wanted = name.removeprefix("user/")
        id = wanted if is_id(wanted) else self._directory.id_of(kind, name)
        return [*filters, {"property": "EntityId", "value": id}] if id else filters


def author_of(entries: list[Json], path: str, client: str) -> Author | None:
    """Return who is named by the newest entry about a field; of any entry where none tells fields.

    An entry of which it is not known who made it tells nothing.
    """
    about = [one for one in entries if _touches(one, path)] or [
        one for one in entries if not one.get("propertyChanges")
    ]
    for entry in about:
        at = moment(entry.get("eventDate"))
        made_by = text(part(entry, "client"), "id")
        user = part(entry, "user")
        name = text(user, "name") or text(user, "id") or made_by
        if at is not None and name:
            return Author(name=name, at=at, ours=made_by == client and not user)
    return None


def _touches(entry: Json, path: str) -> bool:
    """Return whether an entry names a field, or what it is a part of, or a part of it."""
    names = (text(one, "property") for one in entry.get("propertyChanges") or ())
    return any(_related(name, path) for name in names)


def _related(name: str, path: str) -> bool:
    return (
        name == path
        or name.startswith(f"{path}.")
        or path.startswith(f"{name}.")
        # Utilization has its media one level deeper in the vendor's own words.
        or name == f"utilization.{path}"
    )


def span(start: datetime, end: datetime) -> str:
    """Return an interval as the vendor writes it."""
    return f"{_shown(start)}/{_shown(end)}"


def _shown(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _sorted(order: str) -> list[Json]:
    return [{"name": "Timestamp", "sortOrder": order}]


def _cursor(at: datetime) -> Cursor:
    return Cursor(_shown(at))


def _since(cursor: Cursor | None) -> datetime | None:
    return moment(cursor) if cursor is not None else None


__all__ = ["Feed", "author_of", "span"]
