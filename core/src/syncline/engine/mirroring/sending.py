"""One call of a sink that is on its way, with what it takes to repeat it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import define

from ...errors import Rejected, Unavailable
from ...events import Batch, Event, EventSink, EventsRejected
from ...events.spool import Position

Refused: TypeAlias = list[tuple[Event, str]]
"""Events that can never be accepted, and why."""


@define(eq=False, kw_only=True)
class Sending:
    """Events of one call; they are kept until somebody has made them durable."""

    events: Sequence[Event]
    task: asyncio.Task[Refused]
    begun: float
    """In monotonic seconds."""
    batches: Sequence[Batch] = ()
    """What they came in; none once they wait on disk."""
    at: Position | None = None
    """Where they end in the spool, once they wait there."""


def begin(
    sink: EventSink,
    events: Sequence[Event],
    now: float,
    done: Callable[[], None],
    *,
    batches: Sequence[Batch] = (),
    at: Position | None = None,
) -> Sending:
    """Begin to send events; `done` is called when there is an answer."""
    task = asyncio.create_task(sent(sink, events))
    task.add_done_callback(lambda _: done())
    return Sending(events=events, task=task, begun=now, batches=batches, at=at)


def failure_of(task: asyncio.Task[Refused]) -> BaseException | None:
    """Return why a call failed that is done; None where it did not."""
    if task.cancelled():
        return Unavailable("the sink gave a call up")
    return task.exception()


async def sent(sink: EventSink, events: Sequence[Event]) -> Refused:
    """Send events; return those that can never be accepted once all others are durable.

    Raises:
        StoreError: the sink is not to be had; any of them may be durable.
    """
    try:
        await sink.send(events)
    except EventsRejected as error:
        return [(event, error.reasons[event.id]) for event in events if event.id in error.reasons]
    except Rejected as error:
        if len(events) == 1:
            return [(events[0], str(error))]
        return [refused for event in events for refused in await sent(sink, [event])]
    return []


__all__ = ["Refused", "Sending", "begin", "failure_of", "sent"]
