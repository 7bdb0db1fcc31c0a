"""Routing queues: the whole object is written, and nothing of the vendor's guards it.

Source: Genesys Platform API, PUT /api/v2/routing/queues/{queueId}: a full replace, without a
version, an ETag or If-Match. So: read, compare the time and the fields that rules can write,
exchange, write, read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from attrs import frozen

from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.model import JSON, Ref, Version

from ..blocks.decode import part, text
from ..blocks.words import Json
from ..documents import moment
from .calls import QUEUES, Calls
from .fields import exchanged, fitting, news, version_of, writable
from .kinds import QUEUE
from .named import Named, sight
from .part import Sight, foreign, name_of, stale
from .races import Races
from .readback import read_back

READ_ONLY = frozenset(
    {
        "id",
        "selfUri",
        "memberCount",
        "userMemberCount",
        "joinedMemberCount",
        "dateCreated",
        "dateModified",
        "createdBy",
        "modifiedBy",
    }
)
"""What QueueRequest marks as read-only, and what the server alone keeps."""
_PATHS = writable(QUEUE)


@frozen
class Queues:
    """The kind `queue`."""

    _calls: Calls
    _named: Named
    _races: Races

    async def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        for ref, found in (await self._named.read(refs)).items():
            yield sight(ref, found, _record)

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        return ""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        fitting(QUEUE, ref, changes)
        fresh = await self._named.fresh(ref)
        if version(fresh) != expected:
            raise stale(ref, text(fresh, "dateModified"))
        new = news(fresh, changes)
        return _record(ref, await self._replace(ref, fresh, new) if new else fresh)

    async def _replace(self, ref: Ref, fresh: Json, new: Mapping[str, JSON]) -> Json:
        """Return the queue as it is after the write."""
        path = f"{QUEUES}/{text(fresh, 'id')}"
        written = await self._calls.put(path, request(exchanged(fresh, new)), ref=ref)
        after = await read_back(self._calls, path, ref, written, stamp="dateModified")
        self._races.wrote(str(ref), fresh, after)
        self._named.seen(after, name_of(ref))
        return after


def request(queue: Json) -> Json:
    """Return the QueueRequest that leaves a queue as it is: everything but what is read-only."""
    kept = {name: value for name, value in queue.items() if name not in READ_ONLY}
    if "division" in kept:
        kept["division"] = {"id": text(part(queue, "division"), "id")}
    return kept


def version(queue: Json) -> Version:
    """Return the time of the last change with a digest of the fields that rules can write."""
    return version_of(queue, _PATHS, text(queue, "dateModified"))


def _record(ref: Ref, queue: Json) -> ConfigRecord:
    return ConfigRecord(
        ref=ref,
        version=version(queue),
        values=queue,
        title=text(queue, "name"),
        foreign=foreign(queue),
        updated_at=moment(queue.get("dateModified")),
        updated_by=text(queue, "modifiedBy") or None,
    )


__all__ = ["Queues", "request", "version"]
