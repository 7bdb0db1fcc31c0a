"""What `Mirror` itself takes of an event, beside a loop that hands batches from source to sink."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from syncline.clock import SystemClock
from syncline.engine.mirroring import Mirror, OpenConversations
from syncline.events import Batch, Event, interaction
from syncline.events.dead_letters import DeadLetters
from syncline.events.spool import Spool
from syncline.testing.streams import happening

from ..measuring import Options, Outcome, Result, pairs

_EVENTS, _BATCH, _ROUNDS = 20_000, 500, 5


class _Flood:
    """A source that never waits."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches

    async def batches(self) -> AsyncIterator[Batch]:
        for _ in range(_ROUNDS):
            for batch in self._batches:
                yield batch

    async def aclose(self) -> None:
        """Nothing is open."""


class _Drain:
    """A sink that takes everything at once."""

    taken = 0

    async def send(self, batch: Sequence[Event]) -> None:
        self.taken += len(batch)
        await asyncio.sleep(0)

    async def aclose(self) -> None:
        """Nothing is open."""


async def handed_on(batches: Sequence[Batch]) -> float:
    """Return the CPU microseconds of an event that a plain loop carries."""
    sink, begun = _Drain(), time.process_time()
    async for batch in _Flood(batches).batches():
        await sink.send(batch.events)
    return 1e6 * (time.process_time() - begun) / sink.taken


async def mirrored(batches: Sequence[Batch]) -> float:
    """Return the CPU microseconds of an event that a mirror carries."""
    with tempfile.TemporaryDirectory() as name:
        folder, sink, clock = Path(name), _Drain(), SystemClock()
        spool = Spool.open(folder / "spool", 1 << 20)
        known = OpenConversations.open_at(folder / "db", clock)
        mirror = Mirror(
            source=_Flood(batches), sink=sink, spool=spool, open_conversations=known, clock=clock,
            dead_letters=DeadLetters(folder / "dead"), random=lambda: 0.5,
        )  # fmt: skip
        begun = time.process_time()
        await mirror.run()
        spent = time.process_time() - begun
        spool.close()
        known.close()
    return 1e6 * spent / sink.taken


def run(options: Options) -> Iterator[Result]:
    """Judge the CPU of carrying an event."""
    types = [*interaction.TYPES]
    events = [happening(n, key=f"c{n % 5000}", type=types[n % 9]) for n in range(_EVENTS)]
    batches = [Batch(events=events[at : at + _BATCH]) for at in range(0, _EVENTS, _BATCH)]
    found = pairs(
        lambda: asyncio.run(handed_on(batches)),
        lambda: asyncio.run(mirrored(batches)),
        options.rounds,
    )
    yield Outcome(
        goal="E6", what="CPU of carrying an event from source to sink", unit="us",
        samples=found.ours, control=found.control, limit=2,
        beside=found.medians(1, "us", "a plain loop"),
    )  # fmt: skip
