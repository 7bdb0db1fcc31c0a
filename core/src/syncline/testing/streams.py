"""A source and a sink of events that a test plays: what is told, answered, refused, lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta, timezone

from attrs import define, field

from ..errors import Rejected, SynclineError, Unavailable
from ..events import Batch, Event, EventsRejected, interaction

START = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def happening(
    number: int, *, key: str = "c1", type: str = interaction.CHANGED, **data: str
) -> Event:
    """Return an event that happened `number` seconds after `START`."""
    at = START + timedelta(seconds=number)
    return Event(
        id=f"e{number}", key=key, type=type, source="scripted", occurred_at=at, observed_at=at,
        data=data,
    )  # fmt: skip


@define(eq=False)
class ScriptedSource:
    """Tells what the test says, one batch after the other, until it is closed."""

    settled: list[str] = field(factory=list, init=False)
    """The ids of events that were settled, in order."""
    taken: int = field(default=0, init=False)
    """Batches that somebody has asked for and got."""
    _told: asyncio.Queue[Batch | BaseException | None] = field(factory=asyncio.Queue, init=False)

    def tell(self, *events: Event, complete_until: datetime | None = None) -> None:
        """Tell these events as one batch."""

        def settle() -> None:
            self.settled += [event.id for event in events]

        self._told.put_nowait(Batch(events=events, settle=settle, complete_until=complete_until))

    def fail(self, error: BaseException) -> None:
        """End with an error, behind what was told."""
        self._told.put_nowait(error)

    async def batches(self) -> AsyncIterator[Batch]:
        while (told := await self._told.get()) is not None:
            if isinstance(told, BaseException):
                raise told
            self.taken += 1
            yield told

    async def aclose(self) -> None:
        self._told.put_nowait(None)


@define(eq=False)
class _Call:
    events: Sequence[Event]
    answer: asyncio.Future[None]


@define(eq=False)
class ScriptedSink:
    """Keeps every call waiting until the test answers it; with `prompt`, it answers at once."""

    prompt: bool = True
    down: SynclineError | None = None
    """What every call fails with while it is set."""
    poison: set[str] = field(factory=set)
    """Ids of events that can never be accepted."""
    names_refused: bool = True
    """Say which events were refused; else only that some were."""
    arrived: list[Event] = field(factory=list, init=False)
    waiting: list[_Call] = field(factory=list, init=False)
    most_waiting: int = field(default=0, init=False)
    closed: bool = field(default=False, init=False)

    async def send(self, batch: Sequence[Event]) -> None:
        if self.down is not None:
            raise self.down
        if self.prompt:
            self._take(batch)
            return
        call = _Call(batch, asyncio.get_running_loop().create_future())
        self.waiting.append(call)
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        await call.answer

    def _take(self, batch: Sequence[Event]) -> None:
        bad = [event for event in batch if event.id in self.poison]
        if bad and not self.names_refused:
            self.arrived += batch[: batch.index(bad[0])]
            raise Rejected(f"{bad[0].id} is refused")
        self.arrived += [event for event in batch if event.id not in self.poison]
        if bad:
            raise EventsRejected({event.id: "it is refused" for event in bad})

    def answer(self) -> None:
        """Make the oldest call durable."""
        call = self.waiting.pop(0)
        if call.answer.done():
            return
        try:
            self._take(call.events)
        except Rejected as error:
            call.answer.set_exception(error)
        else:
            call.answer.set_result(None)

    def lose(self, arrived: int = 0) -> None:
        """Fail all calls that wait, as a broken connection does, after some of their events."""
        calls, self.waiting = self.waiting, []
        events = [event for call in calls for event in call.events if event.id not in self.poison]
        self.arrived += events[:arrived]
        for call in calls:
            if not call.answer.done():
                call.answer.set_exception(Unavailable("the connection broke"))

    def ids(self) -> list[str]:
        """Return the ids of what arrived, in order."""
        return [event.id for event in self.arrived]

    async def aclose(self) -> None:
        self.closed = True


def first_arrivals(events: Iterable[Event]) -> list[Event]:
    """Return each event where it arrived first."""
    return list({event.id: event for event in reversed(list(events))}.values())[::-1]


async def settled_down(turns: int = 30) -> None:
    """Let every task that can go on do so."""
    for _ in range(turns):
        await asyncio.sleep(0)


__all__ = [
    "START",
    "ScriptedSink",
    "ScriptedSource",
    "first_arrivals",
    "happening",
    "settled_down",
]
