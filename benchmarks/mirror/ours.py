"""Syncline's mirror, from the socket to the broker's answer, measured from within.

`python -m benchmarks.mirror.ours CONFIG` mirrors until nothing came for a second after the first
event, and prints one JSON line: events, CPU seconds and seconds from the first batch to the
last acknowledgement, milliseconds from the call of the sink and from the frame to that, and MB.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from attrs import define, field

from syncline.clock import SystemClock
from syncline.config import read
from syncline.engine.mirroring.metrics import StreamMetrics
from syncline.engine.mirroring.mirror import Mirror
from syncline.engine.mirroring.open_conversations import OpenConversations
from syncline.engine.mirroring.opening import StreamContext, open_source
from syncline.events import Batch, Event, EventSink, EventSource
from syncline.events.dead_letters import DeadLetters
from syncline.events.spool import Spool
from syncline.state import SqliteState

from ..measuring import peak_mb

JOB = "mirror"
_QUIET = 1.0


@define(eq=False)
class Measured:
    """A source and a sink, with clocks around them."""

    source: EventSource
    sink: EventSink
    begun: tuple[float, float] | None = None
    ended: tuple[float, float] = (0.0, 0.0)
    events: int = 0
    sent: list[float] = field(factory=list)
    heard: list[float] = field(factory=list)

    async def batches(self) -> AsyncIterator[Batch]:
        async for batch in self.source.batches():
            if self.begun is None:
                self.begun = (time.perf_counter(), time.process_time())
            yield batch

    async def send(self, batch: Sequence[Event]) -> None:
        start = time.perf_counter()
        await self.sink.send(batch)
        self.ended = (time.perf_counter(), time.process_time())
        now = datetime.now(timezone.utc)
        self.events += len(batch)
        self.sent += [self.ended[0] - start] * len(batch)
        # Those that came together have one and the same time: measuring is not to be measured.
        at, waited = now, 0.0
        for event in batch:
            if event.observed_at is not at:
                at = event.observed_at
                waited = (now - at).total_seconds()
            self.heard.append(waited)

    async def aclose(self) -> None:
        await self.source.aclose()
        await self.sink.aclose()

    @property
    def quiet(self) -> bool:
        if self.begun is None:
            return False
        return time.perf_counter() > max(self.ended[0], self.begun[0]) + _QUIET

    def told(self) -> dict[str, Any]:
        assert self.begun is not None
        return {
            "events": self.events,
            "seconds": self.ended[0] - self.begun[0],
            "cpu": self.ended[1] - self.begun[1],
            "produce": _shares(self.sent),
            "socket": _shares(self.heard),
            "mb": peak_mb(),
        }


def _shares(waits: list[float]) -> list[float]:
    waits.sort()
    return [1000 * waits[min(len(waits) - 1, int(share * len(waits)))] for share in (0.5, 0.99)]


def _untold(*_: object, **__: object) -> None:
    """Progress is for people."""


async def measure(config: Path) -> dict[str, Any]:
    """Mirror until it is quiet."""
    settings, clock = read(config), SystemClock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = StreamContext(
            config=settings, state=SqliteState.memory(), clock=clock, progress=_untold,
            metrics=StreamMetrics(),
        )  # fmt: skip
        job = settings.events_job(JOB)
        known = OpenConversations.open_at(folder / "known.db", clock)
        source = await open_source(context, JOB, known)
        make = settings.connections[job.sink].connector.sink
        sink = await context.opened(job.sink, make, "takes no events")
        measured = Measured(source, sink)
        mirror = Mirror(
            source=measured, sink=measured, spool=Spool.open(folder / "spool", 2**30),
            open_conversations=known,
            dead_letters=DeadLetters(folder / "dead.jsonl"), clock=clock, random=lambda: 0.5,
        )  # fmt: skip
        running = asyncio.create_task(mirror.run())
        while not measured.quiet and not running.done():  # noqa: ASYNC110 -- it looks at a clock
            await asyncio.sleep(0.1)
        await mirror.stop(5.0)
        with suppress(asyncio.CancelledError):
            await running
        await measured.aclose()
    return measured.told()


if __name__ == "__main__":
    gc.set_threshold(50_000)  # As the command does.
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1])))))
