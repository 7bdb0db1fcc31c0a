"""The port of a place that events go to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .event import Event


class EventSink(Protocol):
    """A durable destination of events."""

    async def send(self, batch: Sequence[Event]) -> None:
        """Return once every event is durable there.

        An event that is sent again, because an answer was lost, has the same id. It may be called
        again before an earlier call has returned. Where the sink keeps an order, events of one key
        arrive in the order of the calls.

        Raises:
            Rejected: one of them can never be accepted; others may have been.
            Forbidden, RateLimited, Unavailable
        """
        ...

    async def aclose(self) -> None: ...


__all__ = ["EventSink"]
