"""Edits of people that a write of a whole object replaced, found in the audit trail afterwards.

Nothing of the vendor's guards a queue: who saves it between our read and our write loses that edit.
Its moment lies between the last change that we had seen and our own, and so the trail shows it.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from datetime import datetime, timedelta

from attrs import define, field, frozen

from syncline.config_items import at_path

from ..blocks.decode import part, text
from ..blocks.words import Json
from ..documents import moment

logger = logging.getLogger(__name__)

REMEMBERED = 200
"""Writes that are remembered until their part of the trail has been read."""
MARGIN = timedelta(seconds=1)
"""How much later than an object's own time the trail may say that it was changed."""


@frozen
class _Write:
    name: str
    fresh: Json
    seen: datetime
    written: datetime

    def replaced(self, entry: Json, at: datetime) -> list[str] | None:
        """Return the properties of an edit that the write did not know; None when it knew all."""
        # Members and wrap-up codes are no part of what a write sends.
        if entry.get("action") != "Update" or not self.seen < at < self.written:
            return None
        told = entry.get("propertyChanges") or ()
        lost = [text(one, "property") for one in told if not _held(self.fresh, one)]
        if told:
            return lost or None
        return [] if at - self.seen > MARGIN else None


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
        self._writes[text(written, "id")] = _Write(name, fresh, seen, left)
        if len(self._writes) > REMEMBERED:
            self._writes.popitem(last=False)

    def look(self, entry: Json) -> bool:
        """Return whether an entry of the trail tells of an edit that was replaced; say so."""
        write = self._writes.get(text(part(entry, "entity"), "id"))
        at = moment(entry.get("eventDate"))
        if write is None or at is None or text(part(entry, "client"), "id") == self._client:
            return False
        lost = write.replaced(entry, at)
        if lost is None:
            return False
        logger.warning(
            "an edit was replaced that was made during a write; make it again",
            extra={
                "ref": write.name,
                "by": text(part(entry, "user"), "name") or text(part(entry, "user"), "id"),
                "at": at.isoformat(),
                "fields": ", ".join(lost),
            },
        )
        return True


def _held(fresh: Json, change: Json) -> bool:
    """Return whether an object that was read shows a change of the trail (its values are texts)."""
    try:
        there = at_path(fresh, text(change, "property"))
    except KeyError:
        return not change.get("newValues")
    values = there if isinstance(there, list) else [there]
    said = [one if isinstance(one, str) else json.dumps(one) for one in values]
    return said == change.get("newValues")


__all__ = ["Races"]
