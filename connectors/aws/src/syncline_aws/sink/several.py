"""Several sinks as one: what is durable in all of them is durable."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from syncline.events import Event, EventSink


@frozen
class Several:
    """Sends everything to each; one that fails fails all, and repeats do no harm."""

    sinks: Sequence[EventSink]

    async def send(self, batch: Sequence[Event]) -> None:
        for sink in self.sinks:
            await sink.send(batch)

    async def aclose(self) -> None:
        for sink in self.sinks:
            await sink.aclose()


__all__ = ["Several"]
