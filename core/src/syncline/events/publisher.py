"""Tells sinks what the history says: every line at least once, from the first look on.

How far was told is kept in the state. It is written after the events are durable where they go: a
crash in between tells some once more, under the same ids. Processes that share a state may tell the
same, too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from ..errors import Rejected
from ..redaction import redact
from ..state.port import StateStore
from ..state.records import Entry
from .event import Event
from .history_events import event_of
from .sink import EventSink

logger = logging.getLogger(__name__)

LATE = 256
"""Of so many of the newest lines it is known one by one which were told: another process may commit
a line with a number that is lower than one that was told already."""
BATCH = 100
_PAGE = 200
_NEWEST = 2**62
_TOLD = "told"


@frozen
class Told:
    """How far a job was told to one sink."""

    through: int = 0
    """All lines up to this number."""
    beyond: frozenset[int] = frozenset()

    def has(self, line: int) -> bool:
        """Tell whether a line was told."""
        return line <= self.through or line in self.beyond

    def also(self, lines: Sequence[int]) -> Told:
        """Return it with these lines."""
        known = sorted({*self.beyond, *lines})
        through = known[-LATE - 1] if len(known) > LATE else self.through
        return Told(through, frozenset(line for line in known if line > through))


def begin(state: StateStore, job: str, sink: str, *, since: datetime) -> None:
    """Count what happened before a time as told, where nothing was ever told to this sink."""
    if state.cached(job, _key(sink)) is None:
        older = (entry.id for entry in _newest_first(state, job) if entry.at < since)
        _keep(state, job, sink, Told(next(older, 0)))


async def tell(
    state: StateStore, job: str, name: str, sink: EventSink, *, thorough: bool = True
) -> int:
    """Send what was not told yet, oldest first; return how many events that were.

    Args:
        name: of the sink, such as the connection that has it.
        thorough: look for lines that came late even where the newest line was told.

    Raises:
        StoreError: the sink is not to be had; what was not sent is sent the next time.
    """
    told = _known(state, job, name)
    if not thorough and _nothing_new(state, job, told):
        return 0
    fresh = sorted(_untold(state, job, told), key=lambda entry: entry.id)
    for start in range(0, len(fresh), BATCH):
        part = fresh[start : start + BATCH]
        await _sent(sink, [event_of(entry) for entry in part])
        told = told.also([entry.id for entry in part])
        _keep(state, job, name, told)
    return len(fresh)


async def _sent(sink: EventSink, events: Sequence[Event]) -> None:
    try:
        await sink.send(events)
    except Rejected:
        for event in events:
            await _alone(sink, event)


async def _alone(sink: EventSink, event: Event) -> None:
    try:
        await sink.send([event])
    except Rejected as error:
        # Trying again changes nothing, and the rest must not wait for it.
        fields = {"event": event.id, "type": event.type, "error": redact(str(error))}
        logger.error("an event was refused, and is left out", extra=fields)


def _nothing_new(state: StateStore, job: str, told: Told) -> bool:
    newest = state.history_page(job, run=None, pair=None, before=_NEWEST, limit=1)
    return all(told.has(entry.id) for entry in newest)


def _untold(state: StateStore, job: str, told: Told) -> Iterator[Entry]:
    for entry in _newest_first(state, job):
        if entry.id <= told.through:
            return
        if not told.has(entry.id):
            yield entry


def _newest_first(state: StateStore, job: str) -> Iterator[Entry]:
    before = _NEWEST
    while page := state.history_page(job, run=None, pair=None, before=before, limit=_PAGE):
        yield from page
        before = page[-1].id


def _key(sink: str) -> str:
    return f"{_TOLD} {sink}"


def _known(state: StateStore, job: str, sink: str) -> Told:
    text = state.cached(job, _key(sink))
    if not text:
        return Told()
    found = json.loads(text)
    return Told(found["through"], frozenset(found["beyond"]))


def _keep(state: StateStore, job: str, sink: str, told: Told) -> None:
    beyond = sorted(told.beyond)
    text = json.dumps({"through": told.through, "beyond": beyond}, separators=(",", ":"))
    state.cache(job, _key(sink), text)


__all__ = ["Told", "begin", "tell"]
