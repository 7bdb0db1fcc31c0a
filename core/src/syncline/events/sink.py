"""The port of a place that events go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..errors import Rejected
from .event import Event


class EventsRejected(Rejected):
    """Exactly these events of a batch can never be accepted; all others of it are durable."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        """Why, by the ids of the events."""
        some = "; ".join(f"{id_}: {why}" for id_, why in list(self.reasons.items())[:3])
        more = f"; and {len(self.reasons) - 3} more" if len(self.reasons) > 3 else ""
        super().__init__(f"events were refused: {some}{more}")


class EventSink(Protocol):
    """A durable destination of events."""

    async def send(self, batch: Sequence[Event]) -> None:
        """Return once every event is durable there.

        An event that is sent again, because an answer was lost, has the same id. It may be called
        again before an earlier call has returned. Where the sink keeps an order, events of one key
        arrive in the order of the calls: where one call fails, those that were begun after it and
        are not durable yet fail too, or else a repetition would come behind them.

        Raises:
            EventsRejected: these can never be accepted; all others of the batch are durable.
            Rejected: one of them can never be accepted; others may have been. Each is then sent
                once more by itself.
            Forbidden, RateLimited, Unavailable
        """
        ...

    async def aclose(self) -> None: ...


__all__ = ["EventSink", "EventsRejected"]
