"""EventBridge as a sink. It keeps no order: whoever listens goes by the times and ids of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncline.connector import Context
from syncline.events import Event

from ..calling import Calls
from ..settings import Settings
from .entries import Failure, delivered
from .packing import fitting, packed, text_of

_AGAIN = frozenset({"InternalFailure", "InternalException", "ThrottlingException", "Throttling"})
"""Codes of entries that may be taken the next time (EventBridge, PutEventsResultEntry)."""
_OVERHEAD = 14
"""Bytes that the time of an entry counts (EventBridge, size of PutEvents entries)."""


class BusSink:
    """A bus of EventBridge: `detail-type` is the event's type, `detail` the event."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._bus, self._source = settings.sink_bus, settings.sink_source
        self._calls, self._clock = Calls(settings, context), context.clock

    async def send(self, batch: Sequence[Event]) -> None:
        """Send events; those that the bus did not take are sent again.

        Raises:
            Rejected, Forbidden, RateLimited, Unavailable
        """
        for event in batch:
            fitting(event, self._size(event))
        for part in packed(batch, self._size):
            await delivered(part, self._put, self._clock, f"events PutEvents to {self._bus}")

    async def _put(self, events: Sequence[Event]) -> Mapping[int, Failure]:
        told = await self._calls.read("events", "put_events", Entries=[*map(self._entry, events)])
        return {
            place: (code, str(entry.get("ErrorMessage", "")), code not in _AGAIN)
            for place, entry in enumerate(told.get("Entries", ()))
            if (code := str(entry.get("ErrorCode") or ""))
        }

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "EventBusName": self._bus,
            "Source": self._source,
            "DetailType": event.type,
            "Detail": text_of(event),
            "Time": event.occurred_at,
        }

    def _size(self, event: Event) -> int:
        parts = (self._source, event.type, text_of(event))
        return _OVERHEAD + sum(len(part.encode()) for part in parts)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()


__all__ = ["BusSink"]
