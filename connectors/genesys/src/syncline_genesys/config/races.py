"""Edits of people that a write of a whole object replaced, found in the audit trail afterwards.

Nothing of the vendor's guards a queue: who saves it between our read and our write loses that edit.
Its moment lies between the last change that we had seen and our own, and so the trail shows it.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from datetime import datetime

from attrs import define, field, frozen

from ..blocks.decode import part, text
from ..blocks.words import Json
from ..documents import moment

logger = logging.getLogger(__name__)

REMEMBERED = 2_000
"""Writes that are remembered until their part of the trail has been read."""


@frozen
class _Write:
    name: str
    seen: datetime
    written: datetime


@define
class Races:
    """The last writes of whole objects of this process."""

    _client: str
    _writes: OrderedDict[str, _Write] = field(factory=OrderedDict)

    def wrote(self, name: str, fresh: Json, written: Json) -> None:
        """Remember a write: the object as it was read for it, and as it was left."""
        seen, left = moment(fresh.get("dateModified")), moment(written.get("dateModified"))
        if seen is None or left is None:
            return
        self._writes[text(written, "id")] = _Write(name, seen, left)
        if len(self._writes) > REMEMBERED:
            self._writes.popitem(last=False)

    def look(self, entry: Json) -> bool:
        """Return whether an entry of the trail tells of an edit that was replaced; say so."""
        write = self._writes.get(text(part(entry, "entity"), "id"))
        at = moment(entry.get("eventDate"))
        if write is None or at is None or not write.seen < at < write.written:
            return False
        if text(part(entry, "client"), "id") == self._client:
            return False
        properties = [text(one, "property") for one in entry.get("propertyChanges") or ()]
        logger.warning(
            "an edit was replaced that was made during a write; make it again",
            extra={
                "ref": write.name,
                "by": text(part(entry, "user"), "name") or text(part(entry, "user"), "id"),
                "at": at.isoformat(),
                "fields": ", ".join(properties),
            },
        )
        return True


__all__ = ["Races"]
